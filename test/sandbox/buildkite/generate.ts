import type { Random } from '../random.js';
import { createRandom } from '../random.js';
import type { BuildkiteBuilder } from './builder.js';
import type { JobOptions } from './builder-options.js';
import type { BuildkiteCoins } from './coins.js';
import { generateExtras } from './generate-extras.js';
import type { BuildHistory, OrganizationHistory, PipelineHistory } from './history.js';
import { finishedStates, latest } from './history.js';
import type { ResolvedBuildkiteOptions } from './options.js';
import { DAY, HOUR, MINUTE, SECOND } from './time.js';

/** Writes a whole history, past and future, by seed. */
export function generateBuildkite(
  builder: BuildkiteBuilder,
  options: ResolvedBuildkiteOptions,
  coins: BuildkiteCoins,
): void {
  new Generator(builder, options, coins).run();
}

class Generator {
  readonly #builder: BuildkiteBuilder;
  readonly #options: ResolvedBuildkiteOptions;
  readonly #coins: BuildkiteCoins;
  readonly #random: Random;

  constructor(builder: BuildkiteBuilder, options: ResolvedBuildkiteOptions, coins: BuildkiteCoins) {
    this.#builder = builder;
    this.#options = options;
    this.#coins = coins;
    this.#random = createRandom(options.seed, 'history');
  }

  run(): void {
    const { start, end, builds } = this.#options;
    const random = this.#random;
    const { organizations } = this.#builder;
    for (const organization of organizations) this.#livesOfPipelines(organization);
    const times = Array.from({ length: builds }, () => Math.floor(random.between(start, end)));
    times.sort((one, other) => one - other);
    let last: number | undefined;
    for (const time of times) {
      const tie = this.#coins.ties === 'some' && last !== undefined && random.chance(0.2);
      const at: number = tie && last !== undefined ? this.#besides(last) : time;
      const alive = random.pick(organizations).pipelines.filter((pipeline) => isAlive(pipeline, at));
      if (alive.length > 0) this.#build(random.pick(alive), at);
      last = at;
    }
    generateExtras(organizations, this.#options.seed);
  }

  /** The same moment, or where that makes a difference another one of the same second. */
  #besides(time: number): number {
    if (this.#coins.withinSecond === 'newest first') return time;
    return Math.floor(time / SECOND) * SECOND + this.#random.integer(0, SECOND - 1);
  }

  #livesOfPipelines(organization: OrganizationHistory): void {
    const { start, end, features } = this.#options;
    const { slug, pipelines } = organization;
    const [first, second, third] = pipelines;
    const at = (share: number) => Math.floor(start + (end - start) * share);
    if (features.archivedPipelines && third !== undefined) third.archivedAt = at(2 / 3);
    if (features.renamedPipelines && second !== undefined && first !== undefined)
      this.#builder.renamePipeline(second, { slug: `${second.slugs[0]?.slug}-v2`, at: at(0.55) });
    if (features.latePipelines)
      this.#builder.addPipeline({ organization: slug, slug: 'late-comer', createdAt: at(0.5) });
  }

  #build(pipeline: PipelineHistory, createdAt: number): void {
    const random = this.#random;
    const { features } = this.#options;
    const place = placeOf(pipeline);
    const kind = random.next();
    if (features.oddEndings && kind < 0.12) {
      const state = random.pick(['skipped', 'not_run']);
      const finishedAt = createdAt + random.integer(500, 2 * MINUTE);
      this.#builder.addBuild({ ...place, createdAt, state, finishedAt, jobs: 0 }, random);
      return;
    }
    const startedAt = createdAt + random.integer(1, 60) * SECOND;
    const finishedAt = startedAt + this.#duration();
    if (features.oddEndings && kind < 0.2) {
      const jobs: JobOptions[] = [
        { state: 'canceled', exitStatus: -1, signalReason: 'cancel' },
        { state: 'passed' },
      ];
      const times = { createdAt, startedAt, finishedAt };
      this.#builder.addBuild(
        { ...place, ...times, state: 'canceled', jobs, rest: { cancel_reason: 'enough' } },
        random,
      );
      return;
    }
    const failed = random.chance(0.3);
    const build = this.#builder.addBuild(
      {
        ...place,
        createdAt,
        startedAt,
        finishedAt,
        state: failed ? 'failed' : 'passed',
        jobs: this.#jobs(failed, startedAt, finishedAt),
      },
      random,
    );
    if ((features.blocks || features.longBlocks) && kind > 0.82) this.#block(build);
    else if (features.triggers && kind > 0.7) this.#trigger(build, startedAt, finishedAt);
    if (features.automaticRetries && random.chance(0.25)) this.#retryWithin(build);
    if (features.reopenings && random.chance(0.3)) this.#reopen(build);
  }

  #duration(): number {
    const random = this.#random;
    const durations = this.#options.features.slowBuilds
      ? [MINUTE, 5 * MINUTE, 5 * MINUTE, 20 * MINUTE, 3 * HOUR, 20 * HOUR, 2 * DAY]
      : [MINUTE, 5 * MINUTE];
    return Math.floor(random.pick(durations) * random.between(0.5, 1.5));
  }

  #jobs(failed: boolean, startedAt: number, finishedAt: number): JobOptions[] {
    const random = this.#random;
    const { features } = this.#options;
    const jobs: JobOptions[] = [{ name: null, stepKey: 'upload', artifacts: 0 }];
    if (features.waiters) jobs.push({ type: 'waiter', name: null });
    const step: JobOptions = { name: ':rspec: RSpec', stepKey: 'rspec', groupKey: 'tests' };
    if (features.parallelJobs && random.chance(0.4)) {
      for (let index = 0; index < 3; index++) jobs.push({ ...step, parallel: { index, total: 3 } });
      for (const ruby of ['3.3', '3.4']) jobs.push({ ...step, name: `Ruby ${ruby}`, matrix: { ruby } });
    } else jobs.push(step);
    if (features.oddJobs && random.chance(0.4)) {
      jobs.push(
        random.pick<JobOptions>([
          { name: 'lint', state: 'failed', exitStatus: 2, softFailed: true },
          { name: 'main only', state: 'broken' },
          { name: '', state: 'timed_out', signalReason: 'process_run_error' },
          { name: 'silent', isSilent: true },
        ]),
      );
    }
    if (failed) {
      const isLost = features.oddJobs && random.chance(0.2);
      const lost = isLost ? { exitStatus: -1, signalReason: 'agent_stop' } : {};
      jobs.push({ name: 'browser', stepKey: 'browser', state: 'failed', ...lost });
    }
    // One after another, but that the last one ends with the build.
    const span = finishedAt - startedAt;
    return jobs.map((job, index) => ({
      startedAt: startedAt + Math.floor((span * index) / (jobs.length + 1)),
      finishedAt:
        index === jobs.length - 1
          ? finishedAt
          : startedAt + Math.floor((span * (index + 1)) / (jobs.length + 1)),
      ...job,
    }));
  }

  /** The end of the build becomes a halt at a block step. */
  #block(build: BuildHistory): void {
    const random = this.#random;
    const { features, end } = this.#options;
    const halt = build.phases.pop();
    if (halt === undefined) return;
    this.#builder.blockBuild(build, { at: halt.from, state: halt.state });
    const isLong = features.longBlocks && (!features.blocks || random.chance(0.5));
    if (isLong && random.chance(0.4)) return;
    const wait = isLong ? random.between(7, 28) * DAY : random.between(MINUTE, 22 * HOUR);
    const at = Math.min(halt.from + wait, Math.max(halt.from + MINUTE, end + 30 * DAY));
    this.#builder.unblockBuild(build, { at, finishedAt: at + this.#duration() });
  }

  /** A job that starts a build of the last pipeline. */
  #trigger(build: BuildHistory, startedAt: number, finishedAt: number): void {
    const random = this.#random;
    const { features } = this.#options;
    const { organization } = build.pipeline;
    const target = organization.pipelines.find((pipeline) => pipeline.slugs[0]?.slug === 'deploy');
    if (target === undefined || target === build.pipeline) return;
    const at = Math.floor(startedAt + (finishedAt - startedAt) / 3);
    const until = Math.floor(startedAt + ((finishedAt - startedAt) * 2) / 3);
    const isAsync = random.chance(0.3);
    const failed = features.endlessTriggers && random.chance(0.4);
    const job = this.#builder.addJob(
      build,
      {
        type: 'trigger',
        name: 'Deploy to production',
        stepKey: 'deploy-production',
        startedAt: at,
        isAsync,
        // "stuck in the running state forever" once the triggered build has failed (_build_states.md).
        ...(failed && !isAsync
          ? { state: 'running' }
          : { finishedAt: isAsync ? at + SECOND : until + SECOND }),
      },
      random,
    );
    job.triggered = this.#builder.addBuild(
      {
        ...placeOf(target),
        createdAt: at,
        startedAt: Math.min(until, at + 300),
        finishedAt: until,
        state: failed ? 'failed' : 'passed',
        triggeredBy: job,
      },
      random,
    );
  }

  #retryWithin(build: BuildHistory): void {
    const random = this.#random;
    const end = latest(build.phases, Number.POSITIVE_INFINITY, ({ state }) => finishedStates.has(state));
    const job = build.jobs.find((one) => one.type === 'script' && one.name?.includes('RSpec'));
    const ended = job?.phases.at(-1)?.from;
    if (job === undefined || end === undefined || ended === undefined || end - ended < 10 * SECOND) return;
    job.phases.push({ state: 'failed', from: job.phases.pop()?.from ?? ended });
    job.exitStatus = 1;
    const at = ended + random.integer(1, 2) * SECOND;
    this.#builder.retryJob(job, { at, finishedAt: end - SECOND, automatic: true }, random);
  }

  #reopen(build: BuildHistory): void {
    const random = this.#random;
    for (let times = random.pick([1, 1, 2]); times > 0; times--) {
      const last = build.phases.at(-1);
      if (last === undefined || !finishedStates.has(last.state) || last.blocked === true) return;
      const candidates = build.jobs.filter((one) => one.type === 'script' && one.retriedIn === undefined);
      const job = candidates.find((one) => one.phases.at(-1)?.state === 'failed') ?? candidates.at(-1);
      if (job === undefined) return;
      const soon = random.chance(0.5);
      const wait = soon
        ? random.between(MINUTE, 3 * HOUR)
        : random.between(0.2, this.#options.reopeningDays) * DAY;
      const at = last.from + wait;
      const state = random.pick(['passed', 'passed', 'failed']);
      this.#builder.retryJob(job, { at, finishedAt: at + this.#duration(), state }, random);
    }
  }
}

function isAlive({ createdAt, archivedAt }: PipelineHistory, at: number): boolean {
  return createdAt <= at && (archivedAt === undefined || at < archivedAt);
}

function placeOf(pipeline: PipelineHistory): { organization: string; pipeline: string } {
  return { organization: pipeline.organization.slug, pipeline: pipeline.slugs[0]?.slug as string };
}
