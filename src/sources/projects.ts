import { HttpError } from '../errors.js';
import type { ApiClient } from '../http/client.js';
import { pages, type Row } from '../http/pagination.js';
import { withQuery } from '../http/url.js';
import { canonicalHost } from './circleci.js';

/** What the settings say of the projects to read. */
export interface ProjectChoice {
  /** Canonical slugs, each once, that are named in full. */
  readonly slugs: readonly string[];
  /** Slugs of organizations that are read whole. */
  readonly organizations: readonly string[];
  /** Patterns for slugs. */
  readonly patterns: readonly string[];
  readonly isWanted: (slug: string) => boolean;
}

/** How a project came to be read. */
export type Way = 'named' | 'recent pipelines' | 'followed' | 'known from the state';

/** A project and all the ways that lead to it. */
export interface FoundProject {
  readonly slug: string;
  readonly ways: readonly Way[];
}

export interface FoundProjects {
  readonly projects: readonly FoundProject[];
  /** What could not be asked, one sentence each. */
  readonly warnings: readonly string[];
}

/** Whether there is anything to find, rather than to be named. */
export function isOpenEnded({ organizations, patterns }: ProjectChoice): boolean {
  return organizations.length + patterns.length > 0;
}

/** A list of pipelines that brings no further project on so many pages will hardly bring one at all. */
const fruitlessPages = 10;
const mostPages = 200;

/**
 * The projects that the settings name. API v2 has no list of an organization's projects, so they are those of its
 * recent pipelines (of 250 projects at the most), those that the token's owner follows (API v1.1), and those that
 * the state knows.
 * @param v11 base URL of API v1.1
 * @param known slugs in the state
 * @throws HttpError when the token is refused, or an organization is unknown
 */
export async function findProjects(
  client: ApiClient,
  choice: ProjectChoice,
  v11: string,
  known: readonly string[],
): Promise<FoundProjects> {
  const ways = new Map<string, Set<Way>>();
  const add = (slug: string, way: Way) => {
    if (choice.isWanted(slug)) ways.set(slug, (ways.get(slug) ?? new Set()).add(way));
  };
  for (const slug of choice.slugs) add(slug, 'named');
  const warnings: string[] = [];
  if (isOpenEnded(choice)) {
    for (const organization of organizationsOf(choice)) {
      for (const slug of await recentProjects(client, organization)) add(slug, 'recent pipelines');
    }
    try {
      for (const slug of await followedProjects(client, v11)) add(slug, 'followed');
    } catch (error) {
      if (!(error instanceof HttpError) || error.failure === 'unauthorized') throw error;
      warnings.push(`The projects that the token's owner follows could not be listed. ${error.line}`);
    }
    for (const slug of known) add(slug, 'known from the state');
  }
  return { projects: [...ways].map(([slug, some]) => ({ slug, ways: [...some] })), warnings };
}

/** Organizations whose pipelines can be listed: a pattern names one where the pattern stands only for its projects. */
function organizationsOf({ organizations, patterns }: ProjectChoice): string[] {
  const named = patterns.map((pattern) => pattern.split('/').slice(0, 2).join('/'));
  return [...new Set([...organizations, ...named.filter((name) => !/[*?]/.test(name))])];
}

async function recentProjects(client: ApiClient, organization: string): Promise<Set<string>> {
  const slugs = new Set<string>();
  const list = withQuery('/pipeline', { 'org-slug': organization });
  let asked = 0;
  let fruitless = 0;
  try {
    for await (const { items } of pages(client, list, '/pipeline?org-slug={organization}')) {
      const before = slugs.size;
      for (const { project_slug: slug } of items) if (typeof slug === 'string') slugs.add(slug);
      fruitless = slugs.size === before ? fruitless + 1 : 0;
      if (++asked >= mostPages || fruitless >= fruitlessPages) break;
    }
  } catch (error) {
    if (!(error instanceof HttpError) || error.failure !== 'not-found') throw error;
    throw new HttpError(
      `CircleCI does not know the organization ${organization}, or does not show it to this token.`,
      {
        failure: 'not-found',
        path: error.path,
        status: error.status,
        next: 'Check org_slugs and the patterns in project_slugs.',
        cause: error,
      },
    );
  }
  return slugs;
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
