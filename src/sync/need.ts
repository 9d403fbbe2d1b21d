import { hour, secondOf } from '../time.js';
import type { Bounds, Entry } from './entry.js';

/** Jobs may end later than what they belong to, which is settled when it has been over for this long. */
export const settle = hour;

/** From this time on something may have happened that the sync which began at `since` did not see. */
export function marginOf(since: number): number {
  // Times of CircleCI's workflows are whole seconds, and so are those of Buildkite's filters.
  return secondOf(since) - settle;
}

/** What is to be written of a pipeline: all its rows, or those that may have changed since a time. */
export type Need = 'all' | number;

/** Whether this run has to look back over the whole rerun window. */
export function isDeepDue(entry: Entry, bounds: Bounds): boolean {
  if (entry.deep === undefined) return false;
  // One that was begun is finished, whatever clock and settings say by then.
  if (entry.walk?.deep === true) return true;
  // A look-back over the whole window is deep in every run.
  if (bounds.lookback >= bounds.rerunWindow) return true;
  if (bounds.deepEvery === undefined) return false;
  return bounds.now - entry.deep >= bounds.deepEvery;
}

function isBeforeFrom(created: number, entry: Entry, bounds: Bounds): boolean {
  return entry.from !== undefined && created >= bounds.startDate && created < entry.from;
}

/**
 * What the stream asks of a pipeline that the walk meets; undefined: nothing.
 * - All rows: of open pipelines, of those that were never read (no bookmark yet, or older than `from` though not
 *   than start_date), and of those created since the last sync, with the margin for late set-ups.
 * - Rows that may have changed since the last sync: of pipelines within the look-back.
 * - Rows that may have changed since the last deep sync: of pipelines that were within the rerun window then,
 *   when the next deep sync is due.
 */
export function needOf(id: string, created: number, entry: Entry, bounds: Bounds): Need | undefined {
  if (bounds.endDate !== undefined && created >= bounds.endDate) return undefined;
  if (created < bounds.startDate) return undefined;
  if (bounds.range || entry.since === undefined || entry.open.has(id)) return 'all';
  if (created >= entry.since - bounds.young || isBeforeFrom(created, entry, bounds)) return 'all';
  // The older of the two wins: it writes all that the other would, also after lookback_days was raised.
  if (entry.deep !== undefined && isDeepDue(entry, bounds) && created >= entry.deep - bounds.rerunWindow) {
    return Math.min(entry.deep, entry.since);
  }
  return created >= entry.since - bounds.lookback ? entry.since : undefined;
}

/** Oldest `created_at` that the look-back alone asks for, whatever `start_date` says. */
export function lookbackFloor(since: number, entry: Entry, bounds: Bounds): number {
  const shallow = since - Math.max(bounds.young, bounds.lookback);
  return entry.deep !== undefined && isDeepDue(entry, bounds)
    ? Math.min(shallow, entry.deep - bounds.rerunWindow)
    : shallow;
}

/** Oldest `created_at` that the stream asks for; the pass goes on until a whole page is older. */
export function floorOf(entry: Entry, bounds: Bounds): number {
  if (bounds.range || entry.since === undefined) return bounds.startDate;
  if (entry.from !== undefined && bounds.startDate < entry.from) return bounds.startDate;
  return Math.max(bounds.startDate, lookbackFloor(entry.since, entry, bounds));
}
