import { createRandom } from '../random.js';
import { withMilliseconds } from '../rows.js';
import type { Row } from '../source.js';
import type { Organization } from './organizations.js';
import { organizationsOf } from './organizations.js';
import type { View } from './view.js';
import { bornAt, changedAt, named } from './view.js';

export interface Context {
  readonly id: string;
  readonly createdAt: number;
  readonly row: Row;
  readonly organization: Organization;
}

/** Those of an organization, as far as they are there: from none to more than a page. */
export function contextsOf(view: View, organization: Organization): Context[] {
  const random = createRandom(view.seed, `contexts ${organization.id}`);
  const names = named(['deploy', 'npm', 'slack secrets', 'aws-προ'], random.integer(0, view.pageSize + 2));
  return names
    .map((name): Context => {
      const id = random.uuid();
      const createdAt = bornAt(view, random);
      return { id, createdAt, row: { id, name, created_at: withMilliseconds(createdAt) }, organization };
    })
    .filter(({ createdAt }) => createdAt <= view.now);
}

export function contextNamed(view: View, id: string): Context | undefined {
  return organizationsOf(view)
    .flatMap((organization) => contextsOf(view, organization))
    .find((context) => context.id === id);
}

/** Never the value: only its last characters, and those only since 2024 or so (CircleCI's command line reads them). */
export function contextVariableRows(view: View, { id, createdAt }: Context): Row[] {
  const random = createRandom(view.seed, `context variables ${id}`);
  const variables = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'NPM_TOKEN', 'SLACK_WEBHOOK'];
  return named(variables, random.integer(0, view.pageSize + 1)).flatMap((variable) => {
    const born = Math.max(createdAt, bornAt(view, random));
    const changed = changedAt(view, random, born);
    const truncated = random.hexadecimal(4);
    if (born > view.now) return [];
    return {
      variable,
      created_at: withMilliseconds(born),
      updated_at: withMilliseconds(changed ?? born),
      context_id: id,
      truncated_value: changed === undefined ? truncated : [...truncated].reverse().join(''),
    };
  });
}

export function contextRestrictionRows(view: View, { id, organization }: Context): Row[] {
  const random = createRandom(view.seed, `context restrictions ${id}`);
  const base = () => ({ context_id: id, id: random.uuid() });
  const rows: Row[] = [
    {
      ...base(),
      name: 'All members',
      restriction_type: 'group',
      restriction_value: organization.id,
    },
  ];
  for (const project of view.projects) {
    if (project.organizationId !== organization.id || !random.chance(0.4)) continue;
    rows.push({
      ...base(),
      // Deprecated: it is the value where the type is project.
      project_id: project.id,
      name: project.slug.split('/')[2] as string,
      restriction_type: 'project',
      restriction_value: project.id,
    });
  }
  if (random.chance(0.3)) {
    const restriction_value = 'pipeline.git.branch == "main" and not job.ssh.enabled';
    rows.push({ ...base(), name: null, restriction_type: 'expression', restriction_value });
  }
  return rows;
}
