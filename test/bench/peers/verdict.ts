import type { Truth } from '../../sandbox/source.js';
import type { Destination } from '../../support/destination.js';

export const streams = ['pipelines', 'workflows', 'jobs'] as const;
export type Stream = (typeof streams)[number];

/** Rows that the API shows, by what the destination has of them. */
export interface Verdict {
  readonly right: number;
  readonly missing: number;
  /** There, but not as the API shows it. */
  readonly stale: number;
}

/**
 * Judges what a destination holds of a stream by the columns that it has: what a tap does not read is not held against
 * it. A row counts once: where a tap's key is too short to tell two rows apart, the other one is missing.
 */
export function judge(
  destination: Destination,
  truth: Truth,
  stream: Stream,
  keyProperties: readonly string[],
): Verdict {
  const found = { right: 0, missing: 0, stale: 0 };
  const judged = new Set<string>();
  for (const row of truth[stream].values()) {
    const columns = new Map<string, unknown>(Object.entries(row));
    const key = keyProperties.map((name) => columns.get(name)).join(' ');
    const held = judged.has(key) ? undefined : destination.stream(stream).get(key);
    judged.add(key);
    if (held === undefined) found.missing++;
    else if (agrees(held, row)) found.right++;
    else found.stale++;
  }
  return found;
}

export function total(verdicts: readonly Verdict[]): Verdict {
  const sum = (name: keyof Verdict) => verdicts.reduce((before, verdict) => before + verdict[name], 0);
  return { right: sum('right'), missing: sum('missing'), stale: sum('stale') };
}

/** Whether two values are equal, in objects by the members that both have. */
function agrees(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => agrees(item, other[index]));
  }
  if (isObject(one) && isObject(other)) {
    return Object.entries(one).every(([name, value]) => !(name in other) || agrees(value, other[name]));
  }
  return normal(one) === normal(other);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const dateTime = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** Taps write the same time with more digits, or with another name of the zone. */
function normal(value: unknown): unknown {
  return typeof value === 'string' && dateTime.test(value) ? new Date(value).toISOString() : value;
}
