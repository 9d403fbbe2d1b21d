import { failedWith, HttpError } from '../../errors.js';
import type { Answer, ApiClient } from '../../http/client.js';
import { getObject, type TimedRow } from '../../http/object.js';
import { pages, type Row } from '../../http/pagination.js';
import { path, withQuery } from '../../http/url.js';
import { isObject } from '../../json.js';
import { parseTimestamp } from '../../time.js';

/** Most rows that a page of any list may hold: https://buildkite.com/docs/apis/rest-api#pagination */
export const largestPage = 100;

const organizationEndpoint = '/organizations/{buildkite_organizations.slug}';

/** What to do about answers of Buildkite that end a request for good. */
export const advice = {
  unauthorized:
    'Check "buildkite_token": it is an API access token of a user, and it expires after 7 days unless another ' +
    'lifetime was chosen. Make one at https://buildkite.com/user/api-access-tokens.',
  forbidden: 'tap-circle-ci check names the scopes that the token lacks.',
  address: 'buildkite_base_url',
  notJson: 'Is buildkite_base_url right? It should look like https://api.buildkite.com/v2.',
} as const;

/** What to do about a token that is kept from what needs no scope. */
const shutOut =
  'Is the token allowed from this IP address? See https://buildkite.com/user/api-access-tokens.';

/** What Buildkite says about the token itself. */
export interface AccessToken {
  /** As Buildkite calls them: `read_builds`. */
  readonly scopes: readonly string[];
  /** Milliseconds since 1970; undefined: it does not expire, or Buildkite does not say. */
  readonly expiresAt: number | undefined;
  readonly answer: Answer;
}

/**
 * Asks what the token is allowed to read; needs no scope.
 * https://buildkite.com/docs/apis/rest-api/access-token
 * @throws HttpError when the token is refused, or buildkite_base_url leads elsewhere.
 */
export async function getAccessToken(client: ApiClient): Promise<AccessToken> {
  const tokenPath = '/access-token';
  try {
    const answer = await client.get(tokenPath, tokenPath);
    const { body } = answer;
    const scopes = isObject(body) ? body.scopes : undefined;
    if (!isObject(body) || !Array.isArray(scopes)) {
      throw elsewhere(`${tokenPath} answered no scopes`, answer.status);
    }
    const names: readonly unknown[] = scopes;
    return {
      scopes: names.filter((name) => typeof name === 'string'),
      expiresAt: parseTimestamp(body.expires_at),
      answer,
    };
  } catch (error) {
    if (failedWith(error, 'forbidden')) throw error.advising(shutOut);
    if (!failedWith(error, 'not-found')) throw error;
    throw elsewhere(`${tokenPath} answered ${error.status}`, error.status, error);
  }
}

function elsewhere(what: string, status: number | undefined, cause?: unknown): HttpError {
  return new HttpError(`Buildkite's API is not where buildkite_base_url leads: ${what}.`, {
    failure: 'unreadable',
    path: '/access-token',
    status,
    next: advice.notJson,
    cause,
  });
}

/**
 * The organizations that the token sees.
 * @throws HttpError also when the token lacks read_organizations
 */
export async function listOrganizations(client: ApiClient): Promise<TimedRow[]> {
  return wholeList(client, '/organizations', '/organizations');
}

/** Asks for one organization. @throws HttpError naming it when it is unknown or forbidden */
export async function getOrganization(client: ApiClient, slug: string): Promise<TimedRow> {
  const organizationPath = path`/organizations/${slug}`;
  try {
    return await getObject(client, organizationPath, organizationEndpoint, 'organization');
  } catch (error) {
    if (!failedWith(error, 'not-found')) throw error;
    throw unknownOrganization(slug, error);
  }
}

function unknownOrganization(slug: string, cause: HttpError): HttpError {
  return new HttpError(
    `Buildkite does not know the organization ${slug}, or does not show it to this token.`,
    {
      failure: 'not-found',
      path: cause.path,
      status: cause.status,
      next: 'Check buildkite_organizations; the token must have been allowed for the organization.',
      cause,
    },
  );
}

/** A pipeline of an organization, as far as builds need it. */
export interface BuildkitePipeline extends TimedRow {
  readonly id: string;
  readonly slug: string;
}

/** All pipelines of an organization. @throws HttpError naming the organization when it is unknown */
export async function listPipelines(client: ApiClient, organization: string): Promise<BuildkitePipeline[]> {
  const list = path`/organizations/${organization}/pipelines`;
  try {
    const rows = await wholeList(client, list, `${organizationEndpoint}/pipelines`);
    const listed = rows.flatMap(({ row, receivedAt }) => pipelineIn(row, receivedAt) ?? []);
    // A list that changes while it is paged repeats rows.
    return [...new Map(listed.map((pipeline) => [pipeline.id, pipeline])).values()];
  } catch (error) {
    if (!failedWith(error, 'not-found')) throw error;
    throw unknownOrganization(organization, error);
  }
}

/** The pipeline that a slug names now; undefined when there is none. */
export async function findPipeline(
  client: ApiClient,
  organization: string,
  slug: string,
): Promise<BuildkitePipeline | undefined> {
  try {
    const pipelinePath = path`/organizations/${organization}/pipelines/${slug}`;
    const endpoint = '/organizations/{buildkite_organizations.slug}/pipelines/{buildkite_pipelines.slug}';
    const { body, receivedAt } = await client.get(pipelinePath, endpoint);
    return isObject(body) ? pipelineIn(body, receivedAt) : undefined;
  } catch (error) {
    if (!failedWith(error, 'not-found')) throw error;
    return undefined;
  }
}

function pipelineIn(row: Row, receivedAt: number): BuildkitePipeline | undefined {
  const { id, slug } = row;
  return typeof id === 'string' && typeof slug === 'string' ? { id, slug, row, receivedAt } : undefined;
}

async function wholeList(client: ApiClient, list: string, endpoint: string): Promise<TimedRow[]> {
  const rows: TimedRow[] = [];
  const asked = withQuery(list, { per_page: largestPage });
  for await (const { items, answer } of pages(client, asked, endpoint, 'link')) {
    rows.push(...items.map((row) => ({ row, receivedAt: answer.receivedAt })));
  }
  return rows;
}
