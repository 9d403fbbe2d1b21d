import { day, hour, minute } from '../../time.js';
import type { Bounds } from '../entry.js';
import { type SyncSettings, yearBefore } from '../settings.js';

/** A setup pipeline may be continued for 6 hours; younger pipelines are read again in every run. */
export const young = 6 * hour + 10 * minute;
/** A workflow can be rerun until it is this old, and is cancelled then if it has not ended. */
export const rerunWindow = 90 * day;

/** What the sync of CircleCI's projects needs of the configuration. */
export interface CircleCISettings extends SyncSettings {
  /** Days that every run looks back over. */
  readonly lookbackDays: number;
  /** Days between two deep look-backs; 0: there are none. */
  readonly deepEveryDays: number;
  /** Jobs whose logs are read. */
  readonly logJobs: 'failed' | 'all';
  /** Bytes of a step's output that are kept, the last ones. */
  readonly logTailBytes: number;
  /** Test results that are written. */
  readonly testResultsKept: 'all' | 'failed';
}

/** The bounds of a run of one project that started at `now`. */
export function boundsOf(settings: CircleCISettings, now: number): Bounds {
  const { startDate, endDate, lookbackDays, deepEveryDays, range } = settings;
  return {
    now,
    startDate: startDate ?? yearBefore(now),
    endDate,
    lookback: lookbackDays * day,
    deepEvery: deepEveryDays === 0 ? undefined : deepEveryDays * day,
    young,
    rerunWindow,
    range,
  };
}
