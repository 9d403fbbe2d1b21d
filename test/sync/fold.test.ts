import { describe, expect, test } from 'vitest';
import { young } from '../../src/sync/circleci/bounds.js';
import { type Bounds, type Entry, emptyEntry } from '../../src/sync/entry.js';
import {
  endFullTable,
  type Finding,
  foldCaughtUp,
  foldFinished,
  foldRanged,
  foldVisit,
  isGivenUp,
  startFullTable,
  staysOpen,
} from '../../src/sync/fold.js';
import { at } from '../support/diary.js';
import { bounds, entry } from '../support/entries.js';

const day = 86_400_000;

const finding = (changes: Partial<Finding> = {}): Finding => ({
  id: 'p',
  created: at(199),
  outcome: 'read',
  settled: true,
  newest: changes.created ?? at(199),
  ...changes,
});

describe('staysOpen', () => {
  const old = { created: at(150), newest: at(150) };
  test.each<[string, Partial<Finding>, Partial<Entry>, boolean]>([
    ['a failed one, however young and settled', { outcome: 'failed' }, {}, true],
    ['a failed one, however old', { outcome: 'failed', created: at(1), newest: at(1) }, {}, true],
    ['not one that is gone', { ...old, outcome: 'gone', settled: false }, {}, false],
    ['not a settled one', old, {}, false],
    ['an unsettled one', { ...old, settled: false }, {}, true],
    ['not an unsettled one as young as YOUNG', { created: at(200) - young, settled: false }, {}, false],
    ['an unsettled one that is a little older', { created: at(200) - young - 1, settled: false }, {}, true],
    [
      'the younger, where the bookmark is ahead',
      { created: at(200), settled: false },
      { since: at(201) },
      true,
    ],
    [
      'one of more than 90 days whose newest workflow is younger',
      { created: at(1), newest: at(110) },
      {},
      true,
    ],
    ['the same to the millisecond', { created: at(1), newest: at(110) - 1 }, {}, false],
    ['not one of just 90 days, which the look-back finds', { created: at(110), newest: at(150) }, {}, false],
    ['not an unsettled one past 91 days', { created: at(1), newest: at(109) - 1, settled: false }, {}, false],
    ['an unsettled one of just 91 days', { created: at(1), newest: at(109), settled: false }, {}, true],
  ])('%s', (_, found, changes, stays) => {
    expect(staysOpen(finding(found), entry(changes), bounds())).toBe(stays);
  });

  test('only what was read can be given up', () => {
    expect(isGivenUp(finding({ newest: at(1) }), bounds())).toBe(true);
    expect(isGivenUp(finding({ newest: at(1), outcome: 'failed' }), bounds())).toBe(false);
    expect(isGivenUp(finding({ newest: at(1), outcome: 'gone' }), bounds())).toBe(false);
  });
});

describe('foldVisit', () => {
  test('of a walk notes where it began and how far it has come', () => {
    const first = foldVisit(entry(), finding({ created: at(190) }), bounds(), 'walk');
    expect(first.walk).toEqual({ started: at(200), oldest: at(190), deep: false });
    const second = foldVisit(first, finding({ created: at(180) }), bounds({ now: at(201) }), 'walk');
    expect(second.walk).toEqual({ started: at(200), oldest: at(180), deep: false });
  });

  test('of a walk notes whether it looks back over 90 days, and keeps to that when it is due only later', () => {
    const dueIn = (now: number) => ({ before: entry({ deep: at(190) }), limits: bounds({ now }) });
    const folded = ({ before, limits }: ReturnType<typeof dueIn>) =>
      foldVisit(before, finding({ created: at(189) }), limits, 'walk');
    expect(folded(dueIn(at(197))).walk?.deep).toBe(true);
    const shallow = folded(dueIn(at(197) - 1));
    expect(shallow.walk?.deep).toBe(false);
    expect(folded({ before: shallow, limits: bounds({ now: at(198) }) }).walk?.deep).toBe(false);
  });

  test('never moves oldest up', () => {
    const walk = { started: at(200), oldest: at(150), deep: false };
    expect(foldVisit(entry({ walk }), finding({ created: at(190) }), bounds(), 'walk').walk).toEqual(walk);
  });

  test('of a walk under an end_date counts as begun then', () => {
    const limits = bounds({ endDate: at(150) });
    expect(foldVisit(entry(), finding({ created: at(140) }), limits, 'walk').walk?.started).toBe(at(150));
  });

  test('of a range notes the range and leaves the walk alone', () => {
    const limits = bounds({ range: true, startDate: at(3), endDate: at(9) });
    const folded = foldVisit(entry(), finding({ created: at(5) }), limits, 'range');
    expect(folded.range).toEqual({ start: at(3), end: at(9), started: at(200), oldest: at(5) });
    expect(folded.walk).toBeUndefined();
  });

  test('of the same range that goes on keeps when it began, and one of another begins anew', () => {
    const range = { start: at(3), end: at(9), started: at(190), oldest: at(5) };
    const folded = (changes: Partial<Bounds>) =>
      foldVisit(
        entry({ range }),
        finding({ created: at(6) }),
        bounds({ range: true, startDate: at(3), endDate: at(9), ...changes }),
        'range',
      ).range;
    expect(folded({})).toEqual(range);
    expect(folded({ startDate: at(4) })).toEqual({ ...range, start: at(4), started: at(200), oldest: at(6) });
    expect(folded({ endDate: undefined })).toEqual({
      ...range,
      end: undefined,
      started: at(200),
      oldest: at(6),
    });
  });

  test('by id moves neither', () => {
    const folded = foldVisit(entry(), finding({ created: at(5), newest: at(5) }), bounds(), 'open');
    expect([folded.walk, folded.range]).toEqual([undefined, undefined]);
  });

  test('opens and closes without touching the entry it was given', () => {
    const before = entry();
    const opened = foldVisit(
      before,
      finding({ created: at(150), settled: false, newest: at(150) }),
      bounds(),
      'open',
    );
    expect([...opened.open]).toEqual([['p', at(150)]]);
    expect(before.open.size).toBe(0);
    const closed = foldVisit(opened, finding({ created: at(150), newest: at(150) }), bounds(), 'open');
    expect(closed.open.size).toBe(0);
    expect(opened.open.size).toBe(1);
  });
});

describe('foldCaughtUp', () => {
  const walk = { started: at(200), oldest: at(1), deep: false };
  test('the first sets since, from and deep', () => {
    expect(foldCaughtUp({ ...emptyEntry, walk }, bounds({ startDate: at(2) }))).toEqual({
      ...emptyEntry,
      since: at(200),
      from: at(2),
      deep: at(200),
    });
  });

  test.each<[string, Partial<Entry>, Partial<Bounds>, Partial<Entry>]>([
    ['a shallow one moves since alone', {}, {}, { since: at(200), from: at(0), deep: at(198) }],
    ['a deep one moves deep too', { deep: at(190) }, {}, { since: at(200), deep: at(200) }],
    [
      'so does every one that looks back 90 days, though none is ever due',
      { deep: at(199) },
      { lookback: 90 * day, deepEvery: undefined },
      { deep: at(200) },
    ],
    ['one of less than 90 days does not', {}, { lookback: 90 * day - 1 }, { deep: at(198) }],
    ['deep never moves back', { deep: at(201) }, { lookback: 90 * day }, { deep: at(201) }],
    [
      'deep stays where end_date lies before the bookmark',
      { deep: at(190) },
      { endDate: at(199) - 1 },
      { since: at(199), deep: at(190) },
    ],
    [
      'deep moves where end_date lies at the bookmark',
      { deep: at(190) },
      { endDate: at(199) },
      { since: at(199), deep: at(200) },
    ],
    ['since never moves back', { since: at(205) }, {}, { since: at(205) }],
    ['since stops at end_date', { since: undefined }, { endDate: at(150) }, { since: at(150) }],
    ['from follows an earlier start_date', { from: at(9) }, { startDate: at(4) }, { from: at(4) }],
    [
      'from stays where end_date leaves a gap below it',
      { from: at(9) },
      { startDate: at(4), endDate: at(9) - 1 },
      { from: at(9) },
    ],
    [
      'from follows where end_date reaches it',
      { from: at(9) },
      { startDate: at(4), endDate: at(9) },
      { from: at(4) },
    ],
    ['from stays where a later start_date cuts nothing', {}, { startDate: at(150) }, { from: at(0) }],
    ['from moves up where it cuts the look-back', {}, { startDate: at(198.5) }, { from: at(198.5) }],
    [
      'from moves up where it cuts a deep look-back',
      { deep: at(190) },
      { startDate: at(101) },
      { from: at(101) },
    ],
  ])('%s', (_, changes, limits, expected) => {
    const folded = foldCaughtUp(entry({ walk, ...changes }), bounds(limits));
    expect(folded).toMatchObject(expected);
    expect(folded.walk).toBeUndefined();
  });
});

describe('foldFinished', () => {
  const walk = { started: at(195), oldest: at(1), deep: false };
  test.each<[string, Partial<Entry>, Partial<Bounds>, Partial<Entry>]>([
    ['moves since to the start of the walk', { since: at(190) }, {}, { since: at(195), from: at(0) }],
    ['never moves since back', { since: at(196) }, {}, { since: at(196) }],
    ['stops at end_date', { since: undefined }, { endDate: at(150) }, { since: at(150) }],
    ['sets deep where there is none', { since: undefined, deep: undefined }, {}, { deep: at(195) }],
    ['is no deep look-back, even if one is due by now', { deep: at(150) }, {}, { deep: at(150) }],
    [
      'is a deep one where the walk was, as of its start',
      { deep: at(150), walk: { ...walk, deep: true } },
      {},
      { deep: at(195) },
    ],
    ['never moves deep back', { deep: at(196), walk: { ...walk, deep: true } }, {}, { deep: at(196) }],
  ])('%s', (_, changes, limits, expected) => {
    const folded = foldFinished(entry({ walk, ...changes }), bounds(limits));
    expect(folded).toMatchObject(expected);
    expect(folded.walk).toBeUndefined();
  });
});

describe('foldRanged', () => {
  const range = { start: at(3), end: at(9), started: at(200), oldest: at(3) };
  test.each<[string, Entry, Partial<Bounds>, Partial<Entry>]>([
    ['sets what is not there', { ...emptyEntry, range }, {}, { since: at(9), from: at(3), deep: at(9) }],
    [
      'not past the start of the run',
      { ...emptyEntry, range: { ...range, end: at(300) } },
      { endDate: at(300) },
      { since: at(200), deep: at(200) },
    ],
    [
      'not past the start of the one that was interrupted',
      { ...emptyEntry, range: { ...range, end: undefined, started: at(190) } },
      { endDate: undefined },
      { since: at(190), deep: at(190) },
    ],
    [
      'past the start of one that was another',
      { ...emptyEntry, range: { ...range, started: at(190) } },
      { endDate: undefined },
      { since: at(200), deep: at(200) },
    ],
    [
      'keeps what is there',
      entry({ range, from: at(20) }),
      {},
      { since: at(199), from: at(20), deep: at(198) },
    ],
    ['moves from where it reaches it', entry({ range, from: at(9) }), {}, { from: at(3) }],
    ['never moves from up', entry({ range, from: at(1) }), {}, { from: at(1) }],
  ])('%s', (_, before, limits, expected) => {
    const folded = foldRanged(before, bounds({ range: true, startDate: at(3), endDate: at(9), ...limits }));
    expect(folded).toMatchObject(expected);
    expect(folded.range).toBeUndefined();
  });
});

describe('FULL_TABLE', () => {
  const open = new Map([['p', at(1)]]);
  test('starts without a bookmark, but with what is open', () => {
    expect(startFullTable(entry({ open }))).toEqual({ ...emptyEntry, open });
  });

  test('keeps a backfill that was interrupted', () => {
    const range = { start: at(3), end: undefined, started: at(190), oldest: at(5) };
    for (const fold of [startFullTable, endFullTable]) {
      expect(fold(entry({ range }))).toEqual({ ...emptyEntry, range });
    }
  });

  test('goes on with a walk that was interrupted', () => {
    const walk = { started: at(190), oldest: at(100), deep: false };
    expect(startFullTable({ ...emptyEntry, open, walk })).toEqual({ ...emptyEntry, open, walk });
  });

  test('forgets a bookmark that a store which merges key by key has brought back', () => {
    const walk = { started: at(190), oldest: at(100), deep: false };
    expect(startFullTable(entry({ walk })).since).toBeUndefined();
  });

  test('leaves nothing but what is open', () => {
    expect(endFullTable(entry({ open, walk: { started: at(1), oldest: at(1), deep: false } }))).toEqual({
      ...emptyEntry,
      open,
    });
  });
});
