import { TapError } from '../errors.js';
import { canonicalHost, canonicalSlug } from '../sources/circleci/api.js';
import type { ProjectChoice } from '../sources/circleci/projects.js';
import { parseGlobs } from './globs.js';
import { namesIn } from './values.js';

const segments = ['host', 'organization', 'project'];

/**
 * What the settings say of the projects to read: slugs, patterns for slugs, patterns behind `!` that exclude, and
 * whole organizations.
 * @throws TapError naming the setting and what in it is no slug, pattern or organization
 */
export function parseProjects(
  projectSlugs: string | readonly string[],
  orgSlugs: string | readonly string[],
): ProjectChoice {
  const names = namesIn(projectSlugs);
  const excluded = names
    .filter((name) => name.startsWith('!'))
    .map((name) => canonicalPattern(name.slice(1), name));
  const included = names.filter((name) => !name.startsWith('!'));
  const patterns = included.filter((name) => /[*?]/.test(name)).map((name) => canonicalPattern(name));
  const plain = included.filter((name) => !/[*?]/.test(name));
  const slugs = [...new Set(plain.map((name) => canonicalSlug(name, 'project_slugs')))];
  const organizations = [...new Set(namesIn(orgSlugs).map(canonicalOrganization))];
  const matches = (some: readonly string[]) =>
    some.length === 0 ? () => false : parseGlobs(some, 'project_slugs', segments);
  const matchesNamed = matches([...patterns, ...organizations.map((name) => `${name}/*`)]);
  const matchesExcluded = matches(excluded);
  const isExcluded = (slug: string) => matchesExcluded(...slug.split('/'));
  return {
    slugs: slugs.filter((slug) => !isExcluded(slug)),
    organizations,
    patterns,
    isExcluded,
    isWanted: (slug) => !isExcluded(slug) && (slugs.includes(slug) || matchesNamed(...slug.split('/'))),
  };
}

/** The hosts of CircleCI have two names each, and the pattern has to match the one that responses have. */
function canonicalPattern(pattern: string, written = pattern): string {
  const [host = '', ...rest] = pattern.split('/');
  const canonical = canonicalHost(host);
  if (canonical === undefined && !/[*?]/.test(host)) {
    throw new TapError(`project_slugs has ${JSON.stringify(written)}, which no project slug can match.`, {
      next: 'Begin with gh/, bb/ or circleci/.',
    });
  }
  return [canonical ?? host, ...rest].join('/');
}

function canonicalOrganization(text: string): string {
  const [host = '', ...rest] = text.split('/');
  const canonical = canonicalHost(host);
  if (canonical !== undefined && rest.length === 1 && /^[^*?!]+$/.test(rest[0] ?? '')) {
    return `${canonical}/${rest[0]}`;
  }
  throw new TapError(`org_slugs has ${JSON.stringify(text)}, which is not the slug of an organization.`, {
    next: 'Write gh/<organization>, bb/<workspace> or circleci/<organization id>.',
  });
}
