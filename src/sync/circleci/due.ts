import type { Row } from '../../http/pagination.js';
import { parseTimestamp } from '../../time.js';
import { marginOf, type Need, settle } from '../need.js';
import type { CircleCISettings } from './bounds.js';

/** Statuses that a workflow no longer leaves; others, also unknown ones, are taken for open. */
const terminal = new Set(['success', 'failed', 'error', 'canceled', 'unauthorized', 'not_run']);
/** States of a pipeline that is still to be set up. */
const beforeSetup = new Set(['pending', 'setup-pending']);

function isTerminal(workflow: Row): boolean {
  return typeof workflow.status === 'string' && terminal.has(workflow.status);
}

/** Whether the workflow has been over for so long that its jobs have ended too. */
export function isWorkflowSettled(workflow: Row, now: number): boolean {
  const stopped = parseTimestamp(workflow.stopped_at);
  return isTerminal(workflow) && stopped !== undefined && stopped < now - settle;
}

/** Whether the pipeline has left the states in which it waits to be set up. */
export function isSetUp(pipeline: Row): boolean {
  return typeof pipeline.state !== 'string' || !beforeSetup.has(pipeline.state);
}

/** Whether rows of the workflow may have changed since the time in `need`. */
export function isWorkflowDue(workflow: Row, need: Need): boolean {
  if (need === 'all' || !isTerminal(workflow)) return true;
  const created = parseTimestamp(workflow.created_at);
  const stopped = parseTimestamp(workflow.stopped_at);
  // A terminal workflow without stopped_at tells nothing about when it ended.
  if (created === undefined || stopped === undefined) return true;
  const margin = marginOf(need);
  return created >= margin || stopped >= margin;
}

/** Statuses of a job that has run and not succeeded. */
const failed = new Set(['failed', 'infrastructure_fail', 'timedout', 'terminated-unknown']);

/** Whether the settings want the logs of a job. */
export function wantsLogs({ logJobs }: Pick<CircleCISettings, 'logJobs'>, { status }: Row): boolean {
  return logJobs === 'all' || (typeof status === 'string' && failed.has(status));
}

/** Whether the settings keep a test result; what is neither a success nor skipped is worth a look. */
export function keepsResult(
  { testResultsKept }: Pick<CircleCISettings, 'testResultsKept'>,
  { result }: Row,
): boolean {
  return testResultsKept === 'all' || (result !== 'success' && result !== 'skipped');
}

/** Whether what hangs below a job may have changed since the time in `need`: it is whole when the job has stopped. */
export function isJobDue(job: Row, need: Need): boolean {
  if (need === 'all') return true;
  const stopped = parseTimestamp(job.stopped_at);
  return stopped === undefined || stopped >= marginOf(need);
}

/** Whether the pipeline's own row may have changed since the time in `need`. */
export function isPipelineDue(pipeline: Row, need: Need): boolean {
  if (need === 'all') return true;
  // CircleCI did not move updated_at on reruns when this was written, and nowhere says that it never will.
  const updated = parseTimestamp(pipeline.updated_at);
  return updated !== undefined && updated >= marginOf(need);
}

/** The latest of `created` and the times that the rows have in `column`. */
export function newestOf(rows: readonly Row[], column: string, created: number): number {
  return rows.reduce((newest, row) => Math.max(newest, parseTimestamp(row[column]) ?? newest), created);
}
