import type { Row } from './identity.js';

/** A state, from a time on until the next one. */
export interface Phase {
  readonly state: string;
  readonly from: number;
  /** Of a build: it waits at a block step. Its state goes on to say what the jobs before have come to. */
  readonly blocked?: boolean;
  /** Of a build: a job was retried after the end. */
  readonly reopened?: boolean;
}

export type JobType = 'script' | 'waiter' | 'manual' | 'trigger';

/**
 * What will have happened: written once, ahead of time. Rows are views of it at a time.
 * Times are epoch milliseconds.
 */
export interface JobHistory {
  readonly build: BuildHistory;
  readonly id: string;
  readonly type: JobType;
  readonly name: string | null;
  readonly stepKey: string | null;
  readonly groupKey: string | null;
  readonly createdAt: number;
  phases: Phase[];
  /** Shown from the end on. */
  exitStatus: number | null;
  softFailed: boolean;
  signalReason: string | null;
  readonly parallel: { readonly index: number; readonly total: number } | undefined;
  readonly matrix: unknown;
  readonly agent: AgentHistory | undefined;
  readonly artifacts: number;
  /** Whether anything was printed. */
  readonly isSilent: boolean;
  /** The attempt before this one, and how this one came about. */
  readonly retryOf: JobHistory | undefined;
  readonly retryType: 'manual' | 'automatic' | null;
  readonly attempt: number;
  retriedIn: JobHistory | undefined;
  triggered: BuildHistory | undefined;
  readonly isAsync: boolean;
}

export interface AnnotationHistory {
  readonly id: string;
  readonly context: string;
  readonly style: string | null;
  readonly job: JobHistory | undefined;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface BuildHistory {
  readonly pipeline: PipelineHistory;
  readonly id: string;
  /** Given when the history is read: ascending with the time of creation. */
  number: number;
  readonly createdAt: number;
  phases: Phase[];
  readonly jobs: JobHistory[];
  readonly annotations: AnnotationHistory[];
  /** Members that do not change: message, commit, branch, author, creator, pull_request, source, … */
  readonly rest: Row;
  readonly hasSecrets: boolean;
  readonly triggeredBy: JobHistory | undefined;
}

export interface PipelineHistory {
  readonly organization: OrganizationHistory;
  readonly id: string;
  readonly createdAt: number;
  archivedAt: number | undefined;
  /** In order of time; the first from the creation on. */
  readonly slugs: { readonly slug: string; readonly from: number }[];
  readonly builds: BuildHistory[];
  readonly schedules: readonly ScheduleHistory[];
}

export interface ScheduleHistory {
  readonly id: string;
  readonly label: string;
  readonly createdAt: number;
  readonly isEnabled: boolean;
}

export interface AgentHistory {
  readonly organization: OrganizationHistory;
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  /** connected, stopping, disconnected, lost. */
  readonly connections: Phase[];
  readonly queue: QueueHistory;
  /** Registered long ago: its row still has the access_token of the recordings of 2015. */
  readonly isOld: boolean;
  readonly jobs: JobHistory[];
}

export interface QueueHistory {
  readonly id: string;
  readonly key: string;
}

export interface ClusterHistory {
  readonly id: string;
  readonly name: string;
  readonly queues: readonly QueueHistory[];
}

export interface TeamHistory {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
  readonly createdAt: number;
  /** Positions among the members of the organization. */
  readonly members: readonly number[];
  readonly pipelines: { readonly pipeline: PipelineHistory; readonly accessLevel: string }[];
}

export interface SuiteHistory {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly tests: number;
  readonly runs: RunHistory[];
}

export interface RunHistory {
  readonly id: string;
  readonly build: BuildHistory;
  readonly createdAt: number;
  readonly finishedAt: number;
  readonly result: string;
}

export interface OrganizationHistory {
  readonly id: string;
  readonly slug: string;
  readonly createdAt: number;
  readonly pipelines: PipelineHistory[];
  readonly members: number;
  readonly clusters: readonly ClusterHistory[];
  readonly agents: readonly AgentHistory[];
  readonly teams: readonly TeamHistory[];
  readonly suites: readonly SuiteHistory[];
}

/** States after which a build does nothing by itself; a retried job may bring it back all the same. */
export const finishedStates: ReadonlySet<string> = new Set([
  'passed',
  'failed',
  'canceled',
  'skipped',
  'not_run',
]);

export const endedJobStates: ReadonlySet<string> = new Set([
  'passed',
  'failed',
  'canceled',
  'timed_out',
  'expired',
  'skipped',
  'broken',
  'unblocked',
  'waiting_failed',
  'blocked_failed',
]);

export function phaseAt(phases: readonly Phase[], now: number): Phase | undefined {
  return phases.findLast((phase) => phase.from <= now);
}

/** When the latest phase of that kind began, of those up to now. */
export function latest(
  phases: readonly Phase[],
  now: number,
  isIt: (phase: Phase) => boolean,
): number | undefined {
  return phases.findLast((phase) => phase.from <= now && isIt(phase))?.from;
}

export function slugAt(pipeline: PipelineHistory, now: number): string {
  const name = pipeline.slugs.findLast(({ from }) => from <= now) ?? pipeline.slugs[0];
  if (name === undefined) throw new Error('A pipeline without a slug.');
  return name.slug;
}

/** The last moment at which any row of it changes by itself. */
export function lastChangeOfBuild(build: BuildHistory): number {
  const times = [
    ...build.phases.map((phase) => phase.from),
    ...build.jobs.flatMap((job) => [job.createdAt, ...job.phases.map((phase) => phase.from)]),
    ...build.annotations.map((annotation) => annotation.updatedAt),
  ];
  return times.reduce((last, time) => Math.max(last, time), build.createdAt);
}

export function lastChangeOfOrganization(organization: OrganizationHistory): number {
  const { pipelines, agents, suites } = organization;
  const times = [
    ...pipelines.flatMap((pipeline) => [
      pipeline.createdAt,
      pipeline.archivedAt ?? 0,
      ...pipeline.slugs.map((slug) => slug.from),
      ...pipeline.builds.map(lastChangeOfBuild),
    ]),
    ...agents.flatMap((agent) => agent.connections.map((phase) => phase.from)),
    ...suites.flatMap((suite) => suite.runs.map((run) => run.finishedAt)),
  ];
  return times.reduce((last, time) => Math.max(last, time), 0);
}
