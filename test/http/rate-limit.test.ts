import { expect, test } from 'vitest';
import type { Headers } from '../../src/http/header.js';
import { rateLimitOf, resetMsOf } from '../../src/http/rate-limit.js';

test.each<[string, Headers, ReturnType<typeof rateLimitOf>]>([
  ['nothing', {}, undefined],
  [
    'the standard family',
    { 'ratelimit-limit': '100', 'ratelimit-remaining': '7', 'ratelimit-reset': '30' },
    { remaining: 7, resetMs: 30_000, limit: 100 },
  ],
  [
    'the X- family',
    { 'x-ratelimit-limit': '100', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' },
    { remaining: 0, resetMs: 1000, limit: 100 },
  ],
  [
    'no limit',
    { 'ratelimit-remaining': '7', 'ratelimit-reset': '30' },
    { remaining: 7, resetMs: 30_000, limit: undefined },
  ],
  [
    'both families: the lower remaining wins',
    {
      'ratelimit-remaining': '7',
      'ratelimit-reset': '30',
      'x-ratelimit-remaining': '3',
      'x-ratelimit-reset': '50',
    },
    { remaining: 3, resetMs: 50_000, limit: undefined },
  ],
  [
    'one family incomplete: the other counts',
    { 'ratelimit-remaining': '1', 'x-ratelimit-remaining': '3', 'x-ratelimit-reset': '50' },
    { remaining: 3, resetMs: 50_000, limit: undefined },
  ],
  [
    'limits per window: the shortest that the reset fits into',
    {
      'x-ratelimit-limit-second': '20',
      'x-ratelimit-limit-minute': '1000',
      'x-ratelimit-limit-hour': '9000',
      'x-ratelimit-remaining': '3',
      'x-ratelimit-reset': '41',
    },
    { remaining: 3, resetMs: 41_000, limit: 1000 },
  ],
  [
    'policies after the number, repeated headers',
    { 'ratelimit-limit': '10, 10;w=1', 'ratelimit-remaining': ['9', '8'], 'ratelimit-reset': ' 1 ' },
    { remaining: 9, resetMs: 1000, limit: 10 },
  ],
  ['garbage', { 'ratelimit-remaining': 'many', 'ratelimit-reset': '-1' }, undefined],
  ['a number glued to letters', { 'ratelimit-remaining': '5x', 'ratelimit-reset': '1' }, undefined],
])('%s', (_, headers, expected) => {
  expect(rateLimitOf(headers)).toEqual(expected);
});

test('a reset without Remaining is enough after a refusal', () => {
  expect(resetMsOf({ 'x-ratelimit-reset': '12' })).toBe(12_000);
  expect(resetMsOf({})).toBeUndefined();
});
