import { loadSchema } from '../../src/singer/schema.js';
import { compileTransform } from '../../src/singer/transform.js';
import type { StreamDefinition } from '../../src/streams/define.js';
import { streams } from '../../src/streams/index.js';
import { masked } from '../../src/sync/buildkite/masked.js';
import { plainLog } from '../../src/sync/plain-log.js';
import type { Destination } from './destination.js';

type Row = Readonly<Record<string, unknown>>;

/**
 * Columns that are as last read: a new name of the pipeline changes them without a trace; and where a build is too
 * heavy to bring its jobs, their own list leaves out `group_key`.
 */
const asLastRead = new Set([
  'group_key',
  'step_name',
  ...[
    'url',
    'web_url',
    'build_url',
    'log_url',
    'raw_log_url',
    'artifacts_url',
    'download_url',
    'unblock_url',
  ],
  ...['pipeline_slug', 'triggered_build', 'triggered_from', 'rebuilt_from'],
]);

/** By stream, then by key. */
export type Rows = ReadonlyMap<string, ReadonlyMap<string, Row>>;

const silent = { unknownField: () => {}, nulRemoved: () => {} };

function definitionOf(stream: string): StreamDefinition {
  const definition = streams.find(({ name }) => name === stream);
  if (definition === undefined) throw new Error(`There is no stream ${stream}.`);
  return definition;
}

/** Makes of a row of the API what a target should hold: the values of variables are starred. */
export function expectedOf(stream: string): (row: Row) => Row {
  const { schema, rows } = definitionOf(stream);
  const transform = compileTransform(loadSchema(schema), silent);
  const made = (row: Row) => (isMade.has(stream) ? row : (rows?.(row, {})[0] ?? row));
  return (row) => transform(masked(rowOf(stream, made(row)), new Set()));
}

/** Streams of which the sandbox's truth has what becomes of an answer, not the answer. */
const isMade = new Set(['pipeline_values', 'job_steps']);

/** A log as people read it; the sandbox has it as it was written. */
function rowOf(stream: string, row: Row): Row {
  const { text, content } = row;
  if (stream === 'job_logs') {
    // Half an emoji is no character of UTF-8, which a log is cut in.
    const written = Buffer.from(String(text));
    return { ...row, content: plainLog(written.toString()), size: written.length, truncated: false };
  }
  return stream === 'buildkite_job_logs'
    ? { ...row, content: plainLog(String(content)), truncated: false }
    : row;
}

/** `<stream> <key>` of what the API shows and the destination lacks or holds in another form, with the columns. */
export function lacking(destination: Destination, truth: Rows, names: readonly string[]): string[] {
  const found: string[] = [];
  for (const stream of names) {
    const expected = expectedOf(stream);
    const injected = Object.keys(definitionOf(stream).foreignKeys ?? {});
    for (const [key, row] of truth.get(stream) ?? []) {
      const held = destination.stream(stream).get(key);
      if (held === undefined) found.push(`${stream} ${key}: missing`);
      else {
        const wanted = expected(row);
        // Columns from above that the truth does not know are checked by those that it does.
        const known = (name: string) => !asLastRead.has(name) && (!injected.includes(name) || name in wanted);
        found.push(...columnsThatDiffer(wanted, held, known).map((what) => `${stream} ${key}: ${what}`));
      }
    }
  }
  return found;
}

function columnsThatDiffer(expected: Row, held: Row, isCompared: (name: string) => boolean): string[] {
  const names = new Set([...Object.keys(expected), ...Object.keys(held)]);
  return [...names].filter(isCompared).flatMap((name) => {
    const [one, other] = [canonical(expected[name]), canonical(held[name])];
    return one === other ? [] : [`${name} is ${other} instead of ${one}`];
  });
}

/** JSON with sorted members; what is absent is null in every database. */
function canonical(value: unknown): string {
  return JSON.stringify(value ?? null, (_, member: unknown) => {
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
