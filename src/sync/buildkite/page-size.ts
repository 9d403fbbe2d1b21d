import { failedWith, type HttpError } from '../../errors.js';

/** How much is asked for at a time. */
export interface PageSize {
  /** Rows on a page. */
  readonly rows: number;
  /** Pages of that size that have been answered since it changed. */
  readonly answered: number;
}

/** After so many pages a larger one is tried again: what was heavy may have been passed. */
const patience = 8;

/** The size after a page was too heavy for the server; undefined when it cannot be smaller. */
export function smaller({ rows }: PageSize): PageSize | undefined {
  return rows === 1 ? undefined : { rows: Math.floor(rows / 2), answered: 0 };
}

/** The size after a page was answered. */
export function afterAnswer({ rows, answered }: PageSize, largest: number): PageSize {
  const isDue = answered + 1 >= patience && rows < largest;
  return isDue ? { rows: Math.min(largest, 2 * rows), answered: 0 } : { rows, answered: answered + 1 };
}

/** Whether less of the same may be answered. No answer at all is taken for too much, too: some servers just hang up. */
export function isTooMuch(error: unknown): error is HttpError {
  return failedWith(error, 'unreadable') && (error.isTooHeavy || error.status === undefined);
}
