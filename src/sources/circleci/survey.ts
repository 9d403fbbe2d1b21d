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
  /** Whether pipelines are read, for themselves or for what is below them; so for the next two. */
  readonly pipelines: boolean;
  readonly workflows: boolean;
  readonly jobs: boolean;
  /** Whether every run reads the jobs of all pipelines, as a FULL_TABLE stream does. */
  readonly allJobs: boolean;
  /** Lists that belong to the project itself. */
  readonly perProject: number;
  /** Requests for a pipeline beside its list of workflows. */
  readonly perPipeline: number;
  /** Requests for what is below a job, but for the outputs of its steps. */
  readonly perJob: (job: Row) => number;
  /** Undefined where none is read. */
  readonly outputs: Outputs | undefined;
}

/** What steps of jobs have written, of which each costs a request. */
export interface Outputs {
  /** Base URL of API v1.1, which knows the steps. */
  readonly v11: string;
  readonly isRead: (job: Row) => boolean;
  /** How many a job of API v1.1 has. */
  readonly countIn: (job: Row) => number;
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
  const cost = await costBelow(client, slug, sample, plan);
  const looked = await since(plan.lookbackStart);
  const young = await since(plan.youngStart);
  const ofProject = 1 + plan.perProject;
  const listing = (count: number) => (plan.pipelines ? numbers.pages(count) : 0);
  const read = (count: number) => Math.max(0, count - unread);
  const firstSync = ofProject + listing(listed) + pipelines * (cost.workflows + cost.below);
  const usualRun = ofProject + listing(looked) + read(looked) * cost.workflows + read(young) * cost.below;
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

  #ask(number: number): Promise<Row> {
    const pipeline = path`/project/${slugPath(this.#slug)}/pipeline/${number}`;
    return oneOrNone(this.#client, pipeline, '/project/{+projects.slug}/pipeline/{number}');
  }
}

/** Mean numbers of requests for one pipeline. */
interface Cost {
  /** Its list of workflows. */
  readonly workflows: number;
  /** All else: what it has by itself, the lists of jobs, and what is below them. */
  readonly below: number;
}

/** As in a sample, of whose pipelines the jobs of one workflow each are listed, and the steps of one job. */
async function costBelow(
  client: ApiClient,
  slug: string,
  sample: readonly string[],
  plan: Plan,
): Promise<Cost> {
  const lists = plan.workflows
    ? await Promise.all(sample.map((id) => wholeList(client, path`/pipeline/${id}/workflow`, workflowList)))
    : [];
  const ids = lists.map(({ rows }) => rows.flatMap(({ id }) => (typeof id === 'string' ? [id] : [])));
  const firstIds = plan.jobs ? ids.flatMap(([first]) => (first === undefined ? [] : [first])) : [];
  const jobLists = await Promise.all(
    firstIds.map((id) => wholeList(client, path`/workflow/${id}/job`, jobList)),
  );
  const { outputs, perJob } = plan;
  const ofJobs = jobLists.map(({ rows }) => sum(rows.map(perJob)));
  const withOutputs = jobLists.map(({ rows }) => rows.filter((job) => outputs?.isRead(job) === true));
  const ofOutputs = outputs === undefined ? 0 : await outputsBelow(client, slug, withOutputs, outputs);
  const perWorkflow = mean(jobLists.map(({ pages }) => pages)) + mean(ofJobs) + ofOutputs;
  const workflows = mean(lists.map(({ pages }) => pages));
  return { workflows, below: plan.perPipeline + mean(ids.map(({ length }) => length)) * perWorkflow };
}

/** The mean number of outputs below a workflow; `jobs` are those of each in a sample that are read. */
async function outputsBelow(
  client: ApiClient,
  slug: string,
  jobs: readonly (readonly Row[])[],
  { v11, countIn }: Outputs,
): Promise<number> {
  const first = jobs.flatMap(([job]) => (job === undefined ? [] : [job]));
  const counts = await Promise.all(
    first.map(async ({ job_number: number }) => {
      const job = `${v11}${path`/project/${slugPath(slug)}/${Number(number)}`}`;
      return countIn(await oneOrNone(client, job, '/api/v1.1/project/{+projects.slug}/{jobs.job_number}'));
    }),
  );
  return mean(jobs.map(({ length }) => length)) * mean(counts);
}

const workflowList = '/pipeline/{pipelines.id}/workflow';
const jobList = '/workflow/{workflows.id}/job';

/** Without members where the API does not show it. */
async function oneOrNone(client: ApiClient, one: string, endpoint: string): Promise<Row> {
  try {
    const { body } = await client.get(one, endpoint);
    return isObject(body) ? body : {};
  } catch (error) {
    if (failedWith(error, 'not-found')) return {};
    throw error;
  }
}

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
  return numbers.length === 0 ? 0 : sum(numbers) / numbers.length;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
