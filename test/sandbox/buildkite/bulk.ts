import type { BuildkiteAnswer } from './answers.js';
import type { BuildkiteCoins } from './coins.js';
import { plainBuildkiteCoins } from './coins.js';
import type { BuildHistory, JobHistory, OrganizationHistory, PipelineHistory } from './history.js';
import type { BuildkiteRequest, BuildkiteSource, Holdings } from './holdings.js';
import { derivedDigits, derivedId, userRow } from './identity.js';
import type { ResolvedBuildkiteOptions } from './options.js';
import { resolveBuildkiteOptions } from './options.js';
import { organizationOf } from './organization.js';
import type { Sequence } from './paging.js';
import type { BuildFilter } from './query.js';
import { respond } from './respond.js';
import { HOUR, MINUTE, SECOND } from './time.js';

export interface BuildkiteBulkOptions {
  builds: number;
  /** Of each build. */
  jobs: number;
  seed?: number;
  organization?: string;
  pipeline?: string;
  /** Epoch ms: the clock, which only moves when told to; two hours after the newest build. Default 2026-06-01. */
  now?: number;
  /** Between one build and the next. Default 7 seconds. */
  spacingMs?: number;
  coins?: Partial<BuildkiteCoins>;
  scopes?: readonly string[];
  /** Default: no limit. */
  deepestBuild?: number;
  heaviestPage?: number;
}

/** A settled history of any size in no memory: every row is made from its number when it is asked for. */
export function createBuildkiteBulkWorld(options: BuildkiteBulkOptions): BuildkiteBulkWorld {
  return new BuildkiteBulkWorld(options);
}

const DURATION = 10 * MINUTE;

export class BuildkiteBulkWorld implements Holdings, BuildkiteSource {
  readonly seed: number;
  readonly coins: BuildkiteCoins;
  readonly options: ResolvedBuildkiteOptions;
  readonly organizations: readonly string[];
  readonly history: readonly OrganizationHistory[];
  readonly counts: { readonly builds: number; readonly jobs: number };
  readonly quietFrom: number;
  now: number;
  readonly #jobs: number;
  readonly #newest: number;
  readonly #spacing: number;

  constructor(options: BuildkiteBulkOptions) {
    const { builds, jobs, seed = 1, organization = 'acme', pipeline = 'monorepo' } = options;
    this.seed = seed;
    this.coins = { ...plainBuildkiteCoins, ...options.coins };
    this.now = options.now ?? Date.UTC(2026, 5, 1);
    this.#jobs = jobs;
    this.#newest = this.now - 2 * HOUR;
    this.#spacing = options.spacingMs ?? 7 * SECOND;
    this.quietFrom = this.#newest + DURATION;
    this.counts = { builds, jobs: builds * jobs };
    const start = this.#newest - builds * this.#spacing;
    this.options = resolveBuildkiteOptions({
      seed,
      start,
      features: 'none',
      organizations: [organization],
      pipelines: [pipeline],
      deepestBuild: options.deepestBuild ?? Number.POSITIVE_INFINITY,
      ...(options.scopes === undefined ? {} : { scopes: options.scopes }),
      ...(options.heaviestPage === undefined ? {} : { heaviestPage: options.heaviestPage }),
    });
    this.organizations = [organization];
    const { features } = this.options;
    const holder = organizationOf({ slug: organization, seed, start, end: this.now, features });
    holder.pipelines.push({
      organization: holder,
      id: derivedId(`bulk pipeline ${seed}`),
      createdAt: start - HOUR,
      archivedAt: undefined,
      slugs: [{ slug: pipeline, from: start - HOUR }],
      builds: [],
      schedules: [],
    });
    this.history = [holder];
  }

  advance(milliseconds: number): void {
    this.now += milliseconds;
  }

  tick(): void {}

  date(): string | undefined {
    return this.coins.date === 'absent' ? undefined : new Date(this.now).toUTCString();
  }

  get(pathAndQuery: string, request: BuildkiteRequest = {}): BuildkiteAnswer {
    return respond(this, pathAndQuery, request);
  }

  builds(
    organization: OrganizationHistory,
    _pipeline: PipelineHistory | undefined,
    filter: BuildFilter,
  ): Sequence<BuildHistory> {
    const pipeline = organization.pipelines[0] as PipelineHistory;
    const isNone = filter.states !== undefined && !filter.states.has('passed');
    const finishedFrom = (filter.finishedFrom ?? Number.NEGATIVE_INFINITY) - DURATION;
    const oldest = this.#firstFrom(Math.max(filter.createdFrom, finishedFrom));
    const behind = this.#firstFrom(filter.createdTo);
    return {
      length: isNone ? 0 : Math.max(0, behind - oldest),
      at: (position) => this.#build(pipeline, behind - 1 - position),
    };
  }

  build(pipeline: PipelineHistory, number: number): BuildHistory | undefined {
    const isKnown = Number.isInteger(number) && number >= 1 && number <= this.counts.builds;
    return isKnown ? this.#build(pipeline, number - 1) : undefined;
  }

  /** Of the first build created at that time or later. */
  #firstFrom(time: number): number {
    const oldest = this.#newest - (this.counts.builds - 1) * this.#spacing;
    return Math.min(this.counts.builds, Math.max(0, Math.ceil((time - oldest) / this.#spacing)));
  }

  #build(pipeline: PipelineHistory, index: number): BuildHistory {
    const createdAt = this.#newest - (this.counts.builds - 1 - index) * this.#spacing;
    const id = derivedId(`bulk build ${this.seed} ${index}`);
    const build: BuildHistory = {
      pipeline,
      id,
      number: index + 1,
      createdAt,
      phases: [
        { state: 'creating', from: createdAt },
        { state: 'running', from: createdAt + 5 * SECOND },
        { state: 'passed', from: createdAt + DURATION },
      ],
      jobs: [],
      annotations: [],
      rest: {
        message: `TEAM-${index % 9999}: Speed up the browser tests (#${index % 50_000})`,
        commit: derivedDigits(id, 40),
        branch: `feature/TEAM-${index % 9999}-speed-up-the-browser-tests`,
        tag: null,
        source: 'webhook',
        creator: userRow(pipeline.organization.slug, index),
        pull_request: null,
        rebuilt_from: null,
      },
      hasSecrets: true,
      triggeredBy: undefined,
    };
    for (let position = 0; position < this.#jobs; position++) build.jobs.push(jobOf(build, position));
    return build;
  }
}

function jobOf(build: BuildHistory, position: number): JobHistory {
  const { agents } = build.pipeline.organization;
  const startedAt = build.createdAt + (10 + (position % 60)) * SECOND;
  return {
    build,
    id: derivedId(`${build.id} ${position}`),
    type: 'script',
    name: `:rspec: RSpec ${position}`,
    stepKey: `rspec-${position}`,
    groupKey: null,
    createdAt: build.createdAt,
    phases: [
      { state: 'scheduled', from: build.createdAt },
      { state: 'running', from: startedAt },
      { state: 'passed', from: startedAt + 8 * MINUTE },
    ],
    exitStatus: 0,
    softFailed: false,
    signalReason: null,
    parallel: undefined,
    matrix: null,
    agent: agents[position % agents.length],
    artifacts: 1,
    isSilent: false,
    retryOf: undefined,
    retryType: null,
    attempt: 0,
    retriedIn: undefined,
    triggered: undefined,
    isAsync: false,
  };
}
