import type { ApiClient } from '../../http/client.js';
import { getObject, type TimedRow } from '../../http/object.js';
import { path } from '../../http/url.js';
import { isObject } from '../../json.js';
import { builds } from '../../streams/buildkite/builds.js';
import { jobs } from '../../streams/buildkite/jobs.js';
import type { Above, StreamDefinition } from '../../streams/define.js';
import type { Bounds } from '../entry.js';
import type { WalkedKind } from '../visit.js';
import type { VisitRequest } from '../visit-request.js';
import { listJobs } from './build-list.js';
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
  return {
    root: builds,
    below,
    above: aboveOf,
    fetchRoot: (request) => fetchBuild(client, request, aboveOf(request)),
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
    const { row, receivedAt } = await ask('exclude_jobs=true&exclude_pipeline=true');
    return { row: { ...row, jobs: await listJobs(client, organization, row) }, receivedAt };
  }
}
