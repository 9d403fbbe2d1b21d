import { day } from '../../time.js';
import type { Bounds } from '../entry.js';
import { settle } from '../need.js';
import { type SyncSettings, yearBefore } from '../settings.js';

/** What the sync of Buildkite's organizations needs of the configuration. */
export interface BuildkiteSettings extends SyncSettings {
  /** Days that every run looks back over. */
  readonly lookbackDays: number;
  /** Days that the deep look-back reaches. */
  readonly deepDays: number;
  /** Days between two deep look-backs; 0: there are none. */
  readonly deepEveryDays: number;
  /** Slugs; undefined: all that the token sees. */
  readonly organizations: readonly string[] | undefined;
  /** Which pipelines are read. */
  readonly pipelines: (organization: string, slug: string) => boolean;
  /** Slugs of those that are named one by one. */
  readonly namedPipelines: (organization: string) => readonly string[];
  /** Bytes of a log's end that are kept. */
  readonly jobLogTailBytes: number;
  /** Names of the variables whose values are kept. */
  readonly envAllow: ReadonlySet<string>;
}

/** The bounds of a run of one organization that started at `now`. */
export function boundsOf(settings: BuildkiteSettings, now: number): Bounds {
  const { startDate, endDate, lookbackDays, deepDays, deepEveryDays, range } = settings;
  return {
    now,
    startDate: startDate ?? yearBefore(now),
    endDate,
    lookback: lookbackDays * day,
    deepEvery: deepEveryDays === 0 ? undefined : deepEveryDays * day,
    // Filters find what ends later, so that nothing but the margin is read again.
    young: settle,
    rerunWindow: deepDays * day,
    range,
  };
}
