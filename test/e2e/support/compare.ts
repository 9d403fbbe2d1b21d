import type { Expected, Table } from './expected.js';
import { isObject, keyOf } from './expected.js';
import type { Row } from './services.js';

/** A way in which a target's rows look different without being so. Each with the reason, and with as little as can be. */
export interface Representation {
  readonly what: string;
  readonly why: string;
  /** What the target makes of a row of the tap. */
  readonly stored?: (row: Row, table: Table) => Row;
  /** What is meant by a row as it is read back. */
  readonly meant?: (row: Row, table: Table) => Row;
}

/** What a destination holds, by stream. */
export type Held = ReadonlyMap<string, readonly Row[]>;

export interface Comparison {
  readonly representations: readonly Representation[];
  /** Streams whose rows stay when the service no longer shows them, each with the reason. */
  readonly outlived: Readonly<Record<string, string>>;
}

/**
 * Every difference between what a destination should hold and what it does, a line each:
 * `jobs 1f8e… 77a0…: status is "running" instead of "success"`.
 */
export function differencesBetween(expected: Expected, held: Held, comparison: Comparison): string[] {
  return [...expected].flatMap(([stream, table]) => {
    const { representations, outlived } = comparison;
    const rows = new Map<string, Row>();
    const found: string[] = [];
    for (const raw of held.get(stream) ?? []) {
      const row = representations.reduce((one, { meant }) => meant?.(one, table) ?? one, raw);
      const key = keyOf(table.key, row);
      if (rows.has(key)) found.push(`${stream} ${key}: is there twice`);
      rows.set(key, row);
      if (!table.rows.has(key) && !(stream in outlived)) found.push(`${stream} ${key}: should not be there`);
    }
    for (const [key, record] of table.rows) {
      const wanted = representations.reduce((one, { stored }) => stored?.(one, table) ?? one, record);
      const row = rows.get(key);
      if (row === undefined) found.push(`${stream} ${key}: missing`);
      else found.push(...columnsThatDiffer(wanted, row).map((what) => `${stream} ${key}: ${what}`));
    }
    return found;
  });
}

function columnsThatDiffer(wanted: Row, held: Row): string[] {
  return [...new Set([...Object.keys(wanted), ...Object.keys(held)])].flatMap((name) => {
    const [one, other] = [canonical(wanted[name]), canonical(held[name])];
    return one === other ? [] : [`${name} is ${other} instead of ${one}`];
  });
}

/** JSON with sorted members. */
export function canonical(value: unknown): string {
  if (value === undefined) return 'absent';
  return JSON.stringify(value, (_, member: unknown) =>
    isObject(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

/** The differences for a reader: how many there are of each stream, and the first of them. */
export function report(differences: readonly string[]): string {
  const byStream = new Map<string, string[]>();
  for (const line of differences) {
    const [stream = ''] = line.split(' ');
    byStream.set(stream, [...(byStream.get(stream) ?? []), line]);
  }
  const counts = [...byStream].map(([stream, lines]) => `${lines.length} of ${stream}`);
  const shown = [...byStream.values()].flatMap((lines) => [
    ...lines.slice(0, mostShown).map((line) => (line.length > 500 ? `${line.slice(0, 500)}…` : line)),
    ...(lines.length > mostShown ? [`… and ${lines.length - mostShown} more`] : []),
  ]);
  return [`Differences: ${counts.length === 0 ? 'none' : counts.join(', ')}`, ...shown].join('\n');
}

const mostShown = 8;

/** @throws Error that lists them, if there are any */
export function expectNone(differences: readonly string[]): void {
  if (differences.length > 0) throw new Error(report(differences));
}
