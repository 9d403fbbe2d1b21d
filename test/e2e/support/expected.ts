import type { JsonSchema } from '../../../src/singer/messages.js';
import { loadSchema } from '../../../src/singer/schema.js';
import { compileTransform } from '../../../src/singer/transform.js';
import type { StreamDefinition } from '../../../src/streams/define.js';
import { streams } from '../../../src/streams/index.js';
import type { Row, Rows } from './services.js';

export interface Table {
  readonly schema: JsonSchema;
  readonly key: readonly string[];
  /** By key: the values of the key columns with a space between them. */
  readonly rows: ReadonlyMap<string, Row>;
}

/** By stream, what a destination should hold. */
export type Expected = ReadonlyMap<string, Table>;

/**
 * What a destination should hold of what the services show: values in the form of the published schemas, variables
 * starred, logs without colours. The schemas' transform is the tap's own, which has its own tests; everything between
 * the services and the destination is not.
 */
export function expectedOf(truth: Rows): Expected {
  return new Map(
    streams.flatMap((stream) => {
      const rows = truth.get(stream.name)?.values();
      if (rows === undefined) return [];
      const schema = loadSchema(stream.schema);
      const transform = compileTransform(schema, { unknownField: () => {}, nulRemoved: () => {} });
      const records = [...rows].map((row): [string, Row] => {
        const record = transform(meantOf(stream, row));
        return [keyOf(stream.key, record), record];
      });
      return [[stream.name, { schema, key: stream.key, rows: new Map(records) }]];
    }),
  );
}

export function keyOf(key: readonly string[], row: Row): string {
  return key.map((column) => String(row[column])).join(' ');
}

/** Streams of which the sandboxes tell what becomes of an answer, not the answer. */
const isReshaped = new Set(['pipeline_values', 'job_steps']);

function meantOf(stream: StreamDefinition, row: Row): Row {
  const [reshaped = row] = isReshaped.has(stream.name) ? [row] : (stream.rows?.(row, {}) ?? []);
  const masked = isObject(reshaped.env) ? { ...reshaped, env: starred(reshaped.env) } : reshaped;
  const log = logs[stream.name]?.(row);
  if (log === undefined) return masked;
  const size = Buffer.byteLength(log);
  return { ...masked, content: readable(Buffer.from(log).toString()), size, truncated: false };
}

/** Where the sandboxes have the whole of a log. */
const logs: Readonly<Record<string, (row: Row) => string>> = {
  job_logs: ({ text }) => String(text),
  buildkite_job_logs: ({ content }) => String(content),
};

function starred(variables: Row): Row {
  return Object.fromEntries(Object.keys(variables).map((name) => [name, '***']));
}

const escapeCharacter = String.fromCharCode(0x1b);
const bell = String.fromCharCode(0x07);
const timeMark = new RegExp(`${escapeCharacter}_bk;t=\\d+${bell}`, 'g');
const colour = new RegExp(`${escapeCharacter}\\[[\\d;]*m`, 'g');

/** A log without Buildkite's time marks and without colours. */
function readable(log: string): string {
  return log.replace(timeMark, '').replace(colour, '');
}

export function isObject(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
