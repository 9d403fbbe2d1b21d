import { failedWith } from '../../errors.js';
import type { ApiClient } from '../../http/client.js';
import { pages, type Row } from '../../http/pagination.js';
import { path, slugPath } from '../../http/url.js';
import { isObject } from '../../json.js';
import { parseTimestamp } from '../../time.js';

/** What a sync is going to read. Times are milliseconds since 1970. */
export interface Plan {
  readonly startDate: number;
  /** Exclusive; undefined: no end. */
  readonly endDate: number | undefined;
  /** Of pipelines created since then a usual run lists the workflows again. */
  readonly lookbackStart: number;
  /** Of pipelines created since then it reads all that is below them, too. */
  readonly youngStart: number;
  /** Whether workflows are read, for themselves or for their jobs. */
  readonly workflows: boolean;
  /** Whether the jobs of workflows are read. */
  readonly jobs: boolean;
  /** Whether every run reads the jobs of all pipelines, as a FULL_TABLE stream does. */
  readonly allJobs: boolean;
}

/** What a sync of a project will meet and cost. */
export interface Survey {
  /** Pipelines created from the start date on, before the end date. */
  readonly pipelines: number;
  /** Requests of a sync without a state. */
  readonly firstSync: number;
  /** Requests of a run that finds nothing new. */
  readonly usualRun: number;
}

/** Pipelines on one page of the list; the API has no parameter for it. */
const pageSize = 20;
/** Pipelines whose children stand for those of all. */
const sampleSize = 20;

/**
 * Counts the pipelines by bisection over their numbers, which ascend from 1, and estimates the requests from what
 * is below some of them. Pipelines that are still open cost a usual run more than that.
 * @throws HttpError when the project's pipelines cannot be read
 */
export async function survey(client: ApiClient, slug: string, plan: Plan): Promise<Survey> {
  const { startDate, endDate } = plan;
  const list = path`/project/${slugPath(slug)}/pipeline`;
  const first = await pages(client, list, '/project/{+projects.slug}/pipeline').next();
  const latest = first.done === true ? 0 : Number(first.value.items[0]?.number ?? 0);
  const numbers = new Numbers(client, slug, latest);

  const since = (time: number) => numbers.since(Math.max(time, startDate));
  const unread = endDate === undefined ? 0 : await since(endDate);
  const listed = await since(startDate);
  const pipelines = listed - unread;
  const sample = await numbers.spread(latest - listed, latest - unread);
  const cost = await costBelow(client, sample, plan);
  const firstSync = 1 + numbers.pages(listed) + pipelines * cost.all;
  const looked = await since(plan.lookbackStart);
  const young = await since(plan.youngStart);
  const read = (count: number) => Math.max(0, count - unread);
  const usualRun = 1 + numbers.pages(looked) + read(looked) * cost.workflows + read(young) * cost.jobs;
  return {
    pipelines,
    firstSync: Math.round(firstSync),
    usualRun: Math.round(plan.allJobs ? firstSync : usualRun),
  };
}

/** A project's pipelines by their numbers; each is asked for once. */
class Numbers {
  readonly #client: ApiClient;
  readonly #slug: string;
  readonly #latest: number;
  readonly #asked = new Map<number, Promise<Row>>();

  constructor(client: ApiClient, slug: string, latest: number) {
    this.#client = client;
    this.#slug = slug;
    this.#latest = latest;
  }

  /** How many pipelines were created at or after a time. */
  async since(time: number): Promise<number> {
    let low = 1;
    let high = this.#latest + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const created = parseTimestamp((await this.#pipeline(middle)).created_at);
      // A number that the API no longer shows has expired, so it is old.
      if (created !== undefined && created >= time) high = middle;
      else low = middle + 1;
    }
    return this.#latest + 1 - low;
  }

  /** Ids of some pipelines, evenly spread over the numbers above `low` up to `high`. */
  async spread(low: number, high: number): Promise<string[]> {
    const size = Math.min(sampleSize, high - low);
    const numbers = Array.from({ length: size }, (_, index) =>
      Math.floor(high - (index * (high - low)) / size),
    );
    const rows = await Promise.all(numbers.map((number) => this.#pipeline(number)));
    return rows.flatMap(({ id }) => (typeof id === 'string' ? [id] : []));
  }

  /** Pages of the list that hold so many pipelines, and the one that shows that the rest is older. */
  pages(pipelines: number): number {
    const all = Math.max(1, Math.ceil(this.#latest / pageSize));
    return Math.min(all, Math.ceil(pipelines / pageSize) + 1);
  }

  #pipeline(number: number): Promise<Row> {
    const asked = this.#asked.get(number) ?? this.#ask(number);
    this.#asked.set(number, asked);
    return asked;
  }

  /** Without members for a number that the API does not show. */
  async #ask(number: number): Promise<Row> {
    try {
      const pipeline = path`/project/${slugPath(this.#slug)}/pipeline/${number}`;
      const { body } = await this.#client.get(pipeline, '/project/{+projects.slug}/pipeline/{number}');
      return isObject(body) ? body : {};
    } catch (error) {
      if (failedWith(error, 'not-found')) return {};
      throw error;
    }
  }
}

/** Mean numbers of requests below one pipeline. */
interface Cost {
  /** For its list of workflows. */
  readonly workflows: number;
  /** For the lists of their jobs. */
  readonly jobs: number;
  /** Both. */
  readonly all: number;
}

/** As in a sample, of whose pipelines the jobs of one workflow each are listed. */
async function costBelow(client: ApiClient, sample: readonly string[], plan: Plan): Promise<Cost> {
  const lists = plan.workflows
    ? await Promise.all(sample.map((id) => wholeList(client, path`/pipeline/${id}/workflow`, workflowList)))
    : [];
  const ids = lists.map(({ rows }) => rows.flatMap(({ id }) => (typeof id === 'string' ? [id] : [])));
  const firstIds = plan.jobs ? ids.flatMap(([first]) => (first === undefined ? [] : [first])) : [];
  const jobLists = await Promise.all(
    firstIds.map((id) => wholeList(client, path`/workflow/${id}/job`, jobList)),
  );
  const workflows = mean(lists.map(({ pages }) => pages));
  const jobs = mean(ids.map(({ length }) => length)) * mean(jobLists.map(({ pages }) => pages));
  return { workflows, jobs, all: workflows + jobs };
}

const workflowList = '/pipeline/{pipelines.id}/workflow';
const jobList = '/workflow/{workflows.id}/job';

async function wholeList(
  client: ApiClient,
  list: string,
  endpoint: string,
): Promise<{ rows: Row[]; pages: number }> {
  const rows: Row[] = [];
  let count = 0;
  try {
    for await (const { items } of pages(client, list, endpoint)) {
      rows.push(...items);
      count++;
    }
  } catch (error) {
    if (!failedWith(error, 'not-found')) throw error;
    count++;
  }
  return { rows, pages: count };
}

function mean(numbers: readonly number[]): number {
  return numbers.length === 0 ? 0 : numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
