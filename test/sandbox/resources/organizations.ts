import { createRandom } from '../random.js';
import type { Row } from '../source.js';
import { slugAt } from '../views.js';
import type { View } from './view.js';

export interface Organization {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly vcsType: 'github' | 'bitbucket' | 'circleci';
}

/** Those of the projects. */
export function organizationsOf({ projects, now }: View): Organization[] {
  const found = new Map<string, Organization>();
  for (const project of projects) {
    const id = project.organizationId;
    const [vcs, name = ''] = slugAt(project, now).split('/');
    const vcsType = vcs === 'gh' ? 'github' : vcs === 'bb' ? 'bitbucket' : 'circleci';
    if (!found.has(id)) found.set(id, { id, slug: `${vcs}/${name}`, name, vcsType });
  }
  return [...found.values()];
}

/** By its id, or by its slug in the short or the long form. */
export function organizationNamed(view: View, slugOrId: string): Organization | undefined {
  const short = slugOrId.replace(/^github\//, 'gh/').replace(/^bitbucket\//, 'bb/');
  return organizationsOf(view).find(({ id, slug }) => id === slugOrId || slug === short);
}

export function organizationRow({ id, name, slug, vcsType }: Organization): Row {
  return { id, name, slug, vcs_type: vcsType };
}

/** An account that never built anything is there too, and may have no id (`id` is nullable in the spec). */
export function collaborationRows(view: View): Row[] {
  const rows: Row[] = organizationsOf(view).map((organization) => ({
    vcs_type: organization.vcsType,
    slug: organization.slug,
    name: organization.name,
    id: organization.id,
    avatar_url: `https://avatars.example.com/o/${organization.id.slice(0, 8)}?v=4`,
  }));
  const account = {
    vcs_type: 'github',
    slug: 'gh/ada',
    name: 'ada',
    id: null,
    avatar_url: 'https://avatars.example.com/u/1815?v=4',
  };
  return createRandom(view.seed, 'collaborations').chance(0.5) ? [account, ...rows] : rows;
}
