import { describe, expect, test } from 'vitest';
import { young } from '../../src/sync/circleci/bounds.js';
import type { Bounds, Entry } from '../../src/sync/entry.js';
import { floorOf, isDeepDue, needOf } from '../../src/sync/need.js';
import { at } from '../support/diary.js';
import { bounds, entry } from '../support/entries.js';

const day = 86_400_000;

describe('needOf', () => {
  const dueDeep = { deep: at(190) };
  test.each<[string, number, Partial<Entry>, Partial<Bounds>, ReturnType<typeof needOf>]>([
    ['all of a pipeline that came after the bookmark', at(199, 1), {}, {}, 'all'],
    ['all of one as old as YOUNG, to the millisecond', at(199) - young, {}, {}, 'all'],
    ['what changed since the bookmark of one that is older', at(199) - young - 1, {}, {}, at(199)],
    ['the same at the edge of the look-back', at(198), {}, {}, at(199)],
    ['nothing behind it', at(198) - 1, {}, {}, undefined],
    ['all of an open one, however old', at(3), { open: new Map([['p', at(3)]]) }, {}, 'all'],
    ['all of every one without a bookmark', at(3), { since: undefined }, {}, 'all'],
    ['nothing before start_date', at(3), { since: undefined }, { startDate: at(4) }, undefined],
    ['all at start_date', at(4), { since: undefined }, { startDate: at(4) }, 'all'],
    ['nothing at end_date', at(9), { since: undefined }, { endDate: at(9) }, undefined],
    ['all just before end_date', at(9) - 1, { since: undefined }, { endDate: at(9) }, 'all'],
    ['all between start_date and from', at(5), { from: at(6) }, {}, 'all'],
    ['nothing at from', at(6), { from: at(6) }, {}, undefined],
    ['what changed since the last deep sync when the next is due', at(110), dueDeep, {}, at(190)],
    ['the same at the edge of 90 days', at(100), dueDeep, {}, at(190)],
    ['nothing behind it', at(100) - 1, dueDeep, {}, undefined],
    ['nothing deep where it is switched off', at(110), dueDeep, { deepEvery: undefined }, undefined],
    ['all of a range, whatever the bookmark says', at(50), {}, { range: true }, 'all'],
    [
      'what changed since the bookmark, if that is the older',
      at(110),
      { ...dueDeep, since: at(189) },
      {},
      at(189),
    ],
  ])('%s', (_, created, changes, limits, need) => {
    expect(needOf('p', created, entry(changes), bounds(limits))).toBe(need);
  });
});

describe('floorOf', () => {
  test.each<[string, Partial<Entry>, Partial<Bounds>, number]>([
    ['start_date without a bookmark', { since: undefined }, {}, at(0)],
    ['the look-back', {}, {}, at(198)],
    ['YOUNG where the look-back is shorter', {}, { lookback: 0 }, at(199) - young],
    ['90 days before the last deep sync when the next is due', { deep: at(190) }, {}, at(100)],
    ['the look-back where that is longer still', { deep: at(190) }, { lookback: 120 * day }, at(79)],
    ['start_date where that is before from', { from: at(3) }, {}, at(0)],
    ['start_date where it cuts the look-back', {}, { startDate: at(198.5) }, at(198.5)],
    ['start_date of a range', {}, { range: true, startDate: at(7) }, at(7)],
  ])('%s', (_, changes, limits, floor) => {
    expect(floorOf(entry(changes), bounds(limits))).toBe(floor);
  });
});

test('a deep sync is due when the last is as old as the setting says', () => {
  expect(isDeepDue(entry({ deep: at(193) }), bounds())).toBe(true);
  expect(isDeepDue(entry({ deep: at(193) + 1 }), bounds())).toBe(false);
  expect(isDeepDue(entry({ deep: undefined }), bounds())).toBe(false);
  expect(isDeepDue(entry({ deep: at(1) }), bounds({ deepEvery: undefined }))).toBe(false);
});

test('a deep sync is due in every run that looks back 90 days or more', () => {
  const due = (lookback: number) => isDeepDue(entry(), bounds({ lookback, deepEvery: undefined }));
  expect([90 * day - 1, 90 * day, 120 * day].map(due)).toEqual([false, true, true]);
});
