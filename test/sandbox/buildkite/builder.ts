import type { Random } from '../random.js';
import { createRandom } from '../random.js';
import type { BuildOptions, JobOptions, PipelineOptions, RetryOptions } from './builder-options.js';
import type { BuildHistory, JobHistory, OrganizationHistory, PipelineHistory } from './history.js';
import { endedJobStates, finishedStates, phaseAt, slugAt } from './history.js';
import { derivedId } from './identity.js';
import type { ResolvedBuildkiteOptions } from './options.js';
import { organizationOf, shareWithTeams } from './organization.js';
import { exitStatusOf, phasesOfBuild, phasesOfJob } from './plan.js';
import { textsOfBuild } from './texts.js';
import { DAY, MINUTE, SECOND } from './time.js';

/** Writes histories, by hand or for the generator. */
export class BuildkiteBuilder {
  readonly organizations: OrganizationHistory[];
  readonly #random: Random;
  readonly #seed: number;
  readonly #start: number;

  constructor(options: ResolvedBuildkiteOptions) {
    const { seed, start, end, features } = options;
    this.#seed = seed;
    this.#start = start;
    this.#random = createRandom(seed, 'history by hand');
    this.organizations = options.organizations.map((slug) =>
      organizationOf({ slug, seed, start, end, features }),
    );
    for (const organization of this.organizations)
      for (const slug of options.pipelines) this.addPipeline({ organization: organization.slug, slug });
  }

  addPipeline(options: PipelineOptions): PipelineHistory {
    const organization = this.#organization(options.organization);
    const position = organization.pipelines.length;
    const createdAt = options.createdAt ?? this.#start - (300 - position) * DAY;
    const id = derivedId(`pipeline ${this.#seed} ${organization.slug} ${options.slug}`);
    const pipeline: PipelineHistory = {
      organization,
      id,
      createdAt,
      archivedAt: options.archivedAt,
      slugs: [{ slug: options.slug, from: createdAt }],
      builds: [],
      schedules: Array.from({ length: position % 3 }, (_, index) => ({
        id: derivedId(`schedule ${id} ${index}`),
        label: ['Nightly build', 'Weekly audit'][index] as string,
        createdAt: createdAt + (index + 1) * MINUTE,
        isEnabled: index === 0,
      })),
    };
    organization.pipelines.push(pipeline);
    shareWithTeams(pipeline);
    return pipeline;
  }

  renamePipeline(pipeline: PipelineHistory, options: { slug: string; at: number }): void {
    pipeline.slugs.push({ slug: options.slug, from: options.at });
  }

  addBuild(options: BuildOptions, random = this.#random): BuildHistory {
    const pipeline = this.#pipeline(options.organization, options.pipeline);
    const createdAt = Math.floor(options.createdAt);
    const plan = phasesOfBuild({ ...options, createdAt });
    const build: BuildHistory = {
      pipeline,
      id: random.uuid(),
      number: 0,
      createdAt,
      phases: plan.phases,
      jobs: [],
      annotations: [],
      rest: { ...textsOfBuild(random, pipeline, options.triggeredBy), ...options.rest },
      hasSecrets: options.hasSecrets ?? true,
      triggeredBy: options.triggeredBy,
    };
    pipeline.builds.push(build);
    const jobs = options.jobs ?? (plan.startedAt === undefined ? 0 : 2);
    const plans: readonly JobOptions[] =
      typeof jobs === 'number' ? Array.from({ length: jobs }, (): JobOptions => ({})) : jobs;
    const finishedAt = plan.finishedAt;
    const failed = build.phases.at(-1)?.state === 'failed';
    for (const [index, job] of plans.entries()) {
      // Of a failed build whose jobs were not told, the last one has failed.
      const spoils = failed && typeof jobs === 'number' && index === plans.length - 1;
      const state = job.state ?? (finishedAt === undefined ? 'running' : spoils ? 'failed' : undefined);
      this.addJob(
        build,
        {
          startedAt: plan.startedAt,
          ...(finishedAt === undefined ? {} : { finishedAt }),
          ...job,
          ...(state === undefined ? {} : { state }),
        },
        random,
      );
    }
    this.#reopenAsTold(build, options, random);
    return build;
  }

  addJob(build: BuildHistory, options: JobOptions, random = this.#random): JobHistory {
    const type = options.type ?? 'script';
    const createdAt = Math.floor(options.createdAt ?? build.createdAt);
    const phases = phasesOfJob({ ...options, type, createdAt });
    const last = phases.at(-1)?.state as string;
    const { agents } = build.pipeline.organization;
    const hasRun = type === 'script' && phases.some((phase) => phase.state === 'running');
    const position = build.jobs.length;
    const job: JobHistory = {
      build,
      id: random.uuid(),
      type,
      name: options.name === undefined ? `Step ${position + 1}` : options.name,
      stepKey: options.stepKey ?? null,
      groupKey: options.groupKey ?? null,
      createdAt,
      phases,
      exitStatus: options.exitStatus === undefined ? exitStatusOf(last) : options.exitStatus,
      softFailed: options.softFailed ?? false,
      signalReason: options.signalReason ?? null,
      parallel: options.parallel,
      matrix: options.matrix ?? null,
      agent: hasRun && agents.length > 0 ? random.pick(agents) : undefined,
      artifacts: options.artifacts ?? (hasRun ? random.pick([0, 0, 1, 2]) : 0),
      isSilent: options.isSilent ?? false,
      retryOf: options.retryOf,
      retryType: options.retryType ?? null,
      attempt: (options.retryOf?.attempt ?? -1) + 1,
      retriedIn: undefined,
      triggered: options.triggered,
      isAsync: options.isAsync ?? false,
    };
    build.jobs.push(job);
    job.agent?.jobs.push(job);
    return job;
  }

  /** A new attempt. Once the build has finished it runs again, until `finishedAt`. */
  retryJob(job: JobHistory, options: RetryOptions, random = this.#random): JobHistory {
    const { build } = job;
    const at = Math.floor(options.at);
    const phase = phaseAt(job.phases, at);
    if (job.retriedIn !== undefined) throw new Error('A job is retried once; retry the new attempt.');
    if (phase === undefined || !endedJobStates.has(phase.state)) throw new Error('The job has not ended.');
    const state = options.state ?? 'passed';
    const { finishedAt = at + 5 * MINUTE } = options;
    const isOpen = options.state === 'running';
    const attempt = this.addJob(
      build,
      {
        name: job.name,
        ...(job.stepKey === null ? {} : { stepKey: job.stepKey }),
        ...(job.parallel === undefined ? {} : { parallel: job.parallel }),
        matrix: job.matrix,
        createdAt: at,
        startedAt: at + 2 * SECOND,
        ...(isOpen ? {} : { finishedAt }),
        state,
        retryOf: job,
        retryType: options.automatic === true ? 'automatic' : 'manual',
      },
      random,
    );
    job.retriedIn = attempt;
    const before = phaseAt(build.phases, at);
    if (before !== undefined && finishedStates.has(before.state) && before.blocked !== true) {
      this.#change(build, { state: 'running', from: at, reopened: true });
      if (!isOpen) this.finishBuild(build, { at: finishedAt + SECOND });
    }
    return attempt;
  }

  /** Ends an open build, and what runs in it. Without `state` the latest attempts of its jobs decide. */
  finishBuild(build: BuildHistory, options: { at: number; state?: string }): void {
    const at = Math.floor(options.at);
    for (const job of build.jobs) {
      const last = job.phases.at(-1);
      if (job.type === 'manual' || last === undefined || last.state !== 'running' || last.from > at) continue;
      // A trigger job may show `running` for ever.
      if (job.type === 'trigger' && job.triggered !== undefined) continue;
      const state = options.state === 'failed' || options.state === 'canceled' ? options.state : 'passed';
      job.phases.push({ state, from: at });
      job.exitStatus = exitStatusOf(state);
    }
    const failed = build.jobs.some(
      (job) => job.retriedIn === undefined && !job.softFailed && phaseAt(job.phases, at)?.state === 'failed',
    );
    this.#change(build, { state: options.state ?? (failed ? 'failed' : 'passed'), from: at });
  }

  /** The build comes to a block step: it shows what its jobs have come to, and that it is blocked. */
  blockBuild(build: BuildHistory, options: { at: number; state?: string; label?: string }): JobHistory {
    this.finishBuild(build, { at: options.at, ...(options.state ? { state: options.state } : {}) });
    const blocked = build.phases.pop();
    if (blocked === undefined) throw new Error('A build without a state.');
    build.phases.push({ ...blocked, blocked: true });
    return this.addJob(build, { type: 'manual', name: options.label ?? 'Release?', state: 'blocked' });
  }

  /** Somebody clicks on the block step; a job runs until `finishedAt`, and the build ends. */
  unblockBuild(build: BuildHistory, options: { at: number; finishedAt?: number; state?: string }): void {
    const at = Math.floor(options.at);
    const manual = build.jobs.find((job) => job.phases.at(-1)?.state === 'blocked');
    if (manual === undefined) throw new Error('Nothing in the build is blocked.');
    manual.phases.push({ state: 'unblocked', from: at });
    this.#change(build, { state: 'running', from: at });
    const finishedAt = Math.floor(options.finishedAt ?? at + 5 * MINUTE);
    if (options.state === 'running') return;
    this.addJob(build, {
      name: 'Release',
      createdAt: at,
      startedAt: at + SECOND,
      finishedAt: finishedAt - SECOND,
      state: options.state === 'failed' ? 'failed' : 'passed',
    });
    this.finishBuild(build, { at: finishedAt, ...(options.state ? { state: options.state } : {}) });
  }

  #reopenAsTold(build: BuildHistory, options: BuildOptions, random: Random): void {
    if (options.reopenedAt === undefined) return;
    const job = build.jobs.findLast((one) => one.type === 'script');
    if (job === undefined) throw new Error('A build is reopened by a job that is retried.');
    this.retryJob(
      job,
      { at: options.reopenedAt, ...(options.refinishedAt ? { finishedAt: options.refinishedAt } : {}) },
      random,
    );
  }

  #change(build: BuildHistory, phase: BuildHistory['phases'][number]): void {
    const last = build.phases.at(-1);
    if (last !== undefined && last.from > phase.from)
      throw new Error(`The build is told to be ${last.state} later than to be ${phase.state}.`);
    build.phases.push(phase);
  }

  #organization(slug: string | undefined): OrganizationHistory {
    const found =
      slug === undefined ? this.organizations[0] : this.organizations.find((one) => one.slug === slug);
    if (found === undefined) throw new Error(`No organization ${slug}.`);
    return found;
  }

  #pipeline(organization: string | undefined, slug: string | undefined): PipelineHistory {
    const { pipelines } = this.#organization(organization);
    const named = (pipeline: PipelineHistory) =>
      pipeline.slugs.some((one) => one.slug === slug) || slugAt(pipeline, 0) === slug;
    const found = slug === undefined ? pipelines[0] : pipelines.find(named);
    if (found === undefined) throw new Error(`No pipeline ${slug}.`);
    return found;
  }
}
