/** Lengths of time in milliseconds. */
export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

// Buildkite also writes `2013-09-03 13:24:38 UTC`: https://buildkite.com/docs/apis/rest-api/pipelines
const rfc3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:?\d\d| UTC)$/;

/**
 * Milliseconds since 1970 of a date-time as RFC 3339 has it, or with `UTC` behind it; digits below the millisecond are cut.
 * Undefined for anything else, so that a date that does not exist never turns into another one.
 */
export function parseTimestamp(value: unknown): number | undefined {
  if (typeof value !== 'string' || !rfc3339.test(value)) return undefined;
  const time = Date.parse(value);
  return Number.isNaN(time) || !dayExists(value) ? undefined : time;
}

/** The last millisecond of the second that a time is in: whatever orders by whole seconds has it no finer. */
export function endOfSecond(milliseconds: number): number {
  return Math.floor(milliseconds / second) * second + second - 1;
}

/** As Singer's bookmarks have it: `YYYY-MM-DDTHH:MM:SS.ffffffZ`. */
export function formatTimestamp(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, -1)}000Z`;
}

// Date.parse takes 30 February for 2 March.
function dayExists(text: string): boolean {
  const date = Number(text.slice(8, 10));
  if (date <= 28) return true;
  const year = Number(text.slice(0, 4));
  const month = Number(text.slice(5, 7));
  return date <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}
