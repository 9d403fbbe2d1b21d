import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { JsonSchema } from '../../src/singer/messages.js';
import { streams as allStreams } from '../../src/streams/index.js';
import { runIn } from '../support/binary.js';
import { at, finished, iso, script, start } from '../support/diary.js';
import { describeError, type Ended, type InProcessOptions, runInProcess } from '../support/in-process.js';

// Without a token of Buildkite nothing of it shows.
const ofCircleCI = allStreams.filter(({ source }) => source === 'circleci').map(({ name }) => name);
// What is discovered unless the settings name more.
const streams = allStreams.filter(({ group }) => group === 'core');
const pythonFile = new URL(
  '../../../shared/data/singer-io-tap-circle-ci-1.1.0-catalog.json',
  import.meta.url,
);
const hasPython = existsSync(pythonFile);

interface Item {
  breadcrumb: string[];
  metadata: Record<string, unknown>;
}
interface Entry {
  tap_stream_id: string;
  schema: JsonSchema;
  stream: string;
  metadata: Item[];
  [other: string]: unknown;
}
interface Catalog {
  streams: Entry[];
}

const python: Catalog | undefined = hasPython ? JSON.parse(readFileSync(pythonFile, 'utf8')) : undefined;
let discovered: Catalog;

beforeAll(async () => {
  const { stdout, stderr, code } = await runIn({}, ['--discover', '--offline']);
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  discovered = JSON.parse(stdout);
});

/** A copy of the discovered catalog, changed. */
function changed(change: (entry: Entry, item: Item) => void, catalog = discovered): Catalog {
  const copy = structuredClone(catalog);
  for (const entry of copy.streams) for (const item of entry.metadata) change(entry, item);
  return copy;
}

const allSelected = (catalog = discovered) =>
  changed((_, { breadcrumb, metadata }) => {
    if (breadcrumb.length === 0) metadata.selected = true;
  }, catalog);

const rootOf = ({ metadata }: Entry) =>
  metadata.find(({ breadcrumb }) => breadcrumb.length === 0)?.metadata ?? {};
const named = (catalog: Catalog, name: string) => catalog.streams.find((one) => one.stream === name) as Entry;

describe('the discovered catalog', () => {
  it('is written as the Python tap writes it: two spaces', async () => {
    const { stdout } = await runIn({}, ['--discover', '--offline']);
    expect(stdout).toBe(`${JSON.stringify(discovered, undefined, 2)}\n`);
  });

  it('has metadata for every property, nested ones too, each once', () => {
    const breadcrumbs = (schema: JsonSchema, above: string[]): string[][] => [
      ...Object.entries(schema.properties ?? {}).flatMap(([name, column]) => {
        const own = [...above, 'properties', name];
        return [own, ...breadcrumbs(column, own)];
      }),
      ...(schema.items === undefined ? [] : breadcrumbs(schema.items, [...above, 'items'])),
    ];
    for (const { schema, metadata } of discovered.streams) {
      expect(metadata.map(({ breadcrumb }) => breadcrumb)).toEqual([[], ...breadcrumbs(schema, [])]);
      expect(new Set(metadata.map(({ breadcrumb }) => breadcrumb.join('.'))).size).toBe(metadata.length);
    }
  });

  it('makes keys and replication keys automatic, and everything else available', () => {
    for (const entry of discovered.streams) {
      const root = rootOf(entry);
      const automatic = entry.metadata.filter(({ metadata }) => metadata.inclusion === 'automatic');
      const expected = [root['table-key-properties'], root['valid-replication-keys']].flat();
      expect(automatic.map(({ breadcrumb }) => breadcrumb).sort()).toEqual(
        expected.map((name) => ['properties', name]).sort(),
      );
      const others = entry.metadata.filter((item) => !automatic.includes(item));
      expect(new Set(others.map(({ metadata }) => metadata.inclusion))).toEqual(new Set(['available']));
    }
  });

  it('holds what the setting streams names, and exactly the three streams without it', async () => {
    expect(discovered.streams.map(({ stream }) => stream)).toEqual(['pipelines', 'workflows', 'jobs']);
    const files = { 'config.json': { streams: 'jobs, pipelines' } };
    const { stdout } = await runIn(files, ['discover', '--offline', '--config', 'config.json']);
    const some: Catalog = JSON.parse(stdout);
    expect(some.streams.map(({ stream }) => stream)).toEqual(['pipelines', 'jobs']);
  });

  it('offers for jobs the method of the setting', async () => {
    const files = { 'config.json': { jobs_replication_method: 'FULL_TABLE' } };
    const { stdout } = await runIn(files, ['discover', '--offline', '--config', 'config.json']);
    expect(rootOf(named(JSON.parse(stdout), 'jobs'))).toMatchObject({ 'replication-method': 'FULL_TABLE' });
    expect(rootOf(named(discovered, 'jobs'))).toMatchObject({ 'replication-method': 'INCREMENTAL' });
  });
});

describe.skipIf(!hasPython)(
  'beside the catalog of the Python tap (../shared/data, skipped where it is absent)',
  () => {
    const theirs = python as Catalog;
    /** Where the catalog means to differ. */
    const intended = {
      // A method that can be chosen is not forced, and incremental jobs need a key.
      jobsRoot: {
        'table-key-properties': ['id', '_workflow_id'],
        'replication-method': 'INCREMENTAL',
        'valid-replication-keys': ['_workflow_created_at'],
        inclusion: 'available',
      },
      // Columns that the API has got since.
      moreColumns: {
        pipelines: [],
        workflows: ['auto_rerun_number', 'max_auto_reruns'],
        jobs: ['_workflow_created_at', 'requires'],
      } as Record<string, string[]>,
      // Columns and streams are described.
      moreMembersOfSchema: ['description'],
    };

    it('has the same streams in the same order, with the same members in the same order', () => {
      expect(discovered.streams.map((entry) => Object.keys(entry))).toEqual(
        theirs.streams.map((entry) => Object.keys(entry)),
      );
      expect(discovered.streams.map(({ stream }) => stream)).toEqual(
        theirs.streams.map(({ stream }) => stream),
      );
      for (const { stream, schema } of theirs.streams) {
        const members = Object.keys(named(discovered, stream).schema);
        expect(members.filter((member) => !intended.moreMembersOfSchema.includes(member))).toEqual(
          Object.keys(schema),
        );
      }
    });

    it('has the same keys and methods, but for jobs', () => {
      for (const entry of theirs.streams) {
        const expected = entry.stream === 'jobs' ? intended.jobsRoot : rootOf(entry);
        // As text: members have an order too.
        expect(JSON.stringify(rootOf(named(discovered, entry.stream)))).toBe(JSON.stringify(expected));
      }
    });

    it('has every column with the same inclusion, and only the listed ones besides', () => {
      for (const entry of theirs.streams) {
        const ours = named(discovered, entry.stream);
        const inclusions = ({ metadata }: Entry) =>
          new Map(
            metadata
              .filter(({ breadcrumb }) => breadcrumb.length === 2)
              .map((item) => [item.breadcrumb[1] ?? '', item.metadata.inclusion]),
          );
        const more = intended.moreColumns[entry.stream] ?? [];
        const common = [...inclusions(ours)].filter(([name]) => !more.includes(name));
        expect(new Map(common)).toEqual(inclusions(entry));
        expect([...inclusions(ours).keys()]).toEqual(expect.arrayContaining(more));
      }
    });
  },
);

/** A history of one pipeline with one workflow of two jobs. */
function world() {
  const history = script();
  finished(history, at(1));
  history.now = at(2);
  return history;
}

/** Runs a sync, and tells what a reader sees of it. */
async function run(options: InProcessOptions) {
  const ended: Ended = await runInProcess(world(), {
    ...options,
    config: { start_date: iso(start), ...options.config },
  });
  const messages = ended.stdout
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  const error = ended.error === undefined ? undefined : describeError(ended.error).split('\n')[0];
  const schemas = messages.filter(({ type }) => type === 'SCHEMA').map(({ stream }) => stream);
  /** Stream -> columns of its rows. */
  const columns: Record<string, string[]> = {};
  for (const { type, stream, record } of messages) {
    if (type === 'RECORD')
      columns[stream] = [...new Set([...(columns[stream] ?? []), ...Object.keys(record)])].sort();
  }
  return { ...ended, error, messages, schemas, columns, log: ended.log.join('') };
}

const rootSelects = (stream: string, more: Record<string, unknown> = {}) => ({
  tap_stream_id: stream,
  stream,
  schema: { properties: {} },
  metadata: [{ breadcrumb: [], metadata: { selected: true, ...more } }],
});

describe('selection', () => {
  it('without a catalog is what the setting streams names', async () => {
    expect((await run({})).schemas).toEqual(['pipelines', 'workflows', 'jobs']);
    expect((await run({ config: { streams: ['jobs'] } })).schemas).toEqual(['jobs']);
  });

  it('is told by metadata, or by the schema as legacy catalogs do', async () => {
    const legacy = { tap_stream_id: 'workflows', schema: { selected: true } };
    const { schemas, columns, error } = await run({ catalog: { streams: [legacy, rootSelects('jobs')] } });
    expect(error).toBeUndefined();
    expect(schemas).toEqual(['workflows', 'jobs']);
    expect(Object.keys(columns)).toEqual(['workflows', 'jobs']);
  });

  it('takes for true what Python takes for it, and only false for false', async () => {
    const catalog = {
      streams: [rootSelects('pipelines', { selected: 'false' }), rootSelects('jobs', { selected: 0 })],
    };
    expect((await run({ catalog })).schemas).toEqual(['pipelines']);
  });

  it('of everything writes the whole schemas, parents first, with key and bookmark properties', async () => {
    const { messages } = await run({ catalog: allSelected() });
    expect(messages.slice(0, 3)).toEqual(
      streams.map(({ name, key, replicationKey }) => ({
        type: 'SCHEMA',
        stream: name,
        schema: named(discovered, name).schema,
        key_properties: key,
        bookmark_properties: [replicationKey],
      })),
    );
  });

  it('of a child alone reads its parents and writes no row of them', async () => {
    const { columns, error } = await run({ catalog: { streams: [rootSelects('jobs')] } });
    expect(error).toBeUndefined();
    expect(Object.keys(columns)).toEqual(['jobs']);
  });

  it('of the automatic columns alone gives exactly keys and replication keys, in rows and schemas', async () => {
    const catalog = changed((_, { breadcrumb, metadata }) => {
      metadata.selected = breadcrumb.length === 0 || metadata.inclusion === 'automatic';
    });
    const { columns, messages } = await run({ catalog });
    for (const { name, key, replicationKey } of streams) {
      const expected = [...new Set([...key, replicationKey])].sort();
      expect(columns[name]).toEqual(expected);
      const schema = messages.find((one) => one.type === 'SCHEMA' && one.stream === name);
      expect(Object.keys(schema.schema.properties).sort()).toEqual(expected);
    }
  });

  it('cannot leave out an automatic column', async () => {
    const catalog = changed((_, { metadata, breadcrumb }) => {
      metadata.selected = breadcrumb.length === 0;
    });
    expect((await run({ catalog })).columns.pipelines).toEqual(['id', 'updated_at']);
  });

  it('leaves out nested columns, unsupported columns, and everything below a deselected one', async () => {
    const catalog = changed(({ stream }, { breadcrumb, metadata }) => {
      const path = breadcrumb.filter((step) => step !== 'properties').join('.');
      if (path === '') metadata.selected = stream === 'pipelines';
      if (path === 'trigger.actor') metadata.selected = false;
      // The parent's word counts, not the child's.
      if (path === 'trigger.actor.login') metadata.selected = true;
      if (path === 'number') Object.assign(metadata, { inclusion: 'unsupported', selected: true });
    });
    const { messages, log } = await run({ catalog });
    const { schema } = messages[0];
    const { record } = messages.find(({ type }) => type === 'RECORD');
    for (const properties of [schema.properties, record]) expect(properties).not.toHaveProperty('number');
    expect(schema.properties.trigger.properties).not.toHaveProperty('actor');
    expect(record.trigger).not.toHaveProperty('actor');
    expect(record.trigger).toHaveProperty('type');
    expect(log).not.toContain('does not know');
  });

  it('of a stream that does not exist is an error that lists those that do', async () => {
    const { error, stdout, requests } = await run({ catalog: { streams: [rootSelects('builds')] } });
    expect(error).toBe(
      `The catalog selects "builds", which this tap does not have. Streams: ${ofCircleCI.join(', ')}.`,
    );
    expect({ stdout, requests }).toEqual({ stdout: '', requests: [] });
  });

  it('of a stream that the setting streams leaves out is an error that names the setting', async () => {
    const { error } = await run({
      catalog: { streams: [rootSelects('jobs')] },
      config: { streams: 'pipelines' },
    });
    expect(error).toBe(
      'The catalog selects jobs, which the setting streams leaves out. ' +
        'Add jobs to the setting streams, or deselect it in the catalog.',
    );
  });

  it('ignores streams and columns that do not exist and are not selected', async () => {
    const jobs = rootSelects('jobs');
    const unknown = { breadcrumb: ['properties', 'mood'], metadata: { selected: true } };
    const catalog = {
      streams: [
        { tap_stream_id: 'builds', metadata: [] },
        { ...jobs, metadata: [...jobs.metadata, unknown] },
      ],
      more: 1,
    };
    const { schemas, error } = await run({ catalog });
    expect({ schemas, error }).toEqual({ schemas: ['jobs'], error: undefined });
  });

  it.each([
    ['a catalog without selection', () => discovered],
    ['an empty catalog', () => ({ streams: [] })],
  ])('of nothing, by %s: one WARNING, one STATE, no request', async (_, catalog) => {
    const state = {
      bookmarks: { pipelines: { 'gh/acme/web': '2024-01-01T00:00:00.000000Z', tap: [] } },
      other: 1,
    };
    const { messages, log, requests, error } = await run({ catalog: catalog(), state });
    expect(error).toBeUndefined();
    expect(log).toMatch(/^WARNING The catalog selects no stream[^\n]*\n$/);
    expect(messages).toEqual([{ type: 'STATE', value: { ...state, currently_syncing: null } }]);
    expect(requests).toEqual([]);
  });
});

describe('a catalog of another hand', () => {
  it('as Meltano writes it works: selection everywhere, replication members on the entry', async () => {
    // Meltano sets "selected" on every item, and adds what it knows of the stream to the entry.
    const catalog = changed((entry, { breadcrumb, metadata }) => {
      metadata.selected = !breadcrumb.includes('vcs') && !breadcrumb.includes('avatar_url');
      if (entry.stream === 'jobs') Object.assign(entry, { selected: true, replication_method: 'FULL_TABLE' });
      if (entry.stream === 'pipelines') Object.assign(entry, { replication_key: 'updated_at' });
      if (entry.stream === 'jobs') delete metadata['replication-method'];
    });
    const { columns, messages, log, error } = await run({ catalog });
    expect(error).toBeUndefined();
    expect(columns.pipelines).not.toContain('vcs');
    expect(columns.pipelines).toContain('trigger');
    expect(messages[0].schema.properties.trigger.properties.actor.properties).not.toHaveProperty(
      'avatar_url',
    );
    expect(log.match(/^INFO jobs are read in full \(FULL_TABLE\)/gm)).toHaveLength(1);
    expect(messages.at(-1).value.bookmarks.jobs).not.toHaveProperty('gh/acme/web');
  });

  it.skipIf(!hasPython)(
    'as the Python tap saves it works, and its FULL_TABLE for jobs is obeyed',
    async () => {
      const { columns, log, error } = await run({ catalog: allSelected(python) });
      expect(error).toBeUndefined();
      expect(Object.keys(columns)).toEqual(['pipelines', 'workflows', 'jobs']);
      expect(log.match(/^INFO .*FULL_TABLE/gm)).toHaveLength(1);
    },
  );

  it('chooses the method of jobs, whatever the setting says', async () => {
    const config = { jobs_replication_method: 'FULL_TABLE' };
    const catalog = { streams: [rootSelects('jobs', { 'replication-method': 'INCREMENTAL' })] };
    expect((await run({ config, catalog })).log).not.toContain('FULL_TABLE');
    expect((await run({ config })).log).toContain('FULL_TABLE');
  });
});

describe('a catalog of another shape', () => {
  it.each([
    [null, 'it has no array "streams"'],
    [[], 'it has no array "streams"'],
    ['text', 'it has no array "streams"'],
    [{ type: 'STATE' }, 'it has no array "streams"'],
    [{ streams: {} }, 'it has no array "streams"'],
    [{ streams: [1] }, 'streams[0] is not an object'],
    [{ streams: [{}] }, 'streams[0] has no "tap_stream_id"'],
    [{ streams: [{ stream: 'jobs', metadata: {} }] }, '"metadata" of jobs is not an array'],
    [
      { streams: [{ stream: 'jobs', metadata: [1] }] },
      'an item in "metadata" of jobs has no array "breadcrumb" or no object "metadata"',
    ],
  ])('%j is an error that says what is missing', async (catalog, why) => {
    const { error, requests } = await run({ catalog });
    expect(error).toBe(
      `The catalog cannot be used: ${why}. Make one with: tap-circle-ci --config config.json --discover > catalog.json`,
    );
    expect(requests).toEqual([]);
  });
});
