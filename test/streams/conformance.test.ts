import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { JsonSchema } from '../../src/singer/messages.js';
import { loadSchema } from '../../src/singer/schema.js';
import { buildkiteStreams } from '../../src/streams/buildkite/index.js';
import { circleciStreams } from '../../src/streams/circleci/index.js';
import { pipelines } from '../../src/streams/circleci/pipelines.js';
import { projects } from '../../src/streams/circleci/projects.js';
import type { Above, StreamDefinition } from '../../src/streams/define.js';
import { readJson, recordsOf } from './records.js';

const streams: readonly StreamDefinition[] = [...circleciStreams, ...buildkiteStreams];

/** The streams above one, its parent first. The pipelines of CircleCI are walked for a project of the settings. */
function ancestors(stream: StreamDefinition): StreamDefinition[] {
  const parent = stream === pipelines ? projects : stream.parent;
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

  it.skipIf(above.size === 0)('has an endpoint of columns of streams above it', () => {
    const named = [...stream.endpoint.matchAll(/\{\+?(\w+)\.(\w+)\}/g)];
    for (const [, parent = '', column] of named) expect(above.get(parent), parent).toContain(column);
    expect(stream.endpoint.match(/[{}]/g) ?? []).toHaveLength(2 * named.length);
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

describe('a stream that is asked for by a URL of a row above it', () => {
  it.each(streams.flatMap((stream) => (stream.url === undefined ? [] : [{ stream, url: stream.url }])))(
    '$stream.name finds it there, and it is no column',
    ({ stream, url: [parent, column] }) => {
      const owner = ancestors(stream).find(({ name }) => name === parent);
      expect(owner && loadSchema(owner.schema)['x-left-out']).toContain(column);
    },
  );
});

describe('a stream whose rows are told their place', () => {
  it.each(streams.flatMap(({ name, schema, position }) => (position ? [{ name, schema, position }] : [])))(
    '$name has a column for it',
    ({ schema, position }) => {
      expect(types(loadSchema(schema).properties?.[position] ?? {})).toContain('integer');
    },
  );
});

const fixtures = new URL('fixtures/', import.meta.url);
const fixtureOf = ({ source, name }: StreamDefinition) =>
  readJson(new URL(`${source}/${name}.json`, fixtures));

/** What the rows below a fixture find above them. */
function rowOf(stream: StreamDefinition): Above[string] {
  const item = fixtureOf(stream);
  return stream.rows?.(item, {})[0] ?? item;
}

describe.each(streams.map((stream) => [stream.name, stream] as const))('a row of %s', (_, stream) => {
  const above: Above = Object.fromEntries(ancestors(stream).map((parent) => [parent.name, rowOf(parent)]));
  const { records, unknown, invalid } = recordsOf(stream, fixtureOf(stream), above);

  it('is known, and fits the schema', () => {
    expect(unknown).toEqual([]);
    expect(invalid).toEqual([]);
  });

  it('has its keys', () => {
    expect(records).not.toEqual([]);
    for (const record of records) {
      for (const column of stream.key) expect(record[column], column).toSatisfy(isNaming);
    }
  });

  it('fills every column of the schema', () => {
    const missing = new Set(columns(loadSchema(stream.schema)).map(([path]) => path));
    for (const record of records) for (const path of pathsOf(record)) missing.delete(path);
    expect([...missing]).toEqual([]);
  });

  it('lets no secret through', () => {
    expect(JSON.stringify(records)).not.toMatch(/\bsecret\b/);
  });

  it('is asked for below the fixtures of its parents', () => {
    expect(stream.asks?.(above)).not.toBe(false);
  });
});

const isNaming = (value: unknown) => (typeof value === 'string' && value !== '') || Number.isInteger(value);

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

  it.each([
    ['circleci', circleciStreams],
    ['buildkite', buildkiteStreams],
  ])('has a hand-written row of every stream of %s, and no other', (source, own) => {
    const files = readdirSync(fileURLToPath(new URL(source, fixtures)));
    expect(files.sort()).toEqual(own.map(({ name }) => `${name}.json`).sort());
    expect(own.filter((stream) => stream.source !== source)).toEqual([]);
  });
});
