import { readFileSync } from 'node:fs';
import type { JsonSchema } from './messages.js';

const folder = new URL('../../schemas/', import.meta.url);

/**
 * Reads a file below schemas/, for example `circleci/jobs.json`. The files are part of the program, so their type
 * is known to the caller and not checked.
 */
export function loadSchema<Schema = JsonSchema>(file: string): Schema {
  return JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
}

/** A schema as targets and catalogs see it, without our own annotations. */
export function published(schema: JsonSchema): JsonSchema {
  const { 'x-left-out': _, properties, items, ...rest } = schema;
  return {
    ...rest,
    ...(properties === undefined ? {} : { properties: mapValues(properties, published) }),
    ...(items === undefined ? {} : { items: published(items) }),
  };
}

function mapValues<Value, Mapped>(
  values: Readonly<Record<string, Value>>,
  map: (value: Value) => Mapped,
): Record<string, Mapped> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]));
}

/** The types that a schema names, without `null`. */
export function typesOf(schema: JsonSchema): string[] {
  const types = schema.type === undefined ? [] : [schema.type].flat();
  return types.filter((type) => type !== 'null');
}
