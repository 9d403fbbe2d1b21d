import { expect, test } from 'vitest';
import { createLimiter, rateLimitHeaders } from './limiter.js';

test('a token bucket lets the burst through, then its rate', () => {
  const limiter = createLimiter({ kind: 'token-bucket', perSecond: 4, burst: 2 });
  const verdicts = [0, 0, 0, 100, 250, 250, 500, 10_000, 10_000, 10_000].map(
    (now) => limiter.take(now)?.allowed,
  );
  expect(verdicts).toEqual([true, true, false, false, true, false, true, true, true, false]);
});

test('a token bucket says when the next request is let through', () => {
  const limiter = createLimiter({ kind: 'token-bucket', perSecond: 0.5, burst: 1 });
  expect(limiter.take(0)).toMatchObject({
    allowed: true,
    retryAfterMs: 0,
    remaining: 0,
    resetMs: 2000,
    limit: 1,
  });
  expect(limiter.take(500)).toMatchObject({ allowed: false, retryAfterMs: 1500, resetMs: 1500 });
  expect(limiter.take(2000)).toMatchObject({ allowed: true });
});

test('a fixed window lets its limit through, and the next window again', () => {
  const limiter = createLimiter({ kind: 'fixed-window', limit: 2, windowMs: 1000 });
  const verdicts = [300, 300, 300, 1299, 1300, 2299, 2299, 7350].map((now) => limiter.take(now));
  expect(verdicts.map((one) => one?.allowed)).toEqual([true, true, false, false, true, true, false, true]);
  expect(verdicts[3]).toMatchObject({ retryAfterMs: 1, resetMs: 1, remaining: 0, unit: 'Second' });
  expect(verdicts[7]).toMatchObject({ resetMs: 950, remaining: 1 });
});

test('no limiter has no opinion', () => {
  expect(createLimiter({ kind: 'none' }).take(0)).toBeUndefined();
});

test('both families of headers, with Reset in whole seconds, rounded up', () => {
  const verdict = {
    allowed: true,
    retryAfterMs: 0,
    limit: 60,
    remaining: 7,
    resetMs: 1001,
    unit: 'Minute',
  } as const;
  const standard = { 'RateLimit-Limit': '60', 'RateLimit-Remaining': '7', 'RateLimit-Reset': '2' };
  const older = { 'X-RateLimit-Limit-Minute': '60', 'X-RateLimit-Remaining': '7', 'X-RateLimit-Reset': '2' };
  expect(rateLimitHeaders(verdict, 'none')).toEqual({});
  expect(rateLimitHeaders(verdict, 'RateLimit')).toEqual(standard);
  expect(rateLimitHeaders(verdict, 'X-RateLimit')).toEqual(older);
  expect(rateLimitHeaders(verdict, 'both')).toEqual({ ...standard, ...older });
});
