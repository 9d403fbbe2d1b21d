import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TapError } from '../../src/errors.js';
import { State } from '../../src/sync/state.js';

const json = (value: unknown) => JSON.parse(JSON.stringify(value));
const project = 'gh/acme/web';
const full = {
  bookmarks: {
    pipelines: { [project]: '2024-01-02T03:04:05.678000Z', tap: [] },
    workflows: {
      [project]: '2024-01-02T03:04:05.678000Z',
      tap: [
        {
          v: 1,
          project,
          from: '2023-01-01T00:00:00.000Z',
          deep: '2024-01-01T00:00:00.000Z',
          walk: [{ started: '2024-01-03T00:00:00.000Z', oldest: '2024-01-02T12:00:00.000Z', deep: true }],
          range: [
            {
              start: '2023-02-01T00:00:00.000Z',
              end: '2023-03-01T00:00:00.000Z',
              started: '2024-01-03T01:00:00.000Z',
              oldest: '2023-02-14T00:00:00.000Z',
            },
          ],
          open: [['5034460f-c7c4-4c43-9457-de07e2029e7b', '2023-12-01T00:00:00.123Z']],
        },
      ],
    },
  },
  currently_syncing: null,
};
const inTap = (entry: unknown) => ({ bookmarks: { jobs: { tap: [entry] } } });

describe('the state', () => {
  test('is written as it was read', () => {
    expect(JSON.stringify(new State(json(full)))).toBe(JSON.stringify(full));
  });

  test('has deep of a walk only where it is true, and end of a range only where there is one', () => {
    const text = JSON.stringify(full)
      .replace(',"deep":true', '')
      .replace(/"end":"[^"]*",/, '');
    const state = new State(JSON.parse(text));
    expect(state.entry('workflows', project)).toMatchObject({
      walk: { deep: false },
      range: { start: Date.UTC(2023, 1, 1), end: undefined },
    });
    expect(JSON.stringify(state)).toBe(text);
  });

  test('is empty without one', () => {
    expect(json(new State())).toEqual({ bookmarks: {}, currently_syncing: null });
    expect(new State().entry('jobs', project).since).toBeUndefined();
  });

  test('lets members pass through that are not its own', () => {
    const foreign = {
      version: 3,
      bookmarks: {
        other: { anything: [1, { a: null }] },
        jobs: { note: 'kept', [project]: '2024-01-01T00:00:00.000000Z', tap: [] },
      },
    };
    expect(json(new State(json(foreign)))).toEqual({ ...foreign, currently_syncing: null });
  });

  test('drops currently_syncing', () => {
    expect(json(new State({ currently_syncing: 'jobs', bookmarks: {} })).currently_syncing).toBeNull();
  });

  test('moves the entry of an alias, in every stream', () => {
    const state = new State(json(full));
    state.rename(project, 'gh/acme/new');
    expect(JSON.stringify(state)).toBe(JSON.stringify(full).replaceAll(project, 'gh/acme/new'));
    expect(state.projects('workflows')).toEqual(['gh/acme/new']);
  });

  test('keeps what is known under the canonical slug when an alias is moved', () => {
    const state = new State(json(full));
    state.rename('gh/acme/unknown', project);
    state.set('workflows', 'gh/acme/old', { ...state.entry('workflows', project), since: 1 });
    state.rename('gh/acme/old', project);
    expect(JSON.stringify(state)).toBe(JSON.stringify(full));
  });

  test('reads a time with an offset, and writes it in UTC', () => {
    const state = new State({ bookmarks: { jobs: { [project]: '2024-01-01T02:00:00+02:00', tap: [] } } });
    expect(json(state).bookmarks.jobs[project]).toBe('2024-01-01T00:00:00.000000Z');
  });

  test('members that may shrink are arrays, so that merging key by key loses nothing', () => {
    const state = new State(json(full));
    const { walk: _, range: __, ...rest } = state.entry('workflows', project);
    state.set('workflows', project, { ...rest, walk: undefined, range: undefined, open: new Map() });
    expect(json(state).bookmarks.workflows.tap[0]).toMatchObject({ walk: [], open: [] });
  });
});

describe('a state that cannot be used', () => {
  test('of a newer version is refused', () => {
    expect(() => new State(inTap({ v: 2, project }))).toThrow(
      /newer tap-circle-ci: v of tap\[0\] of bookmarks\.jobs/,
    );
  });

  test.each<[unknown, string]>([
    [[], 'The state is [], not an object'],
    ['x', 'The state is "x", not an object'],
    [{ bookmarks: 5 }, 'Bookmarks in the state is 5, not an object'],
    [{ bookmarks: { jobs: 'x' } }, 'Bookmarks.jobs in the state is "x", not an object'],
    [{ bookmarks: { jobs: { tap: {} } } }, 'Tap of bookmarks.jobs in the state is {}, not an array'],
    [
      { bookmarks: { jobs: { tap: [], 'gh/a/b': 5 } } },
      '"gh/a/b" of bookmarks.jobs in the state is 5, not a date-time',
    ],
    [inTap(1), 'Tap[0] of bookmarks.jobs in the state is 1, not an object'],
    [inTap({ v: '1', project }), 'V of tap[0] of bookmarks.jobs in the state is "1", not a number'],
    [inTap({ v: 1 }), 'Project of tap[0] of bookmarks.jobs in the state is missing, not a slug'],
    [
      inTap({ v: 1, project, from: 'x' }),
      'From of tap[0] of bookmarks.jobs in the state is "x", not a date-time',
    ],
    [inTap({ v: 1, project, deep: '2024-02-30T00:00:00Z' }), 'Deep of tap[0] of bookmarks.jobs'],
    [inTap({ v: 1, project, walk: {} }), 'Walk of tap[0] of bookmarks.jobs in the state is {}, not an array'],
    [
      inTap({ v: 1, project, walk: [{}] }),
      'Started in walk of tap[0] of bookmarks.jobs in the state is missing',
    ],
    [
      inTap({ v: 1, project, range: [5] }),
      'Range of tap[0] of bookmarks.jobs in the state is 5, not an object',
    ],
    [
      inTap({ v: 1, project, range: [{ start: '2024-01-01T00:00:00Z' }] }),
      'Started in range of tap[0] of bookmarks.jobs in the state is missing',
    ],
    [
      inTap({ v: 1, project, open: [7] }),
      'Open[0] of tap[0] of bookmarks.jobs in the state is 7, not an array',
    ],
    [inTap({ v: 1, project, open: [[7]] }), 'Open[0] of tap[0] of bookmarks.jobs in the state begins with 7'],
    [
      inTap({ v: 1, project, open: [['p']] }),
      'The time in open[0] of tap[0] of bookmarks.jobs in the state is missing',
    ],
  ])('%j is refused with the place named', (state, message) => {
    expect(() => new State(state)).toThrow(message);
    expect(() => new State(state)).toThrow(TapError);
  });

  test('any JSON either loads, and then again from what is written, or is a TapError', () => {
    const time = fc.constantFrom('2024-01-01T00:00:00Z', '2024-01-01T00:00:00.000Z', 'x', null, 5);
    const entry = fc.record(
      {
        v: fc.constantFrom(1, 1, 1, 2, 'x'),
        project: fc.constantFrom(project, project, 5),
        from: time,
        deep: time,
        walk: fc.oneof(
          fc.array(fc.record({ started: time, oldest: time, deep: fc.constantFrom(true, undefined, 'x') })),
          fc.json(),
        ),
        range: fc.array(fc.record({ start: time, end: time, started: time, oldest: time })),
        open: fc.array(fc.tuple(fc.string(), time)),
      },
      { requiredKeys: ['v', 'project'] },
    );
    const bookmark = fc.oneof(
      fc.record({ tap: fc.array(entry, { maxLength: 2 }), [project]: time }, { requiredKeys: [] }),
      fc.jsonValue(),
    );
    const state = fc.oneof(
      fc.jsonValue(),
      fc.record({
        bookmarks: fc.dictionary(fc.constantFrom('pipelines', 'workflows', 'jobs', 'other'), bookmark),
      }),
    );
    let loaded = 0;
    fc.assert(
      fc.property(state, (value) => {
        let first: State;
        try {
          first = new State(json(value));
        } catch (error) {
          expect(error).toBeInstanceOf(TapError);
          return;
        }
        loaded++;
        expect(json(new State(json(first)))).toEqual(json(first));
      }),
      { numRuns: 2000 },
    );
    expect(loaded).toBeGreaterThan(50);
  });
});
