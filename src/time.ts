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
 *
 * Not date-fns' parseISO, which reads the settings: it takes several times as long, and every date of every row comes
 * through here; it knows neither Buildkite's `UTC` nor lower case; and it takes what no row should hold, such as a time
 * without an offset, by the time zone of this machine.
 */
export function parseTimestamp(value: unknown): number | undefined {
  if (typeof value !== 'string' || !rfc3339.test(value)) return undefined;
  const time = Date.parse(value);
  return Number.isNaN(time) || !dayExists(value) ? undefined : time;
}

// Date.parse alone would find a date in nearly everything that has a number in it.
const imfFixdate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * Milliseconds since 1970 of an HTTP date such as `Sun, 06 Nov 1994 08:49:37 GMT`; undefined for anything else.
 * Of the three forms in https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7 the two that are obsolete are not read.
 */
export function parseHttpDate(value: string | undefined): number | undefined {
  if (value === undefined || !imfFixdate.test(value)) return undefined;
  const time = Date.parse(value);
  // Date.parse takes 30 February for 2 March, and NaN for a month that is none.
  return new Date(time).getUTCDate() === Number(value.slice(5, 7)) ? time : undefined;
}

/** As Singer's bookmarks have it: `YYYY-MM-DDTHH:MM:SS.ffffffZ`. */
export function formatTimestamp(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, -1)}000Z`;
}

/** The UTC date of a time, as people read it: `YYYY-MM-DD`. */
export function formatDate(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}

/** The beginning of the second in which a time lies, both in milliseconds since 1970. */
export function secondOf(milliseconds: number): number {
  return Math.floor(milliseconds / second) * second;
}

/** The last millisecond of the second in which a time lies: whatever is ordered by whole seconds has it no finer. */
export function endOfSecond(milliseconds: number): number {
  return secondOf(milliseconds) + second - 1;
}

/** A length of time in words, rounded up: `40 s`, `12 min`, `2.5 h`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 2 * minute) return `${Math.ceil(milliseconds / second)} s`;
  if (milliseconds < 2 * hour) return `${Math.ceil(milliseconds / minute)} min`;
  return `${Math.ceil(milliseconds / (hour / 10)) / 10} h`;
}

// Date.parse takes 30 February for 2 March.
function dayExists(text: string): boolean {
  const date = Number(text.slice(8, 10));
  if (date <= 28) return true;
  const year = Number(text.slice(0, 4));
  const month = Number(text.slice(5, 7));
  return date <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}
