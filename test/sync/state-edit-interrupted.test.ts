import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rerunWindow, young } from '../../src/sync/circleci/bounds.js';
import { type Bounds, type Entry, emptyEntry } from '../../src/sync/entry.js';
import { needOf } from '../../src/sync/need.js';
import { State } from '../../src/sync/state.js';
import { merge, rewind } from '../../src/sync/state-edit.js';
import { at, Diary, daily, iso, script } from '../support/diary.js';

const often = { secondsPerLook: 5 };
const json = (value: unknown) => JSON.parse(JSON.stringify(value));
const dates = (start: number) => ({ config: { start_date: iso(at(start)) } });

describe('rewind', () => {
  const edited = (diary: Diary, to: number) => {
    const state = new State(json(diary.state));
    const count = rewind(state, to, {});
    diary.state = json(state);
    return count;
  };
  const killed = async (before?: number) => {
    const world = script();
    const pipelines = daily(world, 1, 20);
    const diary = new Diary(world, often);
    if (before !== undefined) await diary.run(before);
    await diary.run(at(21), { killAfterStates: 8 });
    return { diary, young: pipelines.slice(14).map(({ id }) => `pipelines ${id}`) };
  };

  test.each<[string, number | undefined]>([
    ['a first sync', undefined],
    ['a walk that has come past the date, while the bookmark lies before it', at(5, 1)],
  ])('sets back what was interrupted: %s', async (_, before) => {
    const { diary, young } = await killed(before);
    expect(edited(diary, at(15))).toBe(3);
    expect((await diary.run(at(22))).rows).toEqual(expect.arrayContaining(young));
  });

  test('sets back a backfill that was interrupted before there was a bookmark', async () => {
    const world = script();
    const pipelines = daily(world, 1, 20);
    const diary = new Diary(world, often);
    const range = { ...dates(3), range: true };
    await diary.run(at(21), { ...range, killAfterStates: 8 });
    expect(edited(diary, at(15))).toBe(3);
    const rows = [...(await diary.run(at(22), range)).rows, ...(await diary.run(at(23))).rows];
    expect(rows).toEqual(expect.arrayContaining(pipelines.slice(14).map(({ id }) => `pipelines ${id}`)));
  });
});

describe('merge', () => {
  const web = 'gh/acme/web';
  const of = (entry: Partial<Entry>) => {
    const state = new State();
    state.set('jobs', web, { ...emptyEntry, ...entry });
    return state;
  };

  test('of a state that reaches back less far reads the rest, as that state would', () => {
    const merged = merge([
      of({ since: at(50), from: at(40), deep: at(45) }),
      of({ since: at(40), from: at(5), deep: at(40) }),
    ]).entry('jobs', web);
    expect(merged).toMatchObject({ since: at(40), from: at(40), deep: at(40) });
  });

  test('asks for whatever one of the states would ask for, of any pipeline in any run', () => {
    const time = fc.integer({ min: 0, max: 200 }).map((days) => at(days));
    const maybe = fc.option(time, { nil: undefined });
    const entries = fc.array(
      fc.record({
        since: maybe,
        from: maybe,
        deep: maybe,
        open: fc.constantFrom(new Map(), new Map([['p', at(7)]])),
      }),
      { minLength: 1, maxLength: 3 },
    );
    const bounds: fc.Arbitrary<Bounds> = fc.record({
      now: fc.constant(at(201)),
      startDate: time,
      endDate: maybe,
      lookback: fc.constantFrom(0, at(1) - at(0), at(30) - at(0), at(90) - at(0)),
      deepEvery: fc.constantFrom(undefined, at(7) - at(0)),
      young: fc.constant(young),
      rerunWindow: fc.constant(rerunWindow),
      range: fc.constant(false),
    });
    const rank = (need: ReturnType<typeof needOf>) =>
      need === undefined ? Number.NEGATIVE_INFINITY : need === 'all' ? Number.POSITIVE_INFINITY : -need;
    fc.assert(
      fc.property(entries, bounds, time, (some, limits, created) => {
        const known = some.map((entry): Entry => ({ ...emptyEntry, ...entry }));
        const merged = merge(known.map(of)).entry('jobs', web);
        for (const entry of known) {
          expect(rank(needOf('p', created, merged, limits))).toBeGreaterThanOrEqual(
            rank(needOf('p', created, entry, limits)),
          );
        }
      }),
      { numRuns: 5000 },
    );
  });
});
