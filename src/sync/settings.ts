/** What the sync of either source needs of the configuration. Times in milliseconds since 1970. */
export interface SyncSettings {
  /** Undefined: one year before the run. */
  readonly startDate: number | undefined;
  /** Exclusive; undefined: no end. */
  readonly endDate: number | undefined;
  /** Read exactly [startDate, endDate), whatever the bookmarks say. */
  readonly range: boolean;
}

/** The default of start_date, in milliseconds since 1970. */
export function yearBefore(now: number): number {
  const date = new Date(now);
  date.setUTCFullYear(date.getUTCFullYear() - 1);
  return date.getTime();
}
