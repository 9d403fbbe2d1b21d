import type { Coins } from './coins.js';
import type { PipelineHistory, ProjectHistory, WorkflowHistory } from './history.js';
import { WORKFLOW_LIFE } from './history.js';
import type { JobOptions } from './jobs.js';
import { planJobs } from './jobs.js';
import type { Features, ProjectOptions } from './options.js';
import type { Random } from './random.js';
import { createRandom, hash } from './random.js';
import { peopleOf } from './resources/people.js';
import type { PipelineRow } from './rows.js';
import { MINUTE } from './rows.js';
import { pipelineRest } from './texts.js';

export interface PipelineOptions {
  /** Slug. Default: the first project. */
  project?: string;
  createdAt: number;
  /** In no list and 404 by id until then. Default: at once. */
  visibleAt?: number;
  /** The state from `createdAt` on, or a series of them. Default `created`. */
  state?: string | readonly { state: string; from: number }[];
  expired?: PipelineHistory['expired'];
  /** Other members of the row: errors, trigger, trigger_parameters, vcs. */
  rest?: Partial<PipelineRow>;
}

export interface WorkflowOptions {
  createdAt: number;
  /** Without it the workflow goes on until it is canceled at 90 days. */
  stoppedAt?: number | undefined;
  /** The last status; or, of a workflow that goes on, the open one. */
  status?: string;
  name?: string;
  queuedUntil?: number;
  holdFrom?: number;
  approvedAt?: number | undefined;
  /** How many, or each by hand. Default 2. */
  jobs?: number | readonly JobOptions[];
  /** Of a canceled workflow: how many ms later its last job ends. */
  jobLag?: number;
  tag?: string | null;
  /** When `stopped_at` shows; Infinity for never. Default: with the status. */
  stopShownAt?: number;
  nullIdFrom?: number;
  autoRerun?: { number: number; most: number };
  rerunOf?: WorkflowHistory;
  /** Jobs that the rerun from failed lists again. */
  shared?: WorkflowHistory['jobs'];
}

export interface RerunOptions extends Partial<Omit<WorkflowOptions, 'createdAt' | 'rerunOf' | 'shared'>> {
  at: number;
  /** The jobs that succeeded are listed again, with the same ids (faros PR 1166). */
  fromFailed?: boolean;
}

const terminal = new Set(['success', 'failed', 'error', 'canceled', 'unauthorized', 'not_run']);

/** Writes histories, by hand or for the generator. */
export class HistoryBuilder {
  readonly projects: ProjectHistory[];
  /** Of all projects, in the order in which they were written. */
  readonly workflows: WorkflowHistory[] = [];
  readonly #random: Random;
  readonly #features: Features;
  readonly #expired: Coins['expired'];
  readonly #people: readonly string[];
  readonly #jobNumbers = new Map<ProjectHistory, number>();

  constructor(
    seed: number,
    projects: readonly ProjectOptions[],
    features: Features,
    expired: Coins['expired'],
  ) {
    this.#random = createRandom(seed, 'history by hand');
    this.#features = features;
    this.#people = features.sharedPeople ? peopleOf(seed) : [];
    this.#expired = features.expiredChildren ? expired : 'kept';
    this.projects = projects.map((project) => projectOf(seed, project));
  }

  addPipeline(options: PipelineOptions, random = this.#random): PipelineHistory {
    const project = this.#project(options.project);
    const state = options.state ?? 'created';
    const states = typeof state === 'string' ? [{ state, from: options.createdAt }] : state;
    const errored = states.at(-1)?.state === 'errored';
    const pipeline: PipelineHistory = {
      project,
      id: random.uuid(),
      number: 0, // given when the history is read: ascending with the time of creation
      createdAt: Math.floor(options.createdAt),
      visibleAt: options.visibleAt ?? options.createdAt,
      states,
      workflows: [],
      rest: { ...pipelineRest(random, this.#features, project, options.createdAt, errored), ...options.rest },
      expired:
        options.expired ??
        (this.#expired === 'mixed'
          ? random.pick(['kept', 'empty', 'not found', 'null ids', 'jobs not found'])
          : this.#expired),
    };
    project.pipelines.push(pipeline);
    return pipeline;
  }

  addWorkflow(pipeline: PipelineHistory, options: WorkflowOptions, random = this.#random): WorkflowHistory {
    // Nothing stays open for longer: held and running workflows are canceled at 90 days (workflows.adoc l.979).
    const end = options.createdAt + WORKFLOW_LIFE;
    const outlived = options.stoppedAt === undefined || options.stoppedAt > end;
    const stoppedAt = outlived ? end : (options.stoppedAt as number);
    const given = options.status ?? 'success';
    const status = outlived ? 'canceled' : given;
    if (!outlived && !terminal.has(status))
      throw new Error(`A workflow that has stopped cannot be ${status}.`);
    const canceledBy = status === 'canceled' && !outlived ? this.#somebody(random) : undefined;
    const workflow: WorkflowHistory = {
      pipeline,
      id: random.uuid(),
      name: options.name ?? 'build-and-test',
      createdAt: options.createdAt,
      queuedUntil: options.queuedUntil,
      stoppedAt,
      status,
      openStatus: terminal.has(given) ? 'running' : given,
      holdFrom: options.holdFrom,
      approvedAt: options.approvedAt,
      stopShownAt: options.stopShownAt ?? stoppedAt,
      jobs: planJobs({
        random,
        createdAt: options.queuedUntil ?? options.createdAt,
        stoppedAt,
        status,
        holdFrom: options.holdFrom,
        approvedAt: options.approvedAt,
        jobLag: options.jobLag ?? 0,
        jobs: options.jobs ?? 2,
        shared: options.shared ?? [],
        requires: this.#features.requiresMaps && random.chance(0.3),
        canceledBy,
        nextNumber: () => this.#nextJobNumber(pipeline.project),
        somebody: () => this.#somebody(random),
      }),
      startedBy: this.#somebody(random),
      canceledBy,
      erroredBy: status === 'error' && random.chance(0.5) ? this.#somebody(random) : undefined,
      tag: options.tag,
      autoRerun: options.autoRerun,
      rerunOf: options.rerunOf,
      nullIdFrom: options.nullIdFrom,
    };
    pipeline.workflows.push(workflow);
    this.workflows.push(workflow);
    return workflow;
  }

  rerun(workflow: WorkflowHistory, options: RerunOptions, random = this.#random): WorkflowHistory {
    const { at, fromFailed = false, ...rest } = options;
    if (at < workflow.stoppedAt) throw new Error('A workflow cannot be rerun before it has ended.');
    if (at >= workflow.createdAt + WORKFLOW_LIFE) throw new Error('A workflow of 90 days cannot be rerun.');
    const shared = fromFailed
      ? workflow.jobs.filter((job) => job.status === 'success' && job.stoppedAt <= at)
      : [];
    return this.addWorkflow(
      workflow.pipeline,
      {
        stoppedAt: at + 5 * MINUTE,
        name: workflow.name,
        jobs: Math.max(workflow.jobs.length, shared.length + 1),
        ...rest,
        createdAt: at,
        rerunOf: workflow,
        shared,
      },
      random,
    );
  }

  #project(slug: string | undefined): ProjectHistory {
    const project = slug === undefined ? this.projects[0] : this.projects.find((one) => one.slug === slug);
    if (project === undefined)
      throw new Error(`No project ${slug}; there are ${this.projects.map((one) => one.slug)}`);
    return project;
  }

  /** An id is drawn in any case, so that the rest of the history does not hang on who is in it. */
  #somebody(random: Random): string {
    const id = random.uuid();
    return this.#people[hash(id) % this.#people.length] ?? id;
  }

  #nextJobNumber(project: ProjectHistory): number {
    const number = (this.#jobNumbers.get(project) ?? 0) + 1;
    this.#jobNumbers.set(project, number);
    return number;
  }
}

/** Ids hang on the slug, so that a project is the same in every world that has it. */
function projectOf(seed: number, options: ProjectOptions): ProjectHistory {
  const organization = options.slug.split('/').slice(0, 2).join('/');
  return {
    id: createRandom(seed, `project ${options.slug}`).uuid(),
    slug: options.slug,
    formerSlugs: options.formerSlugs ?? [],
    renamedAt: options.renamedAt ?? Number.NEGATIVE_INFINITY,
    organizationId: createRandom(seed, `organization ${organization}`).uuid(),
    followed: options.followed ?? true,
    pipelines: [],
  };
}
