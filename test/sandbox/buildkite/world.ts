import { Clock } from '../clock.js';
import { createRandom } from '../random.js';
import type { BuildkiteAnswer } from './answers.js';
import { finishedAt, phaseOfBuild } from './build-rows.js';
import { BuildkiteBuilder } from './builder.js';
import type { BuildOptions, JobOptions, PipelineOptions, RetryOptions } from './builder-options.js';
import type { BuildkiteCoins } from './coins.js';
import { tossBuildkiteCoins } from './coins.js';
import { generateBuildkite } from './generate.js';
import type { BuildHistory, JobHistory, OrganizationHistory, PipelineHistory } from './history.js';
import { lastChangeOfOrganization } from './history.js';
import type { BuildkiteRequest, BuildkiteSource, Holdings } from './holdings.js';
import type { BuildkiteWorldOptions, ResolvedBuildkiteOptions } from './options.js';
import { resolveBuildkiteOptions } from './options.js';
import type { Sequence } from './paging.js';
import { sequence } from './paging.js';
import type { BuildFilter } from './query.js';
import { respond } from './respond.js';
import { SECOND } from './time.js';
import type { BuildkiteTruth, TruthOptions } from './truth.js';
import { truthOf } from './truth.js';

export type { BuildkiteAnswer } from './answers.js';
export type { BuildkiteRequest } from './holdings.js';
export type { Row } from './identity.js';
export type { BuildkiteWorldOptions } from './options.js';
export { plantedSecrets } from './secrets.js';

/** A Buildkite with a past and a future: what it shows is a function of its history and of `now`. */
export function createBuildkiteWorld(options: BuildkiteWorldOptions = {}): BuildkiteWorld {
  return new BuildkiteWorld(resolveBuildkiteOptions(options));
}

export class BuildkiteWorld extends Clock implements Holdings, BuildkiteSource {
  readonly options: ResolvedBuildkiteOptions;
  readonly seed: number;
  readonly coins: BuildkiteCoins;
  /** Slugs. */
  readonly organizations: readonly string[];
  readonly #builder: BuildkiteBuilder;
  #index: Index | undefined;

  constructor(options: ResolvedBuildkiteOptions) {
    const { seed, now, tickMs } = options;
    const coins = tossBuildkiteCoins(createRandom(seed, 'coins'), options.coins);
    super({ seed, now, tickMs, date: coins.date });
    this.options = options;
    this.seed = seed;
    this.coins = coins;
    this.organizations = options.organizations;
    this.#builder = new BuildkiteBuilder(options);
    if (options.builds > 0) generateBuildkite(this.#builder, options, this.coins);
  }

  // The history by hand. What is written must not change what has already been shown.

  addPipeline(options: PipelineOptions): PipelineHistory {
    return this.#written(() => this.#builder.addPipeline(options));
  }

  renamePipeline(pipeline: PipelineHistory, options: { slug: string; at: number }): void {
    this.#written(() => this.#builder.renamePipeline(pipeline, options));
  }

  addBuild(options: BuildOptions): BuildHistory {
    return this.#written(() => this.#builder.addBuild(options));
  }

  addJob(build: BuildHistory, options: JobOptions): JobHistory {
    return this.#written(() => this.#builder.addJob(build, options));
  }

  finishBuild(build: BuildHistory, options: { at: number; state?: string }): void {
    this.#written(() => this.#builder.finishBuild(build, options));
  }

  retryJob(job: JobHistory, options: RetryOptions): JobHistory {
    return this.#written(() => this.#builder.retryJob(job, options));
  }

  blockBuild(build: BuildHistory, options: { at: number; state?: string; label?: string }): JobHistory {
    return this.#written(() => this.#builder.blockBuild(build, options));
  }

  unblockBuild(build: BuildHistory, options: { at: number; finishedAt?: number; state?: string }): void {
    this.#written(() => this.#builder.unblockBuild(build, options));
  }

  /** The whole history, for tests that look for one of its kinds. */
  get history(): readonly OrganizationHistory[] {
    return this.#builder.organizations;
  }

  /** From then on nothing changes any more. */
  get quietFrom(): number {
    return this.#ready().quietFrom;
  }

  /** Answers GET of path and query below the base URL, as the API would for a good token. */
  get(pathAndQuery: string, request: BuildkiteRequest = {}): BuildkiteAnswer {
    this.#ready();
    return respond(this, pathAndQuery, request);
  }

  /** What the API shows now, by stream name, and by the key columns joined with a space. */
  truth(options: TruthOptions = {}): BuildkiteTruth {
    this.#ready();
    return truthOf(this, options);
  }

  builds(
    organization: OrganizationHistory,
    pipeline: PipelineHistory | undefined,
    filter: BuildFilter,
  ): Sequence<BuildHistory> {
    const { quietFrom, newestFirst } = this.#ready();
    const view = { now: this.now, coins: this.coins, quietFrom };
    const builds = (newestFirst.get(organization) ?? []).filter((build) => {
      const { createdAt } = build;
      if (createdAt > this.now || (pipeline !== undefined && build.pipeline !== pipeline)) return false;
      if (createdAt < filter.createdFrom || createdAt >= filter.createdTo) return false;
      if (filter.states !== undefined && !this.#isIn(build, filter.states)) return false;
      const finished = filter.finishedFrom === undefined ? undefined : finishedAt(build, view);
      return filter.finishedFrom === undefined || (finished !== undefined && finished >= filter.finishedFrom);
    });
    return sequence(builds);
  }

  build(pipeline: PipelineHistory, number: number): BuildHistory | undefined {
    return pipeline.builds.find((build) => build.number === number && build.createdAt <= this.now);
  }

  #isIn(build: BuildHistory, states: ReadonlySet<string>): boolean {
    const { state, blocked } = phaseOfBuild(build, this.now);
    if (blocked !== true) return states.has(state);
    return states.has('blocked') || (this.coins.blockedFilter === 'also its state' && states.has(state));
  }

  #written<Written>(write: () => Written): Written {
    this.#index = undefined;
    return write();
  }

  #ready(): Index {
    this.#index ??= indexed(this.history, this.coins);
    return this.#index;
  }
}

/** Sorted once, not for every request. */
interface Index {
  readonly newestFirst: ReadonlyMap<OrganizationHistory, readonly BuildHistory[]>;
  readonly quietFrom: number;
}

function indexed(organizations: readonly OrganizationHistory[], { withinSecond }: BuildkiteCoins): Index {
  const finest = withinSecond === 'any order' ? SECOND : 1;
  const timeOf = ({ createdAt }: BuildHistory) => Math.floor(createdAt / finest);
  const newestFirst = new Map<OrganizationHistory, readonly BuildHistory[]>();
  for (const organization of organizations) {
    const { pipelines } = organization;
    for (const { builds } of pipelines) giveNumbers(builds);
    const builds = pipelines.flatMap((pipeline) => pipeline.builds);
    newestFirst.set(
      organization,
      builds.sort((one, other) => timeOf(other) - timeOf(one) || (one.id < other.id ? -1 : 1)),
    );
  }
  const quietFrom = organizations
    .map(lastChangeOfOrganization)
    .reduce((one, other) => Math.max(one, other), 0);
  return { newestFirst, quietFrom };
}

/** What has a number keeps it. There are gaps. */
function giveNumbers(builds: readonly BuildHistory[]): void {
  let last = builds.reduce((most, { number }) => Math.max(most, number), 0);
  const fresh = builds.filter(({ number }) => number === 0);
  for (const build of fresh.sort((one, other) => one.createdAt - other.createdAt)) {
    last += build.id.startsWith('0') ? 2 : 1;
    build.number = last;
  }
}
