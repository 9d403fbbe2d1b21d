import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { JsonSchema } from '../../src/singer/messages.js';
import { loadSchema } from '../../src/singer/schema.js';
import { streams } from '../../src/streams/index.js';

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

  it('has its keys and its replication key in the schema', () => {
    for (const column of [...stream.key, stream.replicationKey]) expect(properties).toHaveProperty(column);
    expect(properties[stream.replicationKey]?.format).toBe('date-time');
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
    const above = new Map<string, readonly string[]>();
    for (let parent = stream.parent; parent !== undefined; parent = parent.parent) {
      above.set(parent.name, Object.keys(loadSchema(parent.schema).properties ?? {}));
    }
    for (const [own, [parent, column]] of Object.entries(stream.foreignKeys ?? {})) {
      expect(properties, own).toHaveProperty(own);
      expect(above.get(parent), `${own} <- ${parent}`).toContain(column);
    }
  });

  it('stands behind its parent in the list', () => {
    const names = streams.map(({ name }) => name);
    if (stream.parent !== undefined) {
      expect(names.indexOf(stream.parent.name)).toBeLessThan(names.indexOf(stream.name));
    }
  });
});

describe('the list of streams', () => {
  it('names every schema below schemas/circleci, and no other', () => {
    const folder = fileURLToPath(new URL('../../schemas/circleci/', import.meta.url));
    const files = readdirSync(folder).map((file) => `circleci/${file}`);
    expect(streams.map(({ schema }) => schema).sort()).toEqual(files.sort());
  });
});
