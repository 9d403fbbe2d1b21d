import type { JsonObject } from '../../json.js';

// https://buildkite.com/docs/pipelines/configure/defining-steps#build-states
const endedBuilds: readonly unknown[] = ['passed', 'failed', 'canceled', 'skipped', 'not_run'];

// https://buildkite.com/docs/pipelines/configure/defining-steps#job-states, without those that end a job.
const openJobs: readonly unknown[] = [
  'pending',
  'waiting',
  'waiting_failed',
  'blocked',
  'blocked_failed',
  'limiting',
  'limited',
  'platform_limiting',
  'platform_limited',
  'scheduled',
  'reserved',
  'assigned',
  'accepted',
  'running',
  'canceling',
  'timing_out',
];

/** Whether a build is in a state that it leaves only by a retry or an unblocked step; unknown ones are taken for open. */
export function hasEnded(build: JsonObject | undefined): boolean {
  return endedBuilds.includes(build?.state);
}

/** Whether a build has ended, or waits at a block step and may wait for ever. Either may go on later. */
export function isAtRest(build: JsonObject | undefined): boolean {
  return build?.blocked === true || hasEnded(build);
}

/** Whether a job is a command that has started and ended: only those have a log and an environment. */
export function hasRun(job: JsonObject | undefined): boolean {
  return job?.type === 'script' && typeof job.started_at === 'string' && !openJobs.includes(job.state);
}
