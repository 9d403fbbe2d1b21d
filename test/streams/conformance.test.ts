import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { JsonSchema } from '../../src/singer/messages.js';
import { loadSchema } from '../../src/singer/schema.js';
import type { Above, StreamDefinition } from '../../src/streams/define.js';
import { streams } from '../../src/streams/index.js';
import { readJson, recordsOf } from './records.js';

/** The streams above one, its parent first. */
function ancestors({ parent }: StreamDefinition): StreamDefinition[] {
  return parent === undefined ? [] : [parent, ...ancestors(parent)];
}

/** Every property of a schema, nested ones too, with its path. */
function columns(schema: JsonSchema, path = ''): [path: string, column: JsonSchema][] {
  const own = Object.entries(schema.properties ?? {}).map(([name, column]): [string, JsonSchema] => [
    path === '' ? name : `${path}.${name}`,
    column,
  ]);
  const below = schema.items === undefined ? [] : columns(schema.items, `${path}[]`);
  return [...own, ...own.flatMap(([name, column]) => columns(column, name)), ...below];
}

const types = (schema: JsonSchema) => [schema.type ?? []].flat();

describe.each(streams.map((stream) => [stream.name, stream] as const))('the stream %s', (_, stream) => {
  const schema = loadSchema(stream.schema);
  const properties = schema.properties ?? {};
  const above = new Map(
    ancestors(stream).map((parent) => [parent.name, Object.keys(loadSchema(parent.schema).properties ?? {})]),
  );

  it('has its keys and its replication key in the schema', () => {
    for (const column of stream.key) expect(properties).toHaveProperty(column);
    if (stream.replicationKey !== undefined) {
      expect(properties[stream.replicationKey]?.format).toBe('date-time');
    }
  });

  it('has a replication key unless every run reads the whole', () => {
    expect(stream.replicationKey !== undefined).toBe(stream.replicationMethods.includes('INCREMENTAL'));
  });

  it('has a schema that targets take: explicit nullable types, no references, no unions', () => {
    for (const [path, column] of columns(schema)) {
      expect(types(column), path).toHaveLength(2);
      expect(types(column)[0], path).toBe('null');
      expect(Object.keys(column), path).not.toContain('anyOf');
      if (types(column).includes('array')) expect(column.items, path).toBeDefined();
    }
    expect(JSON.stringify(schema)).not.toContain('$ref');
  });

  it('has names that databases take', () => {
    expect(stream.name).toMatch(/^[a-z][a-z0-9_]*$/);
    const names = Object.keys(properties).map((name) => name.toLowerCase());
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name.length).toBeLessThanOrEqual(63);
  });

  it('describes every column', () => {
    for (const [path, column] of columns(schema)) {
      if (!path.includes('[]')) expect(column.description, path).toBeTruthy();
    }
  });

  it('takes foreign keys only from columns of streams above it', () => {
    for (const [own, [parent, column]] of Object.entries(stream.foreignKeys ?? {})) {
      expect(properties, own).toHaveProperty(own);
      expect(above.get(parent), `${own} <- ${parent}`).toContain(column);
    }
  });

  it.skipIf(stream.parent === undefined)('has an endpoint of columns of streams above it', () => {
    const named = [...stream.endpoint.matchAll(/\{\+?(\w+)\.(\w+)\}/g)];
    for (const [, parent = '', column] of named) expect(above.get(parent), parent).toContain(column);
    expect(stream.endpoint.match(/[{}]/g)).toHaveLength(2 * named.length);
  });

  it('leaves out no column that it has', () => {
    for (const [path, column] of [['', schema] as const, ...columns(schema)]) {
      for (const node of [column, column.items ?? {}]) {
        const kept = Object.keys(node.properties ?? {});
        expect(node['x-left-out']?.filter((name) => kept.includes(name)) ?? [], path).toEqual([]);
        // A free object has no list: what is left out of it would come with what is unknown.
        if (node['x-left-out'] !== undefined) expect(kept, path).not.toEqual([]);
      }
    }
  });

  it('stands behind its parent in the list', () => {
    const names = streams.map(({ name }) => name);
    if (stream.parent !== undefined) {
      expect(names.indexOf(stream.parent.name)).toBeLessThan(names.indexOf(stream.name));
    }
  });
});

const fixtures = new URL('fixtures/buildkite/', import.meta.url);
const fixtureOf = ({ name }: StreamDefinition) => readJson(new URL(`${name}.json`, fixtures));
const buildkite = streams.filter(({ source }) => source === 'buildkite');

describe.each(buildkite.map((stream) => [stream.name, stream] as const))('a row of %s', (_, stream) => {
  const above = Object.fromEntries(
    ancestors(stream).map((parent) => [parent.name, fixtureOf(parent)]),
  ) as Above;
  const { records, unknown, invalid } = recordsOf(stream, fixtureOf(stream), above);

  it('is known, and fits the schema', () => {
    expect(unknown).toEqual([]);
    expect(invalid).toEqual([]);
  });

  it('has its keys', () => {
    for (const record of records) {
      for (const column of stream.key) expect(record[column], column).toEqual(expect.any(String));
    }
  });

  it('fills every column of the schema', () => {
    const missing = new Set(columns(loadSchema(stream.schema)).map(([path]) => path));
    for (const record of records) for (const path of pathsOf(record)) missing.delete(path);
    expect([...missing]).toEqual([]);
  });

  it('lets no secret through', () => {
    expect(JSON.stringify(records)).not.toContain('secret');
  });
});

/** The paths of all members of a value, as {@link columns} has them. */
function pathsOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => pathsOf(item, `${path}[]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    const own = path === '' ? name : `${path}.${name}`;
    return [own, ...pathsOf(member, own)];
  });
}

describe('the list of streams', () => {
  it('names every schema below the folders in schemas/, and no other', () => {
    const folder = fileURLToPath(new URL('../../schemas/', import.meta.url));
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
      /[/\\].*\.json$/.test(file),
    );
    expect(streams.map(({ schema }) => schema).sort()).toEqual(files.sort());
  });

  it('has a hand-written row of every stream of Buildkite', () => {
    const files = readdirSync(fileURLToPath(fixtures));
    expect(files.sort()).toEqual(buildkite.map(({ name }) => `${name}.json`).sort());
  });
});
