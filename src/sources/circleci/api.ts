import { failedWith, HttpError, TapError } from '../../errors.js';
import type { Answer, ApiClient } from '../../http/client.js';
import { getObject } from '../../http/object.js';
import type { Row } from '../../http/pagination.js';
import { path, slugPath } from '../../http/url.js';

/** First segments of a slug, each with what CircleCI calls it. */
const hosts: Readonly<Record<string, string>> = {
  gh: 'gh',
  github: 'gh',
  bb: 'bb',
  bitbucket: 'bb',
  circleci: 'circleci',
};

const forms =
  'gh/<organization>/<repository>, bb/<workspace>/<repository>, or circleci/<organization id>/<project id> ' +
  'as the project settings show it';

/**
 * A slug, or a pattern for slugs, as CircleCI writes it: `github` becomes `gh`, `bitbucket` `bb`; the other segments
 * are opaque and stay as they are.
 * @param name what the user calls the setting
 * @throws TapError that lists the forms when it is none
 */
export function canonicalSlug(text: string, name: string): string {
  const [host = '', ...rest] = text.split('/');
  const canonical = canonicalHost(host);
  const isWhole = rest.length === 2 && rest.every((segment) => segment !== '' && !/^\.{1,2}$/.test(segment));
  if (canonical !== undefined && isWhole) return [canonical, ...rest].join('/');
  throw new TapError(`${name} has ${JSON.stringify(text)}, which is not a project slug.`, {
    next: `Write ${forms}.`,
  });
}

/** What CircleCI calls the first segment of a slug; undefined when there is no such host. */
export function canonicalHost(host: string): string | undefined {
  return Object.hasOwn(hosts, host) ? hosts[host] : undefined;
}

/** Other ways to write a canonical slug, under which a state may know the project. */
export function aliasesOf(slug: string): string[] {
  const [host = '', ...rest] = slug.split('/');
  const aliases = Object.keys(hosts).filter((alias) => hosts[alias] === host && alias !== host);
  return aliases.map((alias) => [alias, ...rest].join('/'));
}

/** The base URL of API v1.1 beside that of v2. */
export function v11Of(baseUrl: URL): string {
  const path = baseUrl.pathname.replace(/\/$/, '').replace(/\/v2$/, '/v1.1');
  return baseUrl.origin + path;
}

/** A project as the API knows it. */
export interface Project {
  /** One, whatever slug leads to it: slugs change with names. */
  readonly id: string;
  /** Canonical: what responses call the project. */
  readonly slug: string;
  readonly row: Row;
  readonly answer: Answer;
}

/**
 * Asks for the project behind a slug.
 * @throws HttpError naming the project when it is unknown, forbidden or the token is refused.
 */
export async function getProject(client: ApiClient, slug: string): Promise<Project> {
  const projectPath = path`/project/${slugPath(slug)}`;
  const { row, answer } = await askForProject(client, slug, projectPath);
  const { id, slug: canonical } = row;
  if (typeof id === 'string' && typeof canonical === 'string') return { id, slug: canonical, row, answer };
  throw new HttpError(`${slug}: GET ${projectPath} answered no project with id and slug.`, {
    failure: 'unreadable',
    path: projectPath,
    status: answer.status,
  });
}

async function askForProject(
  client: ApiClient,
  slug: string,
  projectPath: string,
): ReturnType<typeof getObject> {
  try {
    return await getObject(client, projectPath, '/project/{+projects.slug}', 'project');
  } catch (error) {
    if (!failedWith(error, 'not-found')) throw error;
    // A token that is refused gets 404 here too, and so does everything below a wrong base_url.
    await checkToken(client);
    throw new HttpError(`CircleCI does not know the project ${slug}, or does not show it to this token.`, {
      failure: 'not-found',
      path: projectPath,
      status: error.status,
      next: `Check project_slugs; slugs are ${forms}. The token's owner must be able to see the project.`,
      cause: error,
    });
  }
}

/** Asks who the token belongs to. @throws HttpError when the token is refused, or base_url leads elsewhere. */
export async function checkToken(client: ApiClient): Promise<void> {
  try {
    await client.get('/me', '/me');
  } catch (error) {
    if (!failedWith(error, 'not-found')) throw error;
    const { path, status } = error;
    throw new HttpError(`CircleCI's API is not where base_url leads: ${path} answered ${status}.`, {
      failure: 'unreadable',
      path,
      status,
      next: advice.notJson,
      cause: error,
    });
  }
}

/** What to do about answers of CircleCI that end a request for good. */
export const advice = {
  unauthorized:
    'Check "token": API v2 takes personal API tokens only, project tokens do not work, and tokens expire. ' +
    'Make one at https://app.circleci.com/settings/user/tokens.',
  forbidden: "The token's owner lacks the permission; ask an administrator of the organization.",
  address: 'base_url',
  notJson: 'Is base_url right? It should look like https://circleci.com/api/v2.',
} as const;
