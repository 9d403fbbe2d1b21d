import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { parseConfig, unknownSettings } from '../../src/config/config.js';
import { settingNames } from '../../src/config/schema.js';
import { TapError } from '../../src/errors.js';
import { readJson } from '../../src/files/json-file.js';
import { selectStreams } from '../../src/singer/catalog.js';
import { streams } from '../../src/streams/index.js';
import { State } from '../../src/sync/state.js';
import { serve } from '../sandbox/serve.js';
import { type BinaryResult, runIn } from '../support/binary.js';
import { calmWorld, messagesOf, settingsFor, stackLine, stillClock } from '../support/calm.js';
import { describeError, runInProcess } from '../support/in-process.js';

const anything = fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' });
const dates = fc.constantFrom('2024-01-02T00:00:00.000000Z', '2024-01-01', 'x', '9999-12-31T23:59:59Z', '');

/** Objects with these members, any of them absent or anything at all. */
const withMembers = (members: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<object> =>
  fc.record(
    Object.fromEntries(
      Object.entries(members).map(([name, value]) => [
        name,
        fc.oneof({ arbitrary: value, weight: 5 }, { arbitrary: anything, weight: 1 }),
      ]),
    ),
    { requiredKeys: [] },
  );

/** A few of them, and now and then anything else. */
const listOf = (item: fc.Arbitrary<unknown>): fc.Arbitrary<unknown[]> =>
  fc.array(fc.oneof({ arbitrary: item, weight: 5 }, { arbitrary: anything, weight: 1 }), { maxLength: 3 });

/** Runs something that may only fail with an error for the user, which is one line. */
function mayFail<Result>(run: () => Result): Result | undefined {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof TapError)) throw error;
    expect(error.line).not.toMatch(/\n|\[object/);
    return undefined;
  }
}

const names = fc.constantFrom('pipelines', 'workflows', 'jobs', 'builds');
const slug = 'gh/acme/web';

const configs = fc
  .tuple(
    withMembers(
      Object.fromEntries(
        settingNames.map((name) => [name, fc.oneof(anything, dates, fc.double({ noNaN: true }))]),
      ),
    ),
    fc.dictionary(fc.string(), anything, { maxKeys: 2 }),
  )
  .map(([known, unknown]) => ({ token: 't', project_slugs: slug, ...unknown, ...known }));

const metadata = listOf(
  withMembers({
    breadcrumb: fc.array(fc.constantFrom('properties', 'id', 'vcs', 'items', 'trigger'), { maxLength: 4 }),
    metadata: withMembers({ selected: fc.boolean(), inclusion: fc.constantFrom('automatic', 'unsupported') }),
  }),
);
const catalogs = fc.oneof(
  anything,
  withMembers({
    streams: listOf(
      withMembers({
        stream: names,
        tap_stream_id: names,
        metadata,
        schema: withMembers({ selected: fc.boolean() }),
        replication_method: fc.constantFrom('FULL_TABLE', 'INCREMENTAL', 'LOG_BASED'),
      }),
    ),
  }),
);

const walks = listOf(withMembers({ started: dates, oldest: dates, start: dates, end: dates }));
const bookmarks = withMembers({
  [slug]: dates,
  tap: listOf(
    withMembers({
      v: fc.integer({ min: 0, max: 2 }),
      project: fc.constant(slug),
      from: dates,
      deep: dates,
      walk: walks,
      range: walks,
      open: listOf(fc.tuple(fc.uuid(), dates)),
    }),
  ),
});
const states = fc.oneof(
  anything,
  withMembers({ bookmarks: withMembers({ pipelines: bookmarks, workflows: bookmarks, jobs: bookmarks }) }),
);

describe('whatever a user gives', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tap-circle-ci-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('as a config is settings, or an error for the user', () => {
    fc.assert(
      fc.property(configs, (given) => {
        unknownSettings(given);
        const config = mayFail(() => parseConfig(given, '1.0.0'));
        if (config === undefined) return;
        const { requestTimeout, maxRetries, startDate, circleci } = config;
        const { lookbackDays = 0, deepEveryDays = 0 } = circleci ?? {};
        for (const number of [requestTimeout, lookbackDays, deepEveryDays, maxRetries, startDate ?? 0])
          expect(number).toSatisfy(Number.isFinite);
        expect(circleci?.projects.slugs.length).toBeGreaterThan(0);
      }),
      { numRuns: 200 },
    );
  });

  it('as a catalog is a selection, or an error for the user', () => {
    fc.assert(
      fc.property(catalogs, (given) => {
        mayFail(() => selectStreams(given, streams, () => 'INCREMENTAL', ['circleci', 'buildkite']));
      }),
      { numRuns: 2000 },
    );
  });

  it('as a state is a state that is written as it can be read again, or an error for the user', () => {
    const asJson = (state: State) => JSON.parse(JSON.stringify(state));
    fc.assert(
      fc.property(states, (given) => {
        const state = mayFail(() => new State(given));
        if (state === undefined) return;
        const written = asJson(state);
        expect(asJson(new State(written))).toEqual(written);
      }),
      { numRuns: 2000 },
    );
  });

  it('as a file is JSON, or an error that says where it is none', () => {
    const file = join(folder, 'given.json');
    const torn = fc.tuple(anything, fc.nat(), fc.string({ maxLength: 2 })).map(([value, at, put]) => {
      const text = JSON.stringify(value);
      const place = at % (text.length + 1);
      return text.slice(0, place) + put + text.slice(place + 1);
    });
    fc.assert(
      fc.property(fc.oneof(torn, fc.string({ unit: 'binary' })), (text) => {
        writeFileSync(file, text);
        mayFail(() => readJson(file, 'state'));
      }),
      { numRuns: 300 },
    );
  });

  it('and together, ends a run well or with an error for the user', async () => {
    await fc.assert(
      fc.asyncProperty(configs, fc.option(catalogs), fc.option(states), async (config, catalog, state) => {
        const options = { config, state: state ?? undefined };
        const inputs = catalog === null ? options : { ...options, catalog };
        expectToldEnd(await runInProcess(calmWorld(), inputs));
      }),
      { numRuns: 200 },
    );
  });
});

function expectToldEnd({ stdout, error, log }: { stdout: string; error: unknown; log: string[] }): void {
  if (error !== undefined && !(error instanceof TapError)) throw new Error(describeError(error));
  messagesOf(stdout);
  for (const line of log) expect(line).toMatch(/^(?:INFO|WARNING|ERROR) [^\n]*\n$/);
}

const row = withMembers({
  id: fc.oneof(fc.uuid(), fc.constant(null)),
  created_at: dates,
  updated_at: dates,
  stopped_at: dates,
  status: fc.oneof(fc.constantFrom('success', 'running', 'on_hold', 'canceled'), anything),
  state: fc.oneof(fc.constantFrom('created', 'errored', 'setup-pending'), anything),
  project_slug: fc.constant(slug),
  slug: fc.constantFrom(slug, 'github/acme/web'),
});
const tokens = fc.oneof(fc.constant(null), fc.constantFrom('next', ''), fc.string());
/** Answers of 200: anything, a row, or a page of rows. */
const bodies = fc.oneof(
  anything,
  row,
  withMembers({
    items: listOf(row),
    next_page_token: tokens,
  }),
);

const endpoints = [
  ['/me', /\/me$/],
  ['/project/{project_slug}', /\/project\/[^/]+\/[^/]+\/[^/]+$/],
  ['/project/{project_slug}/pipeline', /\/project\/.*\/pipeline/],
  ['/pipeline/{id}', /\/pipeline\/[^/]+$/],
  ['/pipeline/{id}/workflow', /\/workflow(?:\?|$)/],
  ['/workflow/{id}/job', /\/job(?:\?|$)/],
] as const;

/** A state in which a pipeline is open that no list shows, so that it is asked by its id. */
const openState = {
  bookmarks: {
    pipelines: {
      tap: [
        { v: 1, project: slug, open: [['00000000-0000-4000-8000-000000000000', '2024-01-01T00:00:00.000Z']] },
      ],
    },
  },
};

describe.each(endpoints)('whatever %s answers', (_, pattern) => {
  it('ends a run well or with an error for the user, and every line is whole', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(bodies, { minLength: 1, maxLength: 3 }), async (answers) => {
        let asked = 0;
        const alters = (path: string, body: unknown) =>
          pattern.test(path) ? answers[asked++ % answers.length] : body;
        expectToldEnd(
          await runInProcess(calmWorld(), { alters, state: openState, config: { start_date: '2024-01-01' } }),
        );
      }),
      { numRuns: 60 },
    );
  });
});

/** What a user sees of a program that never breaks. */
function expectNoBreak({ stdout, stderr, code }: BinaryResult): void {
  expect([0, 1, 2]).toContain(code);
  expect(stderr).toMatch(/^(?:(?:INFO|WARNING|ERROR|CRITICAL) .*\n)*$/);
  expect(stderr).not.toMatch(stackLine);
  expect(code !== 0).toBe(
    /^CRITICAL .*\n$/.test(stderr.slice(stderr.lastIndexOf('\n', stderr.length - 2) + 1)),
  );
  messagesOf(stdout);
}

describe('through the built program', () => {
  it('whatever the files hold: no stack trace, no torn line, and an exit code of its own', async () => {
    const text = (value: fc.Arbitrary<unknown>) =>
      fc.oneof(
        { arbitrary: value.map((one) => JSON.stringify(one)), weight: 4 },
        fc.string({ unit: 'binary' }),
      );
    const unreachable = configs.map((config) => ({
      ...config,
      base_url: 'http://127.0.0.1:1',
      max_retries: 0,
    }));
    await fc.assert(
      fc.asyncProperty(text(unreachable), text(catalogs), text(states), async (config, catalog, state) => {
        const files = { 'config.json': config, 'catalog.json': catalog, 'state.json': state };
        expectNoBreak(
          await runIn(files, ['-c', 'config.json', '--catalog', 'catalog.json', '-s', 'state.json']),
        );
      }),
      { numRuns: 6, endOnFailure: true },
    );
  });

  it.each(endpoints)('whatever %s answers: no stack trace, no torn line', async (_, match) => {
    await fc.assert(
      fc.asyncProperty(bodies, async (answer) => {
        await using sandbox = await serve(calmWorld());
        sandbox.faults.add({ kind: 'status', status: 200, body: JSON.stringify(answer), match });
        const files = { 'config.json': { ...settingsFor(sandbox), max_retries: 1 }, 'state.json': openState };
        expectNoBreak(await runIn(files, ['-c', 'config.json', '-s', 'state.json'], stillClock(sandbox)));
      }),
      { numRuns: 2, endOnFailure: true },
    );
  });
});
