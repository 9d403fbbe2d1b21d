import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { loadSchema, published } from '../../src/singer/schema.js';
import { compileTransform } from '../../src/singer/transform.js';
import type { Above, StreamDefinition } from '../../src/streams/define.js';

type Row = Above[string];

const ajv = new Ajv({
  strict: false,
  formats: { 'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/ },
});

export function readJson<Value = Row>(file: URL): Value {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/**
 * The records that a stream makes of an item of an answer, with the fields that its schema does not have, and what
 * a validator says against the records.
 */
export function recordsOf(stream: StreamDefinition, item: Row, above: Above = {}) {
  const schema = loadSchema(stream.schema);
  const unknown: string[] = [];
  const transform = compileTransform(schema, {
    unknownField: (path) => unknown.push(path),
    nulRemoved: () => {},
  });
  const foreignKeys = Object.fromEntries(
    Object.entries(stream.foreignKeys ?? {})
      .filter(([, [parent]]) => parent in above)
      .map(([own, [parent, column]]) => [own, above[parent]?.[column]]),
  );
  const records = (stream.rows?.(item, above) ?? [item]).map((row) => transform(row, foreignKeys));
  const isValid = ajv.compile(published(schema));
  const invalid = records.flatMap((record) => (isValid(record) ? [] : (isValid.errors ?? [])));
  return { records, unknown, invalid };
}
