import type { PipelineOptions, RerunOptions, WorkflowOptions } from './builder.js';
import { HistoryBuilder } from './builder.js';
import { Clock } from './clock.js';
import type { Coins } from './coins.js';
import { tossCoins } from './coins.js';
import type { Endpoint, Route } from './endpoints.js';
import { generate } from './generate.js';
import type { JobHistory, PipelineHistory, ProjectHistory, WorkflowHistory } from './history.js';
import { lastChangeOfPipeline } from './history.js';
import type { ResolvedOptions, WorldOptions } from './options.js';
import { resolveOptions } from './options.js';
import type { Refusal } from './pages.js';
import { listed, NOT_FOUND, page, withoutNotFound } from './pages.js';
import { createRandom } from './random.js';
import { outputAt } from './resources/outputs.js';
import type { Places } from './resources/places.js';
import { placesOf } from './resources/places.js';
import { respond } from './resources/respond.js';
import { projectNamed, settingsQuietFrom } from './resources/view.js';
import type { JobRow, Page, PipelineRow, ProjectRow, WorkflowRow } from './rows.js';
import type { FullTruth, Source } from './source.js';
import { Timeline } from './timeline.js';
import { WorldTruth } from './truth.js';
import {
  hasNullId,
  isExpired,
  isVisible,
  jobRow,
  pipelineRow,
  projectRow,
  slugAt,
  workflowRow,
} from './views.js';

/** A CircleCI with a past and a future: what it shows is a function of its history and of `now`. */
export function createWorld(options: WorldOptions = {}): World {
  return new World(resolveOptions(options));
}

export class World extends Clock implements Source {
  readonly options: ResolvedOptions;
  readonly seed: number;
  readonly coins: Coins;
  readonly pageSize: number;
  readonly forbidden: Set<Endpoint>;
  readonly missing: Set<Endpoint>;
  outputOrigin = 'http://output.sandbox';
  readonly #builder: HistoryBuilder;
  #index: Index | undefined;
  #places: Places | undefined;

  constructor(options: ResolvedOptions) {
    const { seed, now, tickMs } = options;
    const coins = tossCoins(createRandom(seed, 'coins'), options.coins);
    super({ seed, now, tickMs, date: coins.date });
    this.options = options;
    this.seed = seed;
    this.coins = coins;
    this.pageSize = options.pageSize;
    this.forbidden = new Set(options.forbidden);
    this.missing = new Set(options.missing);
    this.#builder = new HistoryBuilder(options.seed, options.projects, options.features, this.coins.expired);
    if (options.pipelines > 0) generate(this.#builder, options, this.coins);
  }

  // The history by hand. What is written must not change what has already been shown.

  addPipeline(options: PipelineOptions): PipelineHistory {
    this.#forget();
    return this.#builder.addPipeline(options);
  }

  addWorkflow(pipeline: PipelineHistory, options: WorkflowOptions): WorkflowHistory {
    this.#forget();
    return this.#builder.addWorkflow(pipeline, options);
  }

  rerun(workflow: WorkflowHistory, options: RerunOptions): WorkflowHistory {
    this.#forget();
    return this.#builder.rerun(workflow, options);
  }

  /** The whole history, for tests that look for one of its kinds. */
  get projects(): readonly ProjectHistory[] {
    return this.#builder.projects;
  }

  get slugs(): string[] {
    return this.projects.map((project) => slugAt(project, this.now));
  }

  /** From then on nothing changes any more, but that old things expire. */
  get quietFrom(): number {
    return Math.max(this.#ready().quietFrom, settingsQuietFrom(this.options));
  }

  project(slug: string): ProjectRow | undefined {
    const project = projectNamed(this, slug);
    return project && projectRow(project, this.now);
  }

  pipelines(slug: string, token: string | null): Page<PipelineRow> | Refusal {
    const project = projectNamed(this, slug);
    if (project === undefined) return NOT_FOUND;
    const timeline = this.#ready().timelines.get(project) as Timeline;
    const slice = page(project.id, timeline.at(this.now), token, this.pageSize, this.coins);
    return asPage(slice, (pipeline) => pipelineRow(pipeline, this.now, this.coins.updatedAt));
  }

  pipelineByNumber(slug: string, number: number): PipelineRow | undefined {
    this.#ready();
    const pipeline = projectNamed(this, slug)?.pipelines.find((one) => one.number === number);
    return pipeline && this.pipeline(pipeline.id);
  }

  pipeline(id: string): PipelineRow | undefined {
    const pipeline = this.#visible(this.#ready().pipelines.get(id));
    return pipeline && pipelineRow(pipeline, this.now, this.coins.updatedAt);
  }

  workflows(pipelineId: string, token: string | null): Page<WorkflowRow> | Refusal {
    const pipeline = this.#visible(this.#ready().pipelines.get(pipelineId));
    if (pipeline === undefined) return NOT_FOUND;
    const workflows = this.workflowsOf(pipeline);
    if (workflows === undefined) return NOT_FOUND;
    const slice = page(
      pipelineId,
      listed(workflows, (one) => one.id),
      token,
      this.pageSize,
      withoutNotFound(this.coins),
    );
    return asPage(slice, (workflow) => workflowRow(workflow, this.now));
  }

  workflow(id: string): WorkflowRow | undefined {
    const workflow = this.#workflow(id);
    return workflow && workflowRow(workflow, this.now);
  }

  jobs(workflowId: string, token: string | null): Page<JobRow> | Refusal {
    const workflow = this.#workflow(workflowId);
    const jobs = workflow && this.jobsOf(workflow);
    if (workflow === undefined || jobs === undefined) return NOT_FOUND;
    const slice = page(
      workflowId,
      listed(jobs, (job) => job.id),
      token,
      this.pageSize,
      withoutNotFound(this.coins),
    );
    return asPage(slice, (job) => jobRow(job, workflow.pipeline.project, this.now));
  }

  truth({ since = Number.NEGATIVE_INFINITY }: { since?: number } = {}): FullTruth {
    this.#ready();
    return new WorldTruth(this, since);
  }

  /** Jobs by id and number, for what is asked for job by job. */
  get places(): Places {
    this.#ready();
    this.#places ??= placesOf(this.projects);
    return this.#places;
  }

  answer(route: Route): object | Refusal | undefined {
    this.#ready();
    return respond(this, route);
  }

  output(url: URL): object | Refusal {
    return outputAt(this, url);
  }

  #visible(pipeline: PipelineHistory | undefined): PipelineHistory | undefined {
    return pipeline !== undefined && isVisible(pipeline, this.now) ? pipeline : undefined;
  }

  /** The workflows listed now, in the order of the coin; undefined when the list is 404. */
  workflowsOf(pipeline: PipelineHistory): WorkflowHistory[] | undefined {
    const expired = isExpired(pipeline, this.now);
    if (expired && pipeline.expired === 'not found') return undefined;
    if (expired && pipeline.expired === 'empty') return [];
    const begun = pipeline.workflows.filter((workflow) => workflow.createdAt <= this.now);
    const oldestFirst = begun.sort((one, other) => one.createdAt - other.createdAt);
    if (this.coins.workflowOrder === 'oldest first') return oldestFirst;
    if (this.coins.workflowOrder === 'newest first') return oldestFirst.reverse();
    return oldestFirst.sort((one, other) => compare(one.name, other.name));
  }

  #workflow(id: string): WorkflowHistory | undefined {
    const workflow = this.#ready().workflows.get(id);
    if (workflow === undefined || workflow.createdAt > this.now || hasNullId(workflow, this.now))
      return undefined;
    const pipeline = this.#visible(workflow.pipeline);
    const listedNow = pipeline && (!isExpired(pipeline, this.now) || pipeline.expired === 'jobs not found');
    return listedNow ? workflow : undefined;
  }

  /** The jobs in the order of the coin; undefined when the list is 404. */
  jobsOf(workflow: WorkflowHistory): JobHistory[] | undefined {
    if (workflow.pipeline.expired === 'jobs not found' && isExpired(workflow.pipeline, this.now))
      return undefined;
    const jobs = [...workflow.jobs];
    if (this.coins.jobOrder === 'topological') return jobs;
    if (this.coins.jobOrder === 'reverse') return jobs.reverse();
    return jobs.sort((one, other) => compare(one.name, other.name));
  }

  #forget(): void {
    this.#index = undefined;
    this.#places = undefined;
  }

  #ready(): Index {
    this.#index ??= indexed(this.projects);
    return this.#index;
  }
}

/** Sorted and looked up once, not for every request. */
interface Index {
  readonly timelines: ReadonlyMap<ProjectHistory, Timeline>;
  readonly pipelines: ReadonlyMap<string, PipelineHistory>;
  readonly workflows: ReadonlyMap<string, WorkflowHistory>;
  readonly quietFrom: number;
}

function indexed(projects: readonly ProjectHistory[]): Index {
  const timelines = new Map(projects.map((project) => [project, new Timeline(project.pipelines)]));
  const pipelines = projects.flatMap((project) => project.pipelines);
  const renamed = projects.map((project) => project.renamedAt);
  return {
    timelines,
    pipelines: new Map(pipelines.map((pipeline) => [pipeline.id, pipeline])),
    workflows: new Map(
      pipelines.flatMap(({ workflows }) => workflows.map((workflow) => [workflow.id, workflow])),
    ),
    quietFrom: [...pipelines.map(lastChangeOfPipeline), ...renamed].reduce(
      (latest, time) => Math.max(latest, time),
      Number.NEGATIVE_INFINITY,
    ),
  };
}

function asPage<Item, Row>(
  slice: { items: readonly Item[]; nextPageToken: string | null } | Refusal,
  rowOf: (item: Item) => Row,
): Page<Row> | Refusal {
  if (typeof slice === 'string') return slice;
  return { items: slice.items.map(rowOf), next_page_token: slice.nextPageToken };
}

const compare = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0);
