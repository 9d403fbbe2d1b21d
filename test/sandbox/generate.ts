import type { HistoryBuilder, WorkflowOptions } from './builder.js';
import type { Coins } from './coins.js';
import type { PipelineHistory, WorkflowHistory } from './history.js';
import { WORKFLOW_LIFE } from './history.js';
import type { ResolvedOptions } from './options.js';
import type { Random } from './random.js';
import { createRandom } from './random.js';
import { DAY, HOUR, MINUTE, SECOND } from './rows.js';

/** A setup pipeline may be continued for 6 hours after its creation (dynamic-config.adoc l.57). */
const CONTINUATION = 5.9 * HOUR;

/** Writes a whole history, past and future, by seed. */
export function generate(builder: HistoryBuilder, options: ResolvedOptions, coins: Coins): void {
  new Generator(builder, options, coins).run();
}

class Generator {
  readonly #builder: HistoryBuilder;
  readonly #options: ResolvedOptions;
  readonly #coins: Coins;
  readonly #random: Random;

  constructor(builder: HistoryBuilder, options: ResolvedOptions, coins: Coins) {
    this.#builder = builder;
    this.#options = options;
    this.#coins = coins;
    this.#random = createRandom(options.seed, 'history');
  }

  run(): void {
    const { start, days, tailDays, pipelines, reruns, features } = this.#options;
    const random = this.#random;
    const end = start + (days + tailDays) * DAY;
    const events = [
      ...Array.from({ length: pipelines }, () => ({
        at: random.between(start, start + days * DAY),
        rerun: false,
      })),
      ...Array.from({ length: features.reruns ? reruns : 0 }, () => ({
        at: random.between(start, end),
        rerun: true,
      })),
    ].sort((one, other) => one.at - other.at);
    let last = { at: Number.NaN, project: '' };
    for (const { at, rerun } of events) {
      if (rerun) this.#someRerun(at);
      else {
        const tie = this.#coins.ties === 'some' && last.project !== '' && random.chance(0.15);
        last = tie ? last : { at: Math.floor(at), project: random.pick(this.#options.projects).slug };
        this.#pipeline(last.at, last.project);
      }
    }
    if (features.rerunChains) this.#rerunChains(end);
  }

  #pipeline(at: number, project: string): void {
    const random = this.#random;
    const { features, pageSize } = this.#options;
    const kind = random.next();
    const late = this.#coins.visibility === 'late' && random.chance(0.1);
    const pipeline = this.#builder.addPipeline(
      {
        project,
        createdAt: at,
        ...(late ? { visibleAt: at + random.between(MINUTE, 2 * HOUR) } : {}),
        ...(features.erroredPipelines && kind < 0.1 ? { state: 'errored' } : {}),
      },
      random,
    );
    if (kind < 0.1) {
      // An errored pipeline may still get workflows: from its setup config, or from another trigger rule.
      if (features.erroredPipelines && random.chance(0.5)) return;
      this.#workflow(
        pipeline,
        at + (features.erroredPipelines ? random.between(MINUTE, CONTINUATION) : SECOND),
      );
    } else if (kind < 0.18 && features.emptyPipelines) return;
    else if (kind < 0.33 && features.setupPipelines) this.#setup(pipeline);
    else if (kind < 0.37 && features.pendingPipelines) this.#pending(pipeline);
    else {
      const many = features.manyWorkflows && kind < 0.4;
      const count = many ? pageSize + random.integer(1, pageSize + 1) : random.pick([1, 1, 2]);
      for (let index = 0; index < count; index++)
        this.#workflow(pipeline, at + random.between(200, 3 * SECOND));
    }
  }

  /** The setup workflow ends before the real ones exist; some pipelines are never continued. */
  #setup(pipeline: PipelineHistory): void {
    const random = this.#random;
    const begun = pipeline.createdAt + random.between(SECOND, 5 * SECOND);
    const stoppedAt = begun + random.between(10 * SECOND, MINUTE);
    const continued = !random.chance(0.15);
    const soon = random.chance(0.5);
    const at = soon
      ? stoppedAt + random.between(0, 2 * SECOND)
      : random.between(stoppedAt, pipeline.createdAt + CONTINUATION);
    const status = continued ? 'success' : 'failed';
    this.#builder.addWorkflow(
      pipeline,
      { createdAt: begun, stoppedAt, status, name: 'setup', tag: 'setup', jobs: 1 },
      random,
    );
    pipeline.states = [
      { state: 'setup-pending', from: pipeline.createdAt },
      { state: 'setup', from: begun },
      ...(continued ? [{ state: 'created', from: at }] : []),
    ];
    if (!continued) return;
    for (let index = random.pick([1, 1, 2]); index > 0; index--)
      this.#workflow(pipeline, at + random.between(0, SECOND));
  }

  #pending(pipeline: PipelineHistory): void {
    const random = this.#random;
    const until =
      pipeline.createdAt +
      random.pick([20 * SECOND, 10 * MINUTE, 8 * HOUR, 2 * DAY]) * random.between(0.5, 1.5);
    pipeline.states = [
      { state: 'pending', from: pipeline.createdAt },
      { state: 'created', from: until },
    ];
    this.#workflow(pipeline, until + random.between(0, 2 * SECOND));
  }

  #workflow(pipeline: PipelineHistory, createdAt: number): WorkflowHistory {
    const workflow = this.#builder.addWorkflow(pipeline, this.#workflowOptions(createdAt), this.#random);
    if (this.#options.features.autoReruns && workflow.status === 'failed' && this.#random.chance(0.15)) {
      // "Auto reruns" start by themselves, at most 5 (automatic-reruns.adoc).
      const at = workflow.stoppedAt + this.#random.between(SECOND, 10 * SECOND);
      // None is started for a workflow that failed at the last moment of its 90 days.
      if (at >= createdAt + WORKFLOW_LIFE) return workflow;
      const rest = this.#workflowOptions(at);
      this.#builder.rerun(
        workflow,
        { ...rest, name: workflow.name, at, autoRerun: { number: 1, most: 2 } },
        this.#random,
      );
    }
    return workflow;
  }

  #workflowOptions(createdAt: number): WorkflowOptions {
    const random = this.#random;
    const { features, pageSize } = this.#options;
    const durations = features.slowWorkflows
      ? [MINUTE, 5 * MINUTE, HOUR, 2 * HOUR, 9 * HOUR]
      : [MINUTE, 5 * MINUTE];
    const duration = random.pick(durations) * random.between(0.5, 1.5);
    const many = features.manyJobs && random.chance(0.05);
    const options: WorkflowOptions = {
      createdAt,
      stoppedAt: createdAt + duration,
      status: random.pick(['success', 'success', 'failed']),
      name: random.pick(['build-and-test', 'nightly', 'release', 'Deploy ✈']),
      jobs: many ? pageSize + random.integer(1, pageSize + 1) : random.integer(1, 4),
    };
    const kind = random.next();
    if (features.holds && kind < 0.12) {
      const approvedAt = random.chance(0.7) ? createdAt + random.between(0.2, 89) * DAY : undefined;
      options.holdFrom = createdAt + MINUTE;
      options.approvedAt = approvedAt;
      options.stoppedAt = approvedAt === undefined ? undefined : approvedAt + duration;
      options.jobs = random.integer(2, 4);
    } else if (features.cancellations && kind < 0.28) {
      options.status = 'canceled';
      options.jobLag = random.between(0, 20 * MINUTE);
    } else if (features.oddStatuses && kind < 0.36) {
      options.status = random.pick(['error', 'unauthorized', 'not_run']);
      options.stoppedAt = createdAt + random.between(0, 2 * SECOND);
      options.jobs = random.integer(0, 2);
    } else if (features.oddStatuses && kind < 0.42) options.queuedUntil = createdAt + duration / 2;
    return { ...options, ...this.#shown(options) };
  }

  /** When stopped_at shows, and from when the id does not. */
  #shown(options: WorkflowOptions): Partial<WorkflowOptions> {
    const random = this.#random;
    const missing = this.#coins.stoppedAt !== 'with the status' && random.chance(0.25);
    const stoppedAt = options.stoppedAt ?? options.createdAt + WORKFLOW_LIFE;
    const never = this.#coins.stoppedAt === 'never';
    const nullId = this.#options.features.nullIdWorkflows && random.chance(0.03);
    return {
      ...(missing
        ? { stopShownAt: never ? Number.POSITIVE_INFINITY : stoppedAt + random.between(1, 15) * MINUTE }
        : {}),
      ...(nullId ? { nullIdFrom: options.createdAt + random.between(95, 110) * DAY } : {}),
    };
  }

  #someRerun(at: number): void {
    const candidates = this.#builder.workflows.filter(
      (workflow) => workflow.stoppedAt <= at && at < workflow.createdAt + WORKFLOW_LIFE,
    );
    if (candidates.length > 0) this.#rerun(this.#random.pick(candidates), at);
  }

  #rerun(workflow: WorkflowHistory, at: number): WorkflowHistory {
    const { features } = this.#options;
    const options = this.#workflowOptions(at);
    const fromFailed = features.rerunsFromFailed && workflow.status !== 'success' && this.#random.chance(0.7);
    const jobs = fromFailed ? workflow.jobs.length : (options.jobs ?? 1);
    return this.#builder.rerun(
      workflow,
      { ...options, jobs, name: workflow.name, at, fromFailed },
      this.#random,
    );
  }

  /** Each rerun lives for 90 days of its own, so a pipeline may change long after its own day 90. */
  #rerunChains(end: number): void {
    const random = this.#random;
    const roots = this.#builder.workflows.filter(
      (workflow) => workflow.stoppedAt < workflow.createdAt + 80 * DAY && workflow.createdAt + 60 * DAY < end,
    );
    for (let count = Math.ceil(roots.length / 40); count > 0 && roots.length > 0; count--) {
      let workflow = random.pick(roots);
      for (let link = random.integer(2, 3); link > 0; link--) {
        const latest = Math.min(end, workflow.createdAt + 89.9 * DAY);
        const earliest = Math.max(workflow.stoppedAt + MINUTE, latest - 25 * DAY);
        if (earliest >= latest) break;
        workflow = this.#rerun(workflow, random.between(earliest, latest));
      }
    }
  }
}
