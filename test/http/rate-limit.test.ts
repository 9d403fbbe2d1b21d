import { describe, expect, test } from 'vitest';
import type { HeaderFields } from '../../src/http/header.js';
import {
  type Family,
  type RateLimit,
  rateLimitsOf,
  refusalReset,
  reserved,
} from '../../src/http/rate-limit.js';

test.each<[string, HeaderFields, Partial<Record<Family, RateLimit>>]>([
  ['nothing', {}, {}],
  [
    'the standard family',
    { 'ratelimit-limit': '100', 'ratelimit-remaining': '7', 'ratelimit-reset': '30' },
    { ratelimit: { remaining: 7, resetMs: 30_000, limit: 100 } },
  ],
  [
    'the X- family',
    { 'x-ratelimit-limit': '100', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' },
    { 'x-ratelimit': { remaining: 0, resetMs: 1000, limit: 100 } },
  ],
  [
    'no limit',
    { 'ratelimit-remaining': '7', 'ratelimit-reset': '30' },
    { ratelimit: { remaining: 7, resetMs: 30_000, limit: undefined } },
  ],
  [
    "CircleCI's two families",
    {
      'ratelimit-remaining': '7',
      'ratelimit-reset': '30',
      'x-ratelimit-remaining': '3',
      'x-ratelimit-reset': '50',
    },
    {
      ratelimit: { remaining: 7, resetMs: 30_000, limit: undefined },
      'x-ratelimit': { remaining: 3, resetMs: 50_000, limit: undefined },
    },
  ],
  [
    "Buildkite's two families",
    {
      'ratelimit-scope': 'rest',
      'ratelimit-limit': '200',
      'ratelimit-remaining': '180',
      'ratelimit-reset': '42',
      'ratelimit-user-scope': 'rest_user',
      'ratelimit-user-limit': '50',
      'ratelimit-user-remaining': '0',
      'ratelimit-user-reset': '12',
      'ratelimit-user-warning': 'You have exceeded your API rate limit.',
    },
    {
      ratelimit: { remaining: 180, resetMs: 42_000, limit: 200 },
      'ratelimit-user': { remaining: 0, resetMs: 12_000, limit: 50 },
    },
  ],
  [
    'one family incomplete: the other counts',
    { 'ratelimit-remaining': '1', 'x-ratelimit-remaining': '3', 'x-ratelimit-reset': '50' },
    { 'x-ratelimit': { remaining: 3, resetMs: 50_000, limit: undefined } },
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
    { 'x-ratelimit': { remaining: 3, resetMs: 41_000, limit: 1000 } },
  ],
  [
    'policies after the number, repeated headers',
    { 'ratelimit-limit': '10, 10;w=1', 'ratelimit-remaining': ['9', '8'], 'ratelimit-reset': ' 1 ' },
    { ratelimit: { remaining: 9, resetMs: 1000, limit: 10 } },
  ],
  ['garbage', { 'ratelimit-remaining': 'many', 'ratelimit-reset': '-1' }, {}],
  ['a number glued to letters', { 'ratelimit-remaining': '5x', 'ratelimit-reset': '1' }, {}],
])('%s', (_, headers, expected) => {
  expect(Object.fromEntries(rateLimitsOf(headers))).toEqual(expected);
});

test.each<[string, RateLimit, number, RateLimit]>([
  ['nothing', { remaining: 9, resetMs: 0, limit: 30 }, 0, { remaining: 9, resetMs: 0, limit: 30 }],
  ['a share', { remaining: 90, resetMs: 500, limit: 200 }, 0.2, { remaining: 50, resetMs: 500, limit: 160 }],
  ['rounded up', { remaining: 9, resetMs: 500, limit: 11 }, 0.1, { remaining: 7, resetMs: 500, limit: 9 }],
  ['100 * 0.07', { remaining: 9, resetMs: 500, limit: 100 }, 0.07, { remaining: 2, resetMs: 500, limit: 93 }],
  ['used up', { remaining: 3, resetMs: 500, limit: 30 }, 0.5, { remaining: -12, resetMs: 500, limit: 15 }],
  [
    'the last second',
    { remaining: 9, resetMs: 0, limit: 30 },
    0.5,
    { remaining: -6, resetMs: 1000, limit: 15 },
  ],
  [
    'of no limit',
    { remaining: 9, resetMs: 0, limit: undefined },
    0.5,
    { remaining: 9, resetMs: 0, limit: undefined },
  ],
])('reserved: %s', (_, said, share, expected) => {
  expect(reserved(said, share)).toEqual(expected);
});

describe('the reset after a refusal', () => {
  const both = {
    'ratelimit-remaining': '0',
    'ratelimit-reset': '7',
    'ratelimit-user-remaining': '0',
    'ratelimit-user-reset': '42',
  };
  test.each<[string, HeaderFields, unknown, ReturnType<typeof refusalReset>]>([
    ['of nothing', {}, undefined, undefined],
    [
      'needs no Remaining',
      { 'x-ratelimit-reset': '12' },
      undefined,
      { ms: 12_000, named: 'X-RateLimit-Reset' },
    ],
    [
      'of the lower one',
      { ...both, 'ratelimit-user-remaining': '3' },
      { message: 'no' },
      { ms: 7000, named: 'RateLimit-Reset' },
    ],
    ['of two that are used up the later', both, undefined, { ms: 42_000, named: 'RateLimit-User-Reset' }],
    ['of the scope', both, { scope: 'rest', reset: 5 }, { ms: 7000, named: 'RateLimit-Reset' }],
    ['of the scope of the user', both, { scope: 'rest_user' }, { ms: 42_000, named: 'RateLimit-User-Reset' }],
    [
      'of the scope, without its header',
      { 'ratelimit-reset': '7' },
      { scope: 'rest_user', reset: 42 },
      { ms: 42_000, named: 'reset in the body' },
    ],
    ['of an unknown scope', both, { scope: 'graphql', reset: 3 }, { ms: 3000, named: 'reset in the body' }],
    [
      'of a scope that names nothing',
      both,
      { scope: 'graphql' },
      { ms: 42_000, named: 'RateLimit-User-Reset' },
    ],
    ['in a body of another service', {}, { reset: 42 }, undefined],
    ['that is over', { 'ratelimit-reset': '0' }, { scope: 'rest', reset: 0 }, undefined],
    ['that is a text', {}, { scope: 'rest', reset: 'soon' }, undefined],
  ])('%s', (_, headers, body, expected) => {
    expect(refusalReset(headers, body)).toEqual(expected);
  });
});
