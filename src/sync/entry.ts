/** A pass over a list on its way from the newest pipeline down. All times here are milliseconds since 1970. */
export interface Walk {
  /** Start of the run that began the walk. */
  readonly started: number;
  /** `created_at` of the oldest pipeline visited so far. */
  readonly oldest: number;
  /** Whether it looks back over the whole rerun window. */
  readonly deep: boolean;
}

/** An interrupted backfill of pipelines created in [start, end). */
export interface RangeWalk {
  /** Inclusive; by `created_at`, as `end` is. */
  readonly start: number;
  /** Exclusive; undefined: no end. */
  readonly end: number | undefined;
  /** Start of the run that began the backfill. */
  readonly started: number;
  /** `created_at` of the oldest pipeline visited so far. */
  readonly oldest: number;
}

/** What is remembered of one stream in one project. Immutable: the sync folds what it visits into new entries. */
export interface Entry {
  /** Start of the last completed sync. */
  readonly since: number | undefined;
  /** How far back the stream has been read. */
  readonly from: number | undefined;
  /** Start of the last completed sync that looked back over the whole rerun window. */
  readonly deep: number | undefined;
  /** A walk that was interrupted, or the one under way. */
  readonly walk: Walk | undefined;
  /** The like of a backfill, which takes no notice of `walk`. */
  readonly range: RangeWalk | undefined;
  /** Pipelines that can still change though no look-back will find them: id -> `created_at`. */
  readonly open: ReadonlyMap<string, number>;
}

/** What is known of a stream that was never read. */
export const emptyEntry: Entry = {
  since: undefined,
  from: undefined,
  deep: undefined,
  walk: undefined,
  range: undefined,
  open: new Map(),
};

/** The times that bound one run of one project, the same for all its streams. */
export interface Bounds {
  /** Start of the run by the server's clock. */
  readonly now: number;
  /** What was created before is not looked for. */
  readonly startDate: number;
  /** What was created then or later is not looked for; undefined: no end. */
  readonly endDate: number | undefined;
  /** What was created within so many milliseconds before the last sync is looked at again. */
  readonly lookback: number;
  /** Milliseconds between two deep look-backs; undefined: there are none. */
  readonly deepEvery: number | undefined;
  /** Milliseconds for which all of a new item may still change: younger ones are read again in every run. */
  readonly young: number;
  /** Milliseconds for which an item may be rerun; a deep look-back reaches so far. */
  readonly rerunWindow: number;
  /** A backfill: everything created in [startDate, endDate), whatever `since` says. */
  readonly range: boolean;
}
