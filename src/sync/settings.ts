import { day } from '../time.js';
import type { Bounds } from './entry.js';

/** What the sync needs of the configuration. Times in milliseconds since 1970. */
export interface SyncSettings {
  /** Undefined: one year before the run. */
  readonly startDate: number | undefined;
  readonly endDate: number | undefined;
  readonly lookbackDays: number;
  /** 0: never. */
  readonly deepEveryDays: number;
  /** Read exactly [startDate, endDate), whatever the bookmarks say. */
  readonly range: boolean;
}

/** The bounds of a run of one project that started at `now`. */
export function boundsOf(settings: SyncSettings, now: number): Bounds {
  return {
    now,
    startDate: settings.startDate ?? yearBefore(now),
    endDate: settings.endDate,
    lookback: settings.lookbackDays * day,
    deepEvery: settings.deepEveryDays === 0 ? undefined : settings.deepEveryDays * day,
    range: settings.range,
  };
}

/** The default of start_date, in milliseconds since 1970. */
export function yearBefore(now: number): number {
  const date = new Date(now);
  date.setUTCFullYear(date.getUTCFullYear() - 1);
  return date.getTime();
}
