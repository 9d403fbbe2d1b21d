import { failedWith, HttpError } from '../../errors.js';
import type { ApiClient } from '../../http/client.js';
import { getObject, type TimedRow } from '../../http/object.js';
import { pages, type Row } from '../../http/pagination.js';
import { expand, path, withQuery } from '../../http/url.js';
import { isObject } from '../../json.js';
import { largestPage } from '../../sources/buildkite/api.js';
import { builds } from '../../streams/buildkite/builds.js';
import { jobs } from '../../streams/buildkite/jobs.js';
import { type Above, isAtOrBelow, type StreamDefinition, valueAbove } from '../../streams/define.js';
import type { Bounds } from '../entry.js';
import type { Gathered } from '../gathered.js';
import type { WalkedKind } from '../visit.js';
import type { VisitRequest } from '../visit-request.js';
import { isBuildDue, isBuildSettled, isJobDue } from './due.js';
import { isTooMuch } from './page-size.js';

/** What builds are read with. */
export interface BuildKindOptions {
  readonly client: ApiClient;
  /** All streams below builds, parents before children. */
  readonly below: readonly StreamDefinition[];
  readonly bounds: Bounds;
  /** Rows of the organization and of the pipeline that a partition stands for. */
  readonly above: (partition: string) => Above;
}

/** What is particular to Buildkite's builds and what hangs below them. */
export function buildKind({ client, below, bounds, above }: BuildKindOptions): WalkedKind {
  const aboveOf = ({ partition }: VisitRequest) => above(partition);
  const ofJobs = new Set(below.filter((one) => isAtOrBelow(one, jobs)).map(({ name }) => name));
  return {
    root: builds,
    below,
    above: aboveOf,
    fetchRoot: (request) => fetchBuild(client, request, aboveOf(request)),
    complete: (gathered) => addJobs(client, gathered, aboveOf(gathered.request), ofJobs),
    needsRoot: true,
    writes: (definition, row, need) => definition !== builds || isBuildDue(row, need),
    looksBelow: (definition, rows, need) => {
      const row = rows[definition.name] ?? {};
      return definition === builds ? isBuildDue(row, need) : isJobDue(row, need);
    },
    embedded: ({ name }, _, { root }) =>
      name === jobs.name && root !== undefined ? jobsIn(root) : undefined,
    vanishing: new Set(),
    judge: (_, { request, root }) => {
      const settled = root === undefined || isBuildSettled(root.row, bounds.now);
      // A build that is open may still change, however old it is.
      return { settled, newest: settled ? request.created : bounds.now };
    },
    asksRootAtEnd: () => false,
  };
}

function jobsIn({ row, receivedAt }: TimedRow): TimedRow[] {
  const { jobs: listed } = row;
  return Array.isArray(listed) ? listed.filter(isObject).map((job) => ({ row: job, receivedAt })) : [];
}

async function fetchBuild(client: ApiClient, { id }: VisitRequest, above: Above): Promise<TimedRow> {
  const organization = String(above.buildkite_organizations?.slug);
  const ownPath = path`/organizations/${organization}/pipelines/${String(above.buildkite_pipelines?.slug)}/builds/${id}`;
  const endpoint = `${builds.endpoint}/{buildkite_builds.number}`;
  const ask = (query: string, maxRetries?: number) =>
    getObject(client, `${ownPath}?${query}`, endpoint, 'build', { maxRetries });
  try {
    return await ask('include_retried_jobs=true&exclude_pipeline=true', 1);
  } catch (error) {
    if (!isTooMuch(error)) throw error;
    return await ask('exclude_jobs=true&exclude_pipeline=true');
  }
}

/** Of a build that came without its jobs, because they are too many or Buildkite left them out, they have a list. */
async function addJobs(
  client: ApiClient,
  gathered: Gathered,
  above: Above,
  ofJobs: ReadonlySet<string>,
): Promise<void> {
  const { root, request } = gathered;
  const streams = [...request.needs.keys()].filter((stream) => stream !== builds.name);
  if (root === undefined || Array.isArray(root.row.jobs) || streams.length === 0) return;
  const named = streams.filter((stream) => ofJobs.has(stream));
  // Where no stream is of jobs, they still tell when the build changed.
  await gathered.attempt(jobs, named.length === 0 ? streams : named, 'nothing', async () => {
    const listed = await listJobs(client, { ...above, [builds.name]: root.row });
    gathered.root = { ...root, row: { ...root.row, jobs: listed } };
    return [];
  });
}

/** All attempts of all jobs of a build. @throws HttpError also when there is no such list: the build was there */
async function listJobs(client: ApiClient, above: Above): Promise<Row[]> {
  const path = expand(jobs.endpoint, (name) => valueAbove(above, name));
  const list = withQuery(path, { include_retried_jobs: 'true', per_page: largestPage });
  const rows: Row[] = [];
  try {
    for await (const { items } of pages(client, list, jobs.endpoint, jobs.pages)) rows.push(...items);
    return rows;
  } catch (error) {
    if (!failedWith(error, 'not-found')) throw error;
    const { message, path: asked, status, next } = error;
    throw new HttpError(message, { failure: 'unreadable', path: asked, status, next, cause: error });
  }
}
