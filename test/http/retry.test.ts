import { describe, expect, test } from 'vitest';
import type { HeaderFields } from '../../src/http/header.js';
import {
  type Decision,
  decide,
  type Fault,
  type History,
  historyAfter,
  historyWaited,
  newHistory,
  type Outcome,
  retryAfterMs,
} from '../../src/http/retry.js';

const now = Date.parse('2026-11-20T12:00:00Z');
const firstAttempt: History = {
  attempts: 1,
  unreadable: 0,
  refused: 0,
  ownWaitMs: 0,
  originAnswered: true,
  refusedMs: 0,
};

function answered(status: number, headers: HeaderFields = {}, readable = true, body?: unknown): Outcome {
  return { kind: 'answered', status, headers, readable, body };
}
function broken(fault: Fault): Outcome {
  return { kind: 'broken', fault };
}
function decided(outcome: Outcome, history: Partial<History> = {}, random = 0.5): Decision {
  return decide(outcome, { ...firstAttempt, ...history }, { maxRetries: 5, now, random: () => random });
}
function retry(afterMs: number, named?: string): Decision {
  return { kind: 'retry', afterMs, named };
}
function fail(reason: string, afterMs?: number): object {
  return afterMs === undefined ? { kind: 'fail', reason } : { kind: 'fail', reason, afterMs };
}

describe('answers', () => {
  test.each([
    [200, { kind: 'answer' }],
    [204, { kind: 'answer' }],
    [304, fail('rejected')],
    [400, fail('rejected')],
    [401, fail('unauthorized')],
    [403, fail('forbidden')],
    [404, fail('not-found')],
    [408, retry(250)],
    [410, fail('rejected')],
    [425, retry(250)],
    [429, retry(250)],
    [500, retry(250)],
    [502, retry(250)],
    [503, retry(250)],
    [599, retry(250)],
  ])('%i', (status, expected) => {
    expect(decided(answered(status))).toEqual(expected);
  });

  test.each([
    [1, 1, retry(250)],
    [2, 2, retry(500)],
    [3, 3, fail('not-json')],
    [6, 1, fail('not-json')],
  ])('200 without JSON: attempt %i, unreadable %i', (attempts, unreadable, expected) => {
    expect(decided(answered(200, {}, false), { attempts, unreadable })).toEqual(expected);
  });
});

describe('faults', () => {
  test.each<[Fault, Partial<History>, object]>([
    ['interrupted', {}, retry(250)],
    ['interrupted', { attempts: 5 }, retry(4000)],
    ['interrupted', { attempts: 6 }, fail('gave-up')],
    ['timed-out', {}, retry(250)],
    ['certificate', {}, fail('certificate')],
    ['too-large', {}, fail('too-large')],
    ['unreachable', {}, retry(250)],
    ['unreachable', { attempts: 6 }, fail('gave-up')],
    ['unreachable', { originAnswered: false, attempts: 1 }, retry(450)],
    ['unreachable', { originAnswered: false, attempts: 2 }, retry(950)],
    ['unreachable', { originAnswered: false, attempts: 3 }, fail('unreachable')],
  ])('%s %o', (fault, history, expected) => {
    expect(decided(broken(fault), history)).toEqual(expected);
  });

  test('an hour of refusals alone is given up, however short each wait was', () => {
    const refused = answered(429, { 'retry-after': '1' });
    expect(decided(refused, { refusedMs: 3_599_000 }).kind).toBe('retry');
    expect(decided(refused, { refusedMs: 3_601_000 })).toMatchObject({
      kind: 'fail',
      reason: 'wait-too-long',
    });
  });

  test('an origin that never answered is given up in less than 3 s of waiting', () => {
    let history = newHistory;
    let decision: Decision;
    do {
      history = historyAfter(history, broken('unreachable'), { originAnswered: false, refusedMs: 0 });
      decision = decided(broken('unreachable'), history, 0.999);
      if (decision.kind === 'retry') history = historyWaited(history, decision);
    } while (decision.kind === 'retry');
    expect(history.attempts).toBe(3);
    expect(history.ownWaitMs).toBeLessThan(3000);
  });
});

describe('a lower limit of one request', () => {
  const limited = (outcome: Outcome, history: Partial<History>): string =>
    decide(
      outcome,
      { ...firstAttempt, ...history },
      { maxRetries: 5, maxRetriesOfFailures: 1, now, random: () => 0 },
    ).kind;

  test.each<[Outcome, Partial<History>, string]>([
    [answered(500), { attempts: 1 }, 'retry'],
    [answered(500), { attempts: 2 }, 'fail'],
    [broken('timed-out'), { attempts: 2 }, 'fail'],
    [answered(500), { attempts: 4, refused: 3 }, 'retry'],
    [answered(500), { attempts: 5, refused: 3 }, 'fail'],
    [answered(429), { attempts: 4, refused: 2 }, 'retry'],
    [answered(429), { attempts: 6, refused: 6 }, 'fail'],
    [answered(500), { attempts: 6, refused: 5 }, 'fail'],
  ])('%o after %o: %s', (outcome, history, expected) => {
    expect(limited(outcome, history)).toBe(expected);
  });

  test('refusals are counted', () => {
    const origin = { originAnswered: true, refusedMs: 0 };
    const refused = historyAfter(newHistory, answered(429), origin);
    expect(historyAfter(refused, answered(500), origin)).toMatchObject({ attempts: 2, refused: 1 });
  });
});

describe('waits', () => {
  test.each<[string, number, HeaderFields, object]>([
    ['seconds are kept exactly', 429, { 'retry-after': '40' }, retry(40_000, 'Retry-After')],
    ['on 503 too', 503, { 'retry-after': '2' }, retry(2000, 'Retry-After')],
    ['one hour is accepted', 429, { 'retry-after': '3600' }, retry(3_600_000, 'Retry-After')],
    ['more than one hour is not', 429, { 'retry-after': '3601' }, fail('wait-too-long', 3_601_000)],
    ['0 is no help', 429, { 'retry-after': '0' }, retry(250)],
    ['reset on 429', 429, { 'ratelimit-reset': '7' }, retry(7000, 'RateLimit-Reset')],
    ['X- reset on 429', 429, { 'x-ratelimit-reset': '7' }, retry(7000, 'X-RateLimit-Reset')],
    ['reset says nothing on 503', 503, { 'ratelimit-reset': '7' }, retry(250)],
    [
      'Retry-After goes first',
      429,
      { 'retry-after': '3', 'ratelimit-reset': '7' },
      retry(3000, 'Retry-After'),
    ],
    ['garbage', 429, { 'retry-after': 'soon' }, retry(250)],
  ])('%s', (_, status, headers, expected) => {
    expect(decided(answered(status, headers))).toEqual(expected);
  });

  const buildkite = { 'ratelimit-reset': '7', 'ratelimit-user-reset': '42' };
  test.each<[string, HeaderFields, unknown, object]>([
    ['of the user', buildkite, { scope: 'rest_user', reset: 40 }, retry(42_000, 'RateLimit-User-Reset')],
    ['of the organization', buildkite, { scope: 'rest', reset: 6 }, retry(7000, 'RateLimit-Reset')],
    ['in the body alone', {}, { scope: 'rest', reset: 6 }, retry(6000, 'reset in the body')],
    [
      'after Retry-After',
      { ...buildkite, 'retry-after': '3' },
      { scope: 'rest' },
      retry(3000, 'Retry-After'),
    ],
    ['of an hour and more', {}, { scope: 'rest', reset: 3601 }, fail('wait-too-long', 3_601_000)],
  ])('the scope that has refused names the wait: %s', (_, headers, body, expected) => {
    expect(decided(answered(429, headers, true, body))).toEqual(expected);
  });

  test('own waits are fully jittered, double, and stop at a minute', () => {
    const at = (attempts: number, random: number): Decision =>
      decide(answered(500), { ...firstAttempt, attempts }, { maxRetries: 99, now, random: () => random });
    expect(at(1, 0)).toEqual(retry(0));
    expect([1, 2, 3, 7, 8, 40].map((attempt) => at(attempt, 1))).toEqual(
      [500, 1000, 2000, 32_000, 60_000, 60_000].map((ms) => retry(ms)),
    );
  });

  test('own waits end at 15 minutes, named waits do not count', () => {
    expect(decided(answered(500), { ownWaitMs: 900_000 })).toEqual(fail('gave-up'));
    expect(decided(answered(500, { 'retry-after': '60' }), { ownWaitMs: 900_000 })).toEqual(
      retry(60_000, 'Retry-After'),
    );
    expect(historyWaited(firstAttempt, { kind: 'retry', afterMs: 9, named: 'Retry-After' })).toEqual(
      firstAttempt,
    );
    expect(historyWaited(firstAttempt, { kind: 'retry', afterMs: 9, named: undefined }).ownWaitMs).toBe(9);
  });

  test('a final refusal still tells the wait, for the other requests', () => {
    expect(decided(answered(429, { 'retry-after': '5' }), { attempts: 6 })).toEqual(fail('gave-up', 5000));
  });
});

describe('Retry-After', () => {
  const at = 'Fri, 20 Nov 2026 12:00:30 GMT';
  test.each<[string | undefined, string | undefined, number | undefined]>([
    [undefined, undefined, undefined],
    ['0', undefined, 0],
    ['1', undefined, 1000],
    ['1.5', undefined, 1500],
    ['-1', undefined, undefined],
    ['', undefined, undefined],
    ['soon', undefined, undefined],
    ['5 minutes', undefined, undefined],
    ['2026-11-20', undefined, undefined],
    [at, undefined, 30_000],
    [at, 'Fri, 20 Nov 2026 12:00:20 GMT', 10_000],
    [at, 'Fri, 20 Nov 2026 12:01:00 GMT', 0],
    [at, 'nonsense', 30_000],
    ['Fri, 99 Nov 2026 12:00:30 GMT', undefined, undefined],
  ])('%s with Date %s is %s', (value, date, expected) => {
    expect(retryAfterMs(value, date, now)).toBe(expected);
  });
});
