import { HttpError } from '../errors.js';
import type { ApiClient } from '../http/client.js';
import { pages, type Row } from '../http/pagination.js';
import { path, slugPath } from '../http/url.js';
import { parseTimestamp } from '../time.js';

/** What a sync of a project will meet and cost. */
export interface Survey {
  /** Pipelines created since the start date. */
  readonly pipelines: number;
  /** Requests of a first sync and of a run that finds nothing new. */
  readonly firstSync: number;
  readonly usualRun: number;
}

/** Pipelines on one page of the list; the API has no parameter for it. */
const pageSize = 20;

/**
 * Counts the pipelines since `startDate` by bisection over their numbers, which ascend from 1, and estimates the
 * requests from the workflows of the newest page. All times are milliseconds since 1970.
 * @throws HttpError when the project's pipelines cannot be read
 */
export async function survey(
  client: ApiClient,
  slug: string,
  { startDate, lookbackStart }: { startDate: number; lookbackStart: number },
): Promise<Survey> {
  const list = path`/project/${slugPath(slug)}/pipeline`;
  const first = await pages(client, list, '/project/{project_slug}/pipeline').next();
  const newest = first.done === true ? [] : first.value.items;
  const latest = Number(newest[0]?.number ?? 0);
  const oldestSince = async (time: number) => {
    const number = await bisect(1, latest + 1, async (candidate) => {
      const created = await createdAt(client, slug, candidate);
      return created !== undefined && created >= time;
    });
    return latest + 1 - number;
  };
  const pipelines = latest === 0 ? 0 : await oldestSince(startDate);
  const looked = latest === 0 ? 0 : await oldestSince(Math.max(startDate, lookbackStart));
  const workflows = await workflowsPerPipeline(client, newest);
  return {
    pipelines,
    firstSync: listPages(pipelines) + Math.round(pipelines * (1 + workflows)),
    usualRun: listPages(looked) + looked,
  };
}

/** The pages that hold so many pipelines, and the one that shows that they are all; with the project itself. */
function listPages(pipelines: number): number {
  return Math.ceil(pipelines / pageSize) + 2;
}

/** The first of [low, high) for which `holds`, if it holds for all after it; `high` when for none. */
async function bisect(
  low: number,
  high: number,
  holds: (candidate: number) => Promise<boolean>,
): Promise<number> {
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (await holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Undefined for a number that the API no longer shows: it has expired, so it is old. */
async function createdAt(client: ApiClient, slug: string, number: number): Promise<number | undefined> {
  try {
    const answer = await client.get(
      path`/project/${slugPath(slug)}/pipeline/${number}`,
      '/project/{project_slug}/pipeline/{number}',
    );
    const body: unknown = answer.body;
    return typeof body === 'object' && body !== null && 'created_at' in body
      ? parseTimestamp(body.created_at)
      : undefined;
  } catch (error) {
    if (error instanceof HttpError && error.failure === 'not-found') return undefined;
    throw error;
  }
}

/** Mean number of workflows, one request for jobs each, of a sample of pipelines. */
async function workflowsPerPipeline(client: ApiClient, sample: readonly Row[]): Promise<number> {
  const counts = await Promise.all(
    sample.map(async ({ id }) => {
      try {
        const list = pages(client, path`/pipeline/${String(id)}/workflow`, '/pipeline/{id}/workflow');
        const page = await list.next();
        return page.done === true ? 0 : page.value.items.length;
      } catch (error) {
        if (error instanceof HttpError && error.failure === 'not-found') return 0;
        throw error;
      }
    }),
  );
  return counts.length === 0 ? 0 : counts.reduce((sum, count) => sum + count, 0) / counts.length;
}
