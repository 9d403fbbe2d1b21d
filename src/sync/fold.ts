import { day } from '../time.js';
import { type Bounds, type Entry, emptyEntry, type RangeWalk } from './entry.js';
import { isDeepDue, lookbackFloor } from './need.js';

/** What a visit found out about a pipeline, for one stream. Times are milliseconds since 1970. */
export interface Finding {
  readonly id: string;
  readonly created: number;
  /** `failed`: something below it could not be read; `gone`: the API no longer shows it. */
  readonly outcome: 'read' | 'failed' | 'gone';
  /** Whether nothing but a rerun changes it or anything below it any more. */
  readonly settled: boolean;
  /** Creation of the newest workflow, or what stands for it. */
  readonly newest: number;
}

/** Whether a pipeline stays in, or comes into, the open list after a visit. */
export function staysOpen(finding: Finding, entry: Entry, bounds: Bounds): boolean {
  if (finding.outcome === 'failed') return true;
  if (finding.outcome === 'gone' || isGivenUp(finding, bounds)) return false;
  // `since` may lie ahead of a clock that went back; the next run's window begins at the later of the two.
  const windowStart = Math.max(bounds.now, entry.since ?? bounds.now) - bounds.young;
  return (!finding.settled && finding.created < windowStart) || isRerunnable(finding, bounds);
}

/** Older than any look-back reaches, and yet a rerun of its newest workflow is still allowed. */
export function isRerunnable({ created, newest }: Finding, bounds: Bounds): boolean {
  const windowStart = bounds.now - bounds.rerunWindow;
  return created < windowStart && newest >= windowStart;
}

/** Nothing can change it any more, a day of margin applied; worth a warning when it has not settled. */
export function isGivenUp(finding: Finding, bounds: Bounds): boolean {
  return finding.outcome === 'read' && finding.newest < bounds.now - bounds.rerunWindow - day;
}

/** The entry with which a run starts: a walk of which this end_date would pass over a part begins anew. */
export function startWalk(entry: Entry, { endDate, range }: Bounds): Entry {
  const { walk } = entry;
  const isPassedOver = !range && walk !== undefined && endDate !== undefined && endDate <= walk.oldest;
  return isPassedOver ? { ...entry, walk: undefined } : entry;
}

/** The entry after a visit whose rows are on stdout. `by` says which walk met the pipeline. */
export function foldVisit(
  entry: Entry,
  finding: Finding,
  bounds: Bounds,
  by: 'walk' | 'range' | 'open',
): Entry {
  return {
    ...entry,
    open: foldOpen(entry, finding, bounds),
    ...foldWalk(entry, finding.created, bounds, by),
  };
}

function foldOpen(entry: Entry, finding: Finding, bounds: Bounds): ReadonlyMap<string, number> {
  const stays = staysOpen(finding, entry, bounds);
  const hasFailed = finding.outcome === 'failed';
  if (stays === entry.open.has(finding.id) && !hasFailed) return entry.open;
  const open = new Map(entry.open);
  // What fails goes to the end, so that it cannot keep the others from being asked.
  open.delete(finding.id);
  if (stays) open.set(finding.id, finding.created);
  return open;
}

function foldWalk(
  entry: Entry,
  created: number,
  bounds: Bounds,
  by: 'walk' | 'range' | 'open',
): Partial<Entry> {
  if (by === 'open') return {};
  if (by === 'range') return { range: foldRange(entry, created, bounds) };
  // What end_date keeps this walk from seeing must not count as read when it is finished without that end.
  const begun = {
    started: Math.min(bounds.now, bounds.endDate ?? bounds.now),
    deep: isDeepDue(entry, bounds),
  };
  const { started, deep } = entry.walk ?? begun;
  return { walk: { started, oldest: Math.min(created, entry.walk?.oldest ?? created), deep } };
}

function foldRange(entry: Entry, created: number, bounds: Bounds): RangeWalk {
  const same = interruptedRange(entry, bounds);
  return {
    start: bounds.startDate,
    end: bounds.endDate,
    started: same?.started ?? bounds.now,
    oldest: Math.min(created, same?.oldest ?? created),
  };
}

/** The interrupted backfill that these bounds go on with: only the same one. */
export function interruptedRange({ range }: Entry, { startDate, endDate }: Bounds): RangeWalk | undefined {
  return range !== undefined && range.start === startDate && range.end === endDate ? range : undefined;
}

/** The entry after an interrupted walk has been finished. */
export function foldFinished(entry: Entry, bounds: Bounds): Entry {
  const started = entry.walk?.started ?? bounds.now;
  // What an end_date hides now has not been looked at since.
  const reached = Math.min(started, bounds.endDate ?? started);
  // A walk that did not look back 90 days leaves that to the one from the top that follows.
  const deep = entry.walk?.deep === true ? Math.max(reached, entry.deep ?? reached) : entry.deep;
  return { ...foldReached(entry, started, bounds), deep: deep ?? reached };
}

/** The entry after a walk from the top has passed the stream's floor. */
export function foldCaughtUp(entry: Entry, bounds: Bounds): Entry {
  // An end_date before the bookmark has kept a part of the 90 days out of sight.
  const isWhole = bounds.endDate === undefined || bounds.endDate >= (entry.since ?? bounds.endDate);
  const isDeep = isWhole && isDeepDue(entry, bounds);
  const deep = isDeep ? Math.max(bounds.now, entry.deep ?? bounds.now) : (entry.deep ?? bounds.now);
  return { ...foldReached(entry, bounds.now, bounds), deep };
}

function foldReached(entry: Entry, started: number, bounds: Bounds): Entry {
  const reached = Math.min(started, bounds.endDate ?? started);
  const since = Math.max(reached, entry.since ?? reached);
  return { ...entry, since, from: fromAfterWalk(entry, reached, bounds), walk: undefined };
}

function fromAfterWalk(entry: Entry, reached: number, bounds: Bounds): number {
  const { startDate } = bounds;
  if (entry.since === undefined || entry.from === undefined) return startDate;
  if (startDate < entry.from) {
    // What lies between an end_date and `from` has not been read, and there is no way to say so but to read again.
    return reached < entry.from ? entry.from : startDate;
  }
  // A later start_date cut the look-back short: what lies before it has not been kept up with, so that an
  // earlier start_date has to read it again.
  const wasCut = lookbackFloor(entry.since, entry, bounds) < startDate;
  return wasCut ? Math.max(entry.from, startDate) : entry.from;
}

/** The entry after a backfill has passed its start. */
export function foldRanged(entry: Entry, bounds: Bounds): Entry {
  const { startDate: start } = bounds;
  // Of an interrupted backfill the first part was read when it began.
  const started = interruptedRange(entry, bounds)?.started ?? bounds.now;
  const end = Math.min(bounds.endDate ?? started, started);
  const reachesFrom = entry.from === undefined || end >= entry.from;
  return {
    ...entry,
    since: entry.since ?? end,
    deep: entry.deep ?? end,
    from: reachesFrom ? Math.min(start, entry.from ?? start) : entry.from,
    range: undefined,
  };
}

/** The entry with which a FULL_TABLE stream starts: an interrupted pass is finished, a finished one forgotten. */
export function startFullTable(entry: Entry): Entry {
  const { open, range, walk } = entry;
  // A store that merges key by key may have brought an old bookmark back.
  return { ...emptyEntry, open, range, walk };
}

/** The entry that a completed FULL_TABLE pass leaves. */
export function endFullTable(entry: Entry): Entry {
  return { ...emptyEntry, open: entry.open, range: entry.range };
}
