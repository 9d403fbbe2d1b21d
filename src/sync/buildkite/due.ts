import type { Row } from '../../http/pagination.js';
import { isObject } from '../../json.js';
import { hasEnded } from '../../streams/buildkite/ended.js';
import { parseTimestamp } from '../../time.js';
import { marginOf, type Need, settle } from '../need.js';

/** The states by which open builds are asked for. */
export const openStates = ['creating', 'scheduled', 'running', 'failing', 'canceling'] as const;
/**
 * States of a job that ends by itself. A job that waits does so for ever when its build has ended, and so does a
 * trigger job whose build has failed: https://buildkite.com/docs/pipelines/configure/defining-steps#build-states
 */
const underWay = new Set(['reserved', 'assigned', 'accepted', 'running', 'canceling', 'timing_out']);
/** Columns of a build or a job that tell when something happened to it. */
const times = ['created_at', 'started_at', 'finished_at', 'unblocked_at', 'expired_at'];

function jobsOf({ jobs }: Row): Row[] {
  return Array.isArray(jobs) ? jobs.filter(isObject) : [];
}

/** When something last happened to a row itself; -Infinity when it does not say. */
function latestOf(row: Row): number {
  const known = times.map((column) => parseTimestamp(row[column])).filter((time) => time !== undefined);
  return Math.max(...known, Number.NEGATIVE_INFINITY);
}

/** Whether the build, or any job of it, may have changed since the time in `need`. */
export function isBuildDue(build: Row, need: Need): boolean {
  if (need === 'all' || !hasEnded(build)) return true;
  // Without its end, or without its jobs, a build does not tell when it changed.
  if (parseTimestamp(build.finished_at) === undefined || !Array.isArray(build.jobs)) return true;
  return Math.max(latestOf(build), ...jobsOf(build).map(latestOf)) >= marginOf(need);
}

/** Whether what hangs below a job may have changed since the time in `need`. */
export function isJobDue(job: Row, need: Need): boolean {
  return need === 'all' || parseTimestamp(job.finished_at) === undefined || latestOf(job) >= marginOf(need);
}

/** Whether the build and its jobs have been over for so long that nothing but a retry changes them. */
export function isBuildSettled(build: Row, now: number): boolean {
  const jobs = jobsOf(build);
  const isUnderWay = ({ type, state }: Row) => type === 'script' && underWay.has(String(state));
  // Somebody may unblock a build after months; it is among the open ones then, or among those that finished.
  const isOver = hasEnded(build) || build.state === 'blocked';
  if (!isOver || jobs.some(isUnderWay)) return false;
  return Math.max(latestOf(build), ...jobs.map(latestOf)) < now - settle;
}

/** Whether the build ended at or after a time, or does not say when. */
export function hasFinishedSince(build: Row, time: number): boolean {
  const finished = parseTimestamp(build.finished_at);
  return finished === undefined || finished >= time;
}
