import type { PipelineRow } from './rows.js';
import { DAY } from './rows.js';

/**
 * What will have happened: written once, ahead of time. Rows are views of it at a time (views.ts).
 * Times are epoch milliseconds; undefined means never.
 */
export interface JobHistory {
  readonly id: string;
  readonly name: string;
  readonly type: 'build' | 'approval';
  /** A job that never runs (not_run, canceled before it began) has no start. */
  startedAt: number | undefined;
  stoppedAt: number;
  /** Status from stoppedAt on. */
  status: string;
  /** Given when the job starts; approval jobs have none, nor have jobs canceled before they began. */
  readonly number: number | undefined;
  readonly dependencies: readonly JobHistory[];
  /** The row says `started_at: null` before the start rather than leaving it out. */
  readonly nullStart: boolean;
  /** The 2026 API lists what each upstream job has to have ended with. */
  readonly requires: boolean;
  readonly approvedBy: string | undefined;
  readonly canceledBy: string | undefined;
}

export interface WorkflowHistory {
  readonly pipeline: PipelineHistory;
  readonly id: string;
  name: string;
  readonly createdAt: number;
  /** `queued` until then. */
  queuedUntil: number | undefined;
  /** From here on the status is the final one. */
  readonly stoppedAt: number;
  status: string;
  /** Shown between the first failed job and the end. */
  readonly openStatus: string;
  holdFrom: number | undefined;
  approvedAt: number | undefined;
  /** When `stopped_at` shows: with the status, later, or never (Infinity). */
  readonly stopShownAt: number;
  readonly jobs: JobHistory[];
  readonly startedBy: string;
  readonly canceledBy: string | undefined;
  readonly erroredBy: string | undefined;
  readonly tag: string | null | undefined;
  readonly autoRerun: { number: number; most: number } | undefined;
  readonly rerunOf: WorkflowHistory | undefined;
  /** From here on the row is listed without its id, and with other nulls. */
  readonly nullIdFrom: number | undefined;
}

export interface PipelineHistory {
  readonly project: ProjectHistory;
  readonly id: string;
  number: number;
  readonly createdAt: number;
  /** In no list, and 404 by id, until then. */
  readonly visibleAt: number;
  /** The last state has no end. In order of time. */
  states: readonly { readonly state: string; readonly from: number }[];
  readonly workflows: WorkflowHistory[];
  /** What does not change: errors, trigger, trigger_parameters, vcs. */
  readonly rest: Pick<PipelineRow, 'errors' | 'trigger'> & Partial<PipelineRow>;
  /** What is left of its children once they have expired. */
  readonly expired: 'kept' | 'empty' | 'not found' | 'null ids' | 'jobs not found';
}

export interface ProjectHistory {
  readonly id: string;
  /** The first is the one in the answers, the others lead to it. */
  readonly slug: string;
  readonly formerSlugs: readonly string[];
  /** Until then the first former slug is the project's name, and the new one is unknown. */
  readonly renamedAt: number;
  readonly organizationId: string;
  readonly followed: boolean;
  readonly pipelines: PipelineHistory[];
}

/** Held and running workflows are canceled at 90 days, and a workflow can be rerun until then (workflows.adoc). */
export const WORKFLOW_LIFE = 90 * DAY;
/** Retention of the free plan is 90 days; a little later, so that what may still change has not expired. */
export const EXPIRED_PIPELINE_AGE = 100 * DAY;
export const EXPIRED_WORKFLOW_AGE = 95 * DAY;

/** The last moment at which a view of the workflow or of its jobs changes, expiry aside. */
export function lastChangeOfWorkflow(workflow: WorkflowHistory): number {
  const shown = Number.isFinite(workflow.stopShownAt) ? workflow.stopShownAt : workflow.stoppedAt;
  return workflow.jobs.reduce(
    (latest, job) => Math.max(latest, job.stoppedAt),
    Math.max(workflow.stoppedAt, shown),
  );
}

export function lastChangeOfPipeline(pipeline: PipelineHistory): number {
  const states = pipeline.states.reduce((latest, { from }) => Math.max(latest, from), pipeline.visibleAt);
  return pipeline.workflows.reduce(
    (latest, workflow) => Math.max(latest, lastChangeOfWorkflow(workflow)),
    states,
  );
}
