import type { JsonObject } from '../../json.js';

// Of the statuses of https://circleci.com/docs/api/v2, those before a job ends and those of a job that never starts.
const withoutRun: readonly unknown[] = [
  'running',
  'queued',
  'not_running',
  'blocked',
  'on_hold',
  'not_run',
  'unauthorized',
];

/**
 * Whether a job has run and ended: only those have details, steps, tests and artifacts. Approvals have none of them
 * even when they have a number (https://github.com/Kesin11/CIAnalyzer/issues/1120).
 */
export function hasRun(job: JsonObject | undefined): boolean {
  return job?.type !== 'approval' && typeof job?.job_number === 'number' && !withoutRun.includes(job.status);
}
