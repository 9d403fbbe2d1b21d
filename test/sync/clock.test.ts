import { expect, test } from 'vitest';
import { startOfRun } from '../../src/sync/clock.js';

const minute = 60_000;
const noon = Date.UTC(2024, 0, 1, 12);
const date = (time: number) => new Date(time).toUTCString();

test.each<[string, string | undefined, number, number, RegExp | undefined]>([
  ['the server where both agree', date(noon), noon + 300, noon, undefined],
  ['the server where it is 10 minutes ahead', date(noon + 10 * minute), noon, noon + 10 * minute, undefined],
  ['the server where it is 10 minutes behind', date(noon - 10 * minute), noon, noon - 10 * minute, undefined],
  ['ours where the server is further ahead', date(noon + 11 * minute), noon, noon, /11 minutes less/],
  [
    'the server where it is further behind',
    date(noon - 11 * minute),
    noon,
    noon - 11 * minute,
    /11 minutes more/,
  ],
  ['ours without a Date header', undefined, noon, noon, /no Date header.*Make sure that it is right/],
  ['ours where it cannot be parsed', 'soon', noon, noon, /the Date header "soon"/],
  ['ours where it is a number, no date', '7', noon, noon, /the Date header "7"/],
  ['ours where it is no HTTP date', '2024-01-01T12:00:00Z', noon, noon, /"2024-01-01T12:00:00Z"/],
  ['ours where it is empty', '', noon, noon, /the Date header ""/],
  ['whole seconds of ours', undefined, noon + 999, noon, /no Date header/],
])('a run starts by %s', (_, header, local, now, warning) => {
  const start = startOfRun(header, local);
  expect(start.now).toBe(now);
  if (warning === undefined) expect(start.warning).toBeUndefined();
  else expect(start.warning).toMatch(warning);
});
