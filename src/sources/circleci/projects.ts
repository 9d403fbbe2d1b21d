import { HttpError } from '../../errors.js';
import type { ApiClient } from '../../http/client.js';
import { pages, type Row, TokenNotFound } from '../../http/pagination.js';
import { withQuery } from '../../http/url.js';
import { parseTimestamp } from '../../time.js';
import { canonicalHost, checkToken } from './api.js';

/** What the settings say of the projects to read. */
export interface ProjectChoice {
  /** Canonical slugs, each once, that are named in full. */
  readonly slugs: readonly string[];
  /** Slugs of organizations that are read whole. */
  readonly organizations: readonly string[];
  /** Patterns for slugs. */
  readonly patterns: readonly string[];
  /** Whether the slug, its organization or a pattern that it fits is named, and nothing leaves it out. */
  readonly isWanted: (slug: string) => boolean;
  /** Whether a pattern behind `!` leaves it out, whatever else names it. */
  readonly isExcluded: (slug: string) => boolean;
}

/** How a project came to be read. */
export type Way = 'named' | 'recent pipelines' | 'followed' | 'known from the state';

/** A project and all the ways that lead to it. */
export interface FoundProject {
  readonly slug: string;
  readonly ways: readonly Way[];
}

/** What there is to read of CircleCI, and what could not be learnt of it. */
export interface FoundProjects {
  readonly projects: readonly FoundProject[];
  /** Organizations that could not be listed, one sentence each: projects may be missing. */
  readonly failures: readonly string[];
  /** What else could not be asked. */
  readonly warnings: readonly string[];
}

/** Whether there is anything to find, rather than to be named. */
export function isOpenEnded({ organizations, patterns }: ProjectChoice): boolean {
  return organizations.length + patterns.length > 0;
}

/** What earlier runs have left. */
export interface KnownProjects {
  readonly slugs: readonly string[];
  /** When the last one read, in milliseconds since 1970; undefined where there was none. */
  readonly lastRun: number | undefined;
}

/** A list of pipelines that brings no further project on so many pages will hardly bring one at all. */
const fruitlessPages = 10;
const mostPages = 200;

/**
 * The projects that the settings name. API v2 has no list of an organization's projects, so they are those of its
 * recent pipelines (of 250 projects at the most), those that the token's owner follows (API v1.1), and those that
 * the state knows. Pipelines are listed back to the last run at least: whatever was built since then is found.
 * @param v11 base URL of API v1.1
 * @throws HttpError when the token is refused
 */
export async function findProjects(
  client: ApiClient,
  choice: ProjectChoice,
  v11: string,
  known: KnownProjects,
): Promise<FoundProjects> {
  const ways = new Map<string, Set<Way>>(choice.slugs.map((slug) => [slug, new Set(['named'])]));
  const failures: string[] = [];
  const warnings: string[] = [];
  if (!isOpenEnded(choice)) return { projects: asProjects(ways), failures, warnings };
  // However they are spelled: GitHub and Bitbucket take capitals for small letters.
  const whole = new Set(choice.organizations.map((name) => name.toLowerCase()));
  const add = (slug: string, way: Way) => {
    const isWanted =
      choice.isWanted(slug) || (whole.has(organizationOf(slug).toLowerCase()) && !choice.isExcluded(slug));
    if (isWanted) ways.set(slug, (ways.get(slug) ?? new Set()).add(way));
  };
  for (const organization of organizationsOf(choice)) {
    const { slugs, cut, error } = await recentProjects(client, organization, known.lastRun);
    // An organization has a name and an id, and its projects need not bear the one in the settings.
    if (whole.has(organization.toLowerCase())) {
      for (const slug of slugs) whole.add(organizationOf(slug).toLowerCase());
    }
    for (const slug of slugs) add(slug, 'recent pipelines');
    if (cut !== undefined) warnings.push(`Projects of ${organization} may be missing: ${cut}`);
    if (error !== undefined) failures.push(await whyNotListed(client, organization, error));
  }
  try {
    for (const slug of await followedProjects(client, v11)) add(slug, 'followed');
  } catch (error) {
    if (!(error instanceof HttpError) || error.failure === 'unauthorized') throw error;
    warnings.push(`The projects that the token's owner follows could not be listed. ${error.line}`);
  }
  for (const slug of known.slugs) add(canonicalOrAsIs(slug), 'known from the state');
  return { projects: asProjects(ways), failures, warnings };
}

function asProjects(ways: ReadonlyMap<string, ReadonlySet<Way>>): FoundProject[] {
  return [...ways].map(([slug, some]) => ({ slug, ways: [...some] }));
}

function organizationOf(slug: string): string {
  return slug.split('/').slice(0, 2).join('/');
}

/** A state may have the long name of a host. */
function canonicalOrAsIs(slug: string): string {
  const [host = '', ...rest] = slug.split('/');
  return [canonicalHost(host) ?? host, ...rest].join('/');
}

/** Organizations whose pipelines can be listed: a pattern names one where the pattern stands only for its projects. */
function organizationsOf({ organizations, patterns }: ProjectChoice): string[] {
  const named = patterns.map((pattern) => pattern.split('/').slice(0, 2).join('/'));
  return [...new Set([...organizations, ...named.filter((name) => !/[*?]/.test(name))])];
}

/** The projects of an organization's recent pipelines, as far as they could be listed. */
interface RecentProjects {
  readonly slugs: ReadonlySet<string>;
  /** Why the list was not read to where it should be, where that is nobody's failure. */
  readonly cut?: string;
  readonly error?: unknown;
}

async function recentProjects(
  client: ApiClient,
  organization: string,
  lastRun = Number.POSITIVE_INFINITY,
): Promise<RecentProjects> {
  const slugs = new Set<string>();
  const list = withQuery('/pipeline', { 'org-slug': organization });
  let asked = 0;
  let fruitless = 0;
  try {
    for await (const { items, last } of pages(client, list, '/pipeline?org-slug={organization}')) {
      const before = slugs.size;
      for (const { project_slug: slug } of items) if (typeof slug === 'string') slugs.add(slug);
      fruitless = slugs.size === before ? fruitless + 1 : 0;
      const isOlder = items.every(({ created_at: created }) => (parseTimestamp(created) ?? 0) <= lastRun);
      if (fruitless >= fruitlessPages && isOlder) break;
      if (++asked >= mostPages && !last) {
        return { slugs, cut: `of its list of pipelines only the first ${mostPages} pages were read.` };
      }
    }
  } catch (error) {
    // A valid token may get that, too: https://github.com/circleci/circleci-docs/issues/6472
    if (error instanceof TokenNotFound)
      return { slugs, cut: 'CircleCI ended its list of pipelines with a page that it does not find.' };
    return { slugs, error };
  }
  return { slugs };
}

/** @throws whatever ends the run, a refused token above all */
async function whyNotListed(client: ApiClient, organization: string, error: unknown): Promise<string> {
  if (!(error instanceof HttpError) || error.failure === 'unauthorized') throw error;
  if (error.failure !== 'not-found') {
    const needed = error.failure === 'forbidden' ? '; that needs permission to view the organization' : '';
    return `Projects of ${organization} may be missing, because its pipelines could not be listed${needed}. ${error.line}`;
  }
  // A token that is refused may get 404 here too.
  await checkToken(client);
  return (
    `CircleCI does not know the organization ${organization}, or does not show it to this token: ${error.path} ` +
    'answered 404. Check org_slugs and the patterns in project_slugs; the token needs permission to view the organization.'
  );
}

/** https://circleci.com/docs/api/v1/#get-followed-projects */
async function followedProjects(client: ApiClient, v11: string): Promise<string[]> {
  const slugs: string[] = [];
  for await (const { items } of pages(client, `${v11}/projects`, '/api/v1.1/projects', 'link')) {
    for (const row of items) slugs.push(...slugOf(row));
  }
  return slugs;
}

function slugOf({ vcs_type: type, vcs_url: url, username, reponame }: Row): string[] {
  const host = typeof type === 'string' ? canonicalHost(type) : undefined;
  // A project that hangs on no repository has its ids in a URL without a scheme.
  const ids = typeof url === 'string' ? /^\/\/circleci\.com\/([^/]+\/[^/]+)$/.exec(url)?.[1] : undefined;
  if (ids !== undefined) return [`circleci/${ids}`];
  const isNamed = host !== undefined && typeof username === 'string' && typeof reponame === 'string';
  return isNamed ? [`${host}/${username}/${reponame}`] : [];
}
