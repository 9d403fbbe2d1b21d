import { describe, expect, test } from 'vitest';
import { duration, formatDate, parseHttpDate, parseTimestamp, secondOf } from '../src/time.js';

const noon = Date.UTC(2024, 0, 1, 12);

describe('a length of time in words', () => {
  test.each([
    [0, '0 s'],
    [1, '1 s'],
    [40_000, '40 s'],
    [119_000, '119 s'],
    [119_001, '120 s'],
    [120_000, '2 min'],
    [120_001, '3 min'],
    [7_199_999, '120 min'],
    [7_200_000, '2 h'],
    [7_200_001, '2.1 h'],
    [9_000_000, '2.5 h'],
    [86_400_000, '24 h'],
  ])('%i ms are %s', (milliseconds, words) => {
    expect(duration(milliseconds)).toBe(words);
  });
});

describe('an HTTP date', () => {
  test('is read as RFC 9110 would have it written', () => {
    expect(parseHttpDate('Mon, 01 Jan 2024 12:00:00 GMT')).toBe(noon);
  });

  test.each<[string, string | undefined]>([
    ['is missing', undefined],
    ['is empty', ''],
    ['is a number', '7'],
    ['is another kind of date', '2024-01-01T12:00:00Z'],
    ['has the obsolete form of RFC 850', 'Monday, 01-Jan-24 12:00:00 GMT'],
    ['has the obsolete form of asctime', 'Mon Jan  1 12:00:00 2024'],
    ['has another time zone', 'Mon, 01 Jan 2024 12:00:00 CET'],
    ['has a day that does not exist', 'Fri, 30 Feb 2024 12:00:00 GMT'],
    ['has a month that is none', 'Mon, 01 Foo 2024 12:00:00 GMT'],
  ])('is none where it %s', (_, value) => {
    expect(parseHttpDate(value)).toBeUndefined();
  });
});

test('a time is cut to the second in which it lies', () => {
  expect([noon, noon + 1, noon + 999, noon + 1000].map(secondOf)).toEqual([noon, noon, noon, noon + 1000]);
});

test('a date is that of UTC', () => {
  expect(formatDate(parseTimestamp('2024-01-01T23:30:00-02:00') ?? 0)).toBe('2024-01-02');
});
