import type { BuildkiteConfig } from '../config/buildkite.js';
import type { Config } from '../config/config.js';
import { HttpError, messageOf } from '../errors.js';
import type { ApiClient } from '../http/client.js';
import type { Writer } from '../singer/writer.js';
import { getAccessToken, listOrganizations, listPipelines } from '../sources/buildkite/api.js';
import { organizations } from '../streams/buildkite/organizations.js';
import { pipelines } from '../streams/buildkite/pipelines.js';
import { isAtOrBelow, type StreamDefinition } from '../streams/define.js';
import { Pipelines } from '../sync/buildkite/pipelines.js';
import { day, formatDate } from '../time.js';
import type { Findings } from './findings.js';

/**
 * Whether the token is allowed what the chosen streams need, how long it lives, and which pipelines will be read.
 * @param now milliseconds since 1970
 * @param writer is told at once what is known of the token
 * @throws HttpError when the token is refused
 */
export async function checkBuildkite(
  client: ApiClient,
  config: Config,
  now: number,
  writer: Writer,
): Promise<Findings> {
  const { scopes, expiresAt } = await getAccessToken(client);
  writer.line(`buildkite_token: accepted, ${expiry(expiresAt, now)}`);
  writer.line(`scopes: ${scopes.length === 0 ? 'none' : scopes.join(', ')}`);
  const streams = config.streams.filter(({ source }) => source === 'buildkite');
  const lacking = streams.filter((stream) => lackedBy(stream, scopes).length > 0);
  const ofStreams = streams.map((stream) => [stream.name, told(lackedBy(stream, scopes))]);
  const examined = await examineAll(client, config);
  const unreadable = examined.filter(({ isReadable }) => !isReadable).length;
  // Of one organization none may be meant.
  const isNoneNamed = total(examined, 'count') > 0 && total(examined, 'read') === 0;
  return {
    rows: [...ofStreams, ...examined.map(({ cells }) => cells)],
    problems: [
      ...(lacking.length === 0
        ? []
        : [`The token lacks scopes for ${lacking.map(({ name }) => name).join(', ')}`]),
      ...(isNoneNamed ? ['buildkite_pipelines names no pipeline'] : []),
      ...(unreadable === 0 ? [] : [`${unreadable} of ${examined.length} organizations cannot be read`]),
    ],
  };
}

function lackedBy({ permissions }: StreamDefinition, scopes: readonly string[]): string[] {
  return permissions.filter((scope) => !scopes.includes(scope));
}

function told(lacking: readonly string[]): string {
  return lacking.length === 0 ? 'allowed' : `not allowed: the token lacks ${lacking.join(' and ')}`;
}

function expiry(expiresAt: number | undefined, now: number): string {
  if (expiresAt === undefined) return 'no expiry is known';
  const days = Math.floor((expiresAt - now) / day);
  const left = days < 1 ? 'within a day' : `in ${days} ${days === 1 ? 'day' : 'days'}`;
  return `expires ${left}, on ${formatDate(expiresAt)}`;
}

interface Examined {
  readonly isReadable: boolean;
  readonly cells: readonly string[];
  /** Its pipelines, */
  readonly count?: number;
  /** and those of them that are read. */
  readonly read?: number;
}

function total(examined: readonly Examined[], column: 'count' | 'read'): number {
  return examined.reduce((sum, organization) => sum + (organization[column] ?? 0), 0);
}

async function examineAll(client: ApiClient, { buildkite, streams }: Config): Promise<Examined[]> {
  if (buildkite === undefined) return [];
  if (!streams.some((stream) => isAtOrBelow(stream, organizations))) return [];
  const needsPipelines = streams.some((stream) => isAtOrBelow(stream, pipelines));
  try {
    const slugs = buildkite.organizations ?? (await visible(client));
    if (slugs.length === 0)
      return [{ isReadable: false, cells: ['organizations', 'not readable: the token sees none'] }];
    if (!needsPipelines) {
      return slugs.map((slug) => ({ isReadable: true, cells: [slug, 'no stream asks for its pipelines'] }));
    }
    return await Promise.all(slugs.map((slug) => examine(client, slug, buildkite)));
  } catch (error) {
    return [{ isReadable: false, cells: ['organizations', notReadable(error)] }];
  }
}

async function visible(client: ApiClient): Promise<string[]> {
  const listed = await listOrganizations(client);
  return listed.flatMap(({ row: { slug } }) => (typeof slug === 'string' ? [slug] : []));
}

async function examine(client: ApiClient, slug: string, config: BuildkiteConfig): Promise<Examined> {
  try {
    const pipelines = new Pipelines({
      client,
      organization: slug,
      listed: await listPipelines(client, slug),
      isRead: config.pipelines,
      refused: (_, error) => {
        throw error;
      },
    });
    await pipelines.learn(config.namedPipelines(slug));
    const { count } = pipelines;
    const read = pipelines.read.length;
    return {
      isReadable: true,
      cells: [slug, `reachable, ${read} of ${count} pipelines are read`],
      count,
      read,
    };
  } catch (error) {
    return { isReadable: false, cells: [slug, notReadable(error)] };
  }
}

/** @throws whatever concerns more than one organization */
function notReadable(error: unknown): string {
  if (!(error instanceof HttpError) || error.failure === 'unauthorized') throw error;
  return `not readable: ${messageOf(error)}`;
}
