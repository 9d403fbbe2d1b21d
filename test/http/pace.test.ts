import { describe, expect, test } from 'vitest';
import {
  type Admission,
  admit,
  type Observation,
  observe,
  type Pace,
  startPace,
  type Ticket,
} from '../../src/http/pace.js';
import type { Family } from '../../src/http/rate-limit.js';
import { allOf, fixedWindow, type Limiter, simulate, tokenBucket, type Window } from './simulation.js';

/** Admits until the pace refuses. */
function fill(
  pace: Pace,
  now: number,
): { pace: Pace; tickets: Ticket[]; refusal: Admission & { admitted: false } } {
  const tickets: Ticket[] = [];
  for (let at = pace; ; ) {
    const admission = admit(at, now);
    if (!admission.admitted) return { pace: admission.pace, tickets, refusal: admission };
    at = admission.pace;
    tickets.push(admission.ticket);
  }
}

function all(pace: Pace, tickets: readonly Ticket[], what: Omit<Observation, 'ticket'>, now: number): Pace {
  return tickets.reduce((at, ticket) => observe(at, { ticket, ...what }, now), pace);
}

/** `rounds` full round trips of 20 ms without trouble, from `now` on. */
function succeed(pace: Pace, rounds: number, now: number): Pace {
  let at = pace;
  for (let round = 0; round < rounds; round += 1) {
    const { pace: filled, tickets } = fill(at, now + round * 20);
    at = all(filled, tickets, { outcome: 'success' }, now + round * 20 + 20);
  }
  return at;
}

describe('the number in flight', () => {
  test('binds alone as long as nothing was refused', () => {
    const { tickets, refusal } = fill(startPace({ maxConcurrency: 16 }, 0), 0);
    expect(tickets.map((ticket) => ticket.sequence)).toEqual(
      Array.from({ length: 16 }, (_, index) => index + 1),
    );
    expect(refusal).toMatchObject({ waitMs: Number.POSITIVE_INFINITY, because: 'in-flight' });
  });

  test('is halved once per round trip by failures, never below 1', () => {
    const { pace, tickets } = fill(startPace({ maxConcurrency: 16 }, 0), 1);
    const once = all(pace, tickets, { outcome: 'overloaded' }, 20);
    expect(once.inFlightLimit).toBe(8);
    let at = once;
    const limits: number[] = [];
    for (let now = 30; now < 130; now += 20) {
      const filled = fill(at, now);
      at = all(filled.pace, filled.tickets, { outcome: 'overloaded' }, now + 10);
      limits.push(at.inFlightLimit);
    }
    expect(limits).toEqual([4, 2, 1, 1, 1]);
  });

  test('goes up by one with 2 × limit successes, to the maximum', () => {
    const { pace, tickets } = fill(startPace({ maxConcurrency: 3 }, 0), 1);
    const halved = all(pace, tickets, { outcome: 'overloaded' }, 20);
    expect(halved.inFlightLimit).toBe(1);
    expect(succeed(halved, 1, 30).inFlightLimit).toBe(1);
    expect(succeed(halved, 2, 30).inFlightLimit).toBe(2);
    expect(succeed(halved, 4, 30).inFlightLimit).toBe(3);
    expect(succeed(halved, 40, 30).inFlightLimit).toBe(3);
  });

  test('is not changed by what we abandon', () => {
    const { pace, tickets } = fill(startPace({ maxConcurrency: 4 }, 0), 1);
    expect(all(pace, tickets, { outcome: 'abandoned' }, 20)).toMatchObject({ inFlightLimit: 4, inFlight: 0 });
  });
});

describe('a refusal', () => {
  /** 100 successes within 200 ms, then 10 in flight at 200 ms. */
  function busy(): { pace: Pace; tickets: Ticket[] } {
    return fill(succeed(startPace({ maxConcurrency: 10 }, 0), 10, 0), 200);
  }
  const refused = (pauseMs: number) => ({ outcome: 'refused', pauseMs }) as const;

  test('pauses everything until the time that was named', () => {
    const { pace, tickets } = busy();
    const paused = all(pace, tickets, refused(780), 220);
    expect(fill(paused, 999)).toMatchObject({ tickets: [], refusal: { waitMs: 1, because: 'pause' } });
    expect(fill(paused, 1000).tickets.length).toBeGreaterThan(0);
  });

  test('halves the number in flight once, however many were sent before the pause', () => {
    const { pace, tickets } = busy();
    expect(all(pace, tickets, refused(780), 220).inFlightLimit).toBe(5);
  });

  test('resumes at 0.95 of the successes per time up to the end of the pause', () => {
    const { pace, tickets } = busy();
    const { pace: resumed } = fill(all(pace, tickets, refused(780), 220), 1000);
    expect(resumed.rate * 1000).toBeCloseTo(95);
  });

  test('that comes late extends the pause and lowers nothing again', () => {
    const { pace, tickets } = busy();
    const [first, second, third] = tickets;
    if (first === undefined || second === undefined || third === undefined) throw new Error('no tickets');
    const paused = all(pace, [first], refused(780), 220);
    const extended = all(paused, [second], refused(1280), 220);
    expect(admit(extended, 1000)).toMatchObject({ admitted: false, waitMs: 500 });
    const { pace: resumed } = fill(extended, 1500);
    const again = all(resumed, [third], refused(100), 1510);
    expect(admit(again, 1520)).toMatchObject({ admitted: false, because: 'pause', waitMs: 90 });
    const { pace: after } = fill(again, 1610);
    expect(after.rate).toBe(resumed.rate);
    expect(after.inFlightLimit).toBe(resumed.inFlightLimit);
  });

  test('before anything was measured leaves the rate open', () => {
    const { pace, tickets } = fill(startPace({ maxConcurrency: 16 }, 0), 1);
    const { pace: resumed } = fill(all(pace, tickets, refused(40_000), 20), 40_020);
    expect(resumed).toMatchObject({ rate: Number.POSITIVE_INFINITY, inFlightLimit: 8 });
  });

  test('soon after a pause lowers the learnt rate by 30 % at most', () => {
    const { pace, tickets } = busy();
    const { pace: resumed, tickets: next } = fill(all(pace, tickets, refused(780), 220), 1000);
    const { pace: again } = fill(all(resumed, next.slice(0, 1), refused(60_000), 1020), 61_020);
    expect(again.rate / resumed.rate).toBeCloseTo(0.7);
  });

  test('after idle time is measured without it', () => {
    const idle = succeed(startPace({ maxConcurrency: 10 }, 0), 5, 0);
    const active = fill(succeed(idle, 5, 600_100), 600_200);
    const { pace: resumed } = fill(all(active.pace, active.tickets, refused(780), 600_220), 601_000);
    expect(resumed.rate * 1000).toBeCloseTo(95);
  });
});

describe('the rate', () => {
  test('of the user spaces requests evenly and lets a late timer catch up a little', () => {
    let at = startPace({ maxConcurrency: 100, maxRequestsPerSecond: 100 }, 0);
    const due: number[] = [];
    for (let now = 0; now < 100; now += 1) {
      const filled = fill(at, now);
      at = filled.pace;
      due.push(...filled.tickets.map(() => now));
    }
    expect(due).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90]);
    expect(fill(at, 1000).tickets).toHaveLength(3);
  });

  test('that was learnt goes up 1 % per second at first, and only while it binds', () => {
    const learnt = { ...startPace({ maxConcurrency: 1000 }, 0), rate: 0.1 };
    let bound: Pace = learnt;
    for (let now = 0; now <= 1000; now += 1) {
      const filled = fill(bound, now);
      bound = all(filled.pace, filled.tickets, { outcome: 'success' }, now);
    }
    expect(bound.rate).toBeGreaterThan(0.1009);
    expect(bound.rate).toBeLessThan(0.1013);

    let free: Pace = learnt;
    for (let now = 0; now <= 1000; now += 100) {
      const admission = admit(free, now);
      if (!admission.admitted) throw new Error('bound');
      free = observe(admission.pace, { ticket: admission.ticket, outcome: 'success' }, now + 20);
    }
    expect(free.rate).toBe(0.1);
  });
});

describe('a quota in headers', () => {
  const said = (remaining: number, resetMs: number, family: Family = 'ratelimit') =>
    ({ outcome: 'success', rateLimits: new Map([[family, { remaining, resetMs, limit: 30 }]]) }) as const;
  const quotaOf = (pace: Pace, family: Family = 'ratelimit') => pace.quotas.get(family);

  test('counts requests in flight, waits for the reset, then assumes a full one', () => {
    const { pace, tickets } = fill(startPace({ maxConcurrency: 16 }, 0), 0);
    const known = all(pace, tickets, said(5, 1000), 20);
    const { pace: used, tickets: last, refusal } = fill(known, 30);
    expect(last).toHaveLength(5);
    expect(refusal).toMatchObject({ because: 'quota', waitMs: 990 });
    const drained = all(used, last, said(0, 970), 50);
    expect(admit(drained, 1019)).toMatchObject({ admitted: false, waitMs: 1 });
    expect(fill(drained, 1020).tickets).toHaveLength(16);
  });

  test('takes the lowest of answers that overtook each other', () => {
    const { pace, tickets } = fill(startPace({ maxConcurrency: 3 }, 0), 0);
    const known = tickets.reduce(
      (at, ticket, index) => observe(at, { ticket, ...said([4, 2, 3][index] ?? 0, 1000) }, 20),
      pace,
    );
    expect(quotaOf(known)?.remaining).toBe(2);
  });

  test('believes a higher remaining only from a request that was sent later', () => {
    const { pace, tickets } = fill(startPace({ maxConcurrency: 3 }, 0), 0);
    const low = all(pace, tickets, said(2, 1000), 20);
    const later = fill(low, 30);
    expect(quotaOf(all(later.pace, later.tickets.slice(0, 1), said(29, 800), 50))).toMatchObject({
      remaining: 29,
      resetAt: 850,
    });
  });

  test('an answer without headers uses one up', () => {
    const { pace, tickets } = fill(startPace({ maxConcurrency: 2 }, 0), 0);
    const known = all(
      all(pace, tickets.slice(0, 1), said(9, 1000), 20),
      tickets.slice(1),
      { outcome: 'overloaded' },
      20,
    );
    expect(quotaOf(known)?.remaining).toBe(8);
  });

  test('of several quotas each is learnt, spent and renewed on its own, the longest wait counts', () => {
    const { pace, tickets } = fill(startPace({ maxConcurrency: 3 }, 0), 0);
    const [first, second, third] = tickets.map((ticket) => [ticket]);
    let at = all(pace, first ?? [], said(1, 1000), 20);
    at = all(at, second ?? [], said(9, 5000, 'ratelimit-user'), 20);
    expect([quotaOf(at)?.remaining, quotaOf(at, 'ratelimit-user')?.remaining]).toEqual([0, 9]);
    at = all(at, third ?? [], said(0, 4000, 'ratelimit-user'), 30);
    expect(admit(at, 40)).toMatchObject({ waitMs: 3990, because: 'quota', family: 'ratelimit-user' });
    expect(admit(at, 1100)).toMatchObject({ waitMs: 2930, family: 'ratelimit-user' });
    expect(fill(at, 4030).tickets).toHaveLength(3);
  });

  test('a wait until an answer comes is longer than any other', () => {
    const { pace, tickets } = fill(startPace({ maxConcurrency: 2 }, 0), 0);
    const both = new Map([...said(0, 1000).rateLimits, ...said(0, 9000, 'ratelimit-user').rateLimits]);
    const one = new Map([...both].map(([family, limit]) => [family, { ...limit, limit: 1 }]));
    const known = all(pace, tickets, { outcome: 'success', rateLimits: one }, 20);
    const { pace: going, tickets: sent, refusal } = fill(known, 9020);
    expect(sent).toHaveLength(1);
    expect(refusal).toMatchObject({ because: 'quota', waitMs: Number.POSITIVE_INFINITY });
    expect(fill(all(going, sent, { outcome: 'success' }, 9040), 9040).tickets).toHaveLength(2);
  });

  test('keeps the reserve of the shared quota, and none of the other', () => {
    const { pace, tickets } = fill(startPace({ maxConcurrency: 16, reserve: 0.5 }, 0), 0);
    expect(fill(all(pace, tickets, said(18, 1000), 20), 30).tickets).toHaveLength(3);
    expect(fill(all(pace, tickets, said(15, 1000), 20), 30).refusal).toMatchObject({
      because: 'quota',
      family: 'ratelimit',
      waitMs: 990,
    });
    expect(fill(all(pace, tickets, said(15, 1000, 'ratelimit-user'), 20), 30).tickets).toHaveLength(15);
    // Until an answer tells, half of the limit is ours after the reset.
    const renewed = fill(all(pace, tickets, said(15, 1000), 20), 1020);
    expect(renewed.tickets).toHaveLength(15);
  });

  test('a reset that is more than an hour away is not believed', () => {
    const { pace, tickets } = fill(startPace({ maxConcurrency: 2 }, 0), 0);
    expect(fill(all(pace, tickets, said(0, 3_600_001), 20), 30).tickets).toHaveLength(2);
  });
});

describe('against a limiter of 60 requests per second, 1,500 requests', () => {
  test.each<[string, () => Limiter, { headers: boolean; ratio: number; refused: number }]>([
    ['bucket', () => tokenBucket(60), { headers: false, ratio: 1.1, refused: 0.02 }],
    ['window', () => fixedWindow({ limit: 60 }), { headers: false, ratio: 1.3, refused: 0.02 }],
    [
      'window that ends soon',
      () => fixedWindow({ limit: 60, offsetMs: 950 }),
      { headers: false, ratio: 1.3, refused: 0.02 },
    ],
    ['bucket with headers', () => tokenBucket(60), { headers: true, ratio: 1.05, refused: 0.001 }],
    ['window with headers', () => fixedWindow({ limit: 60 }), { headers: true, ratio: 1.05, refused: 0.001 }],
    [
      'window with headers that ends soon',
      () => fixedWindow({ limit: 60, offsetMs: 950 }),
      { headers: true, ratio: 1.05, refused: 0.001 },
    ],
  ])('%s', (_, limiter, { headers, ratio, refused }) => {
    for (const jitterMs of [0, 40]) {
      const run = simulate({ requests: 1500, maxConcurrency: 16, limiter: limiter(), headers, jitterMs });
      expect(run.milliseconds / 25_000).toBeLessThan(ratio);
      expect(run.refused / 1500).toBeLessThan(refused);
    }
  });

  test('no limit: full concurrency', () => {
    const limiter = tokenBucket(1_000_000);
    const run = simulate({ requests: 1600, maxConcurrency: 16, limiter, headers: false, jitterMs: 0 });
    expect(run).toEqual({ milliseconds: 2000, refused: 0 });
  });
});

describe('against the two limits of Buildkite, 200 for all and 50 for the user in 60 s', () => {
  const organization: Window = { limit: 200, seconds: 60, isNamed: true };
  const user: Window = { limit: 50, seconds: 60, isNamed: true, family: 'ratelimit-user' };

  test.each([0, 20_000, 59_500])('the lower one is used up, the windows %i ms apart', (offsetMs) => {
    for (const jitterMs of [0, 40]) {
      const limiter = allOf(fixedWindow(organization), fixedWindow({ ...user, offsetMs }));
      const run = simulate({ requests: 500, maxConcurrency: 8, limiter, headers: true, jitterMs });
      // The last of ten windows need not end.
      expect(run.milliseconds).toBeLessThan(9.2 * 60_000);
      expect(run.refused).toBeLessThanOrEqual(1);
    }
  });

  test('the one for all binds where others leave less', () => {
    const limiter = allOf(fixedWindow({ ...organization, others: () => 170 }), fixedWindow(user));
    const run = simulate({ requests: 300, maxConcurrency: 8, limiter, headers: true, jitterMs: 40 });
    expect(run.milliseconds).toBeLessThan(9.2 * 60_000);
    expect(run.refused).toBeLessThanOrEqual(8);
  });

  const maxConcurrency = 8;
  describe.each([
    { rounding: 'up', rounded: Math.ceil, early: 0 },
    // What is sent before the window ends finds that out, and no more.
    { rounding: 'down', rounded: Math.floor, early: maxConcurrency },
  ])('the reserve, with resets rounded $rounding', ({ rounded, early }) => {
    test.each<[string, (ms: number, window: number) => number, number]>([
      ['at rest', () => 0, 0],
      ['steady', (ms) => Math.floor(ms / 500), 0],
      ['in bursts', (ms) => 30 * Math.floor(ms / 7000), 0],
      ['at the start of each window', (_, window) => 80 + 13 * (window % 5), 0],
      ['all at once', (ms) => (ms > 400 ? 190 : 0), 0],
      // Requests of the window before that arrive in this one come on top.
      ['in it from the start', () => 170, maxConcurrency],
    ])('is used by no more than are in flight when others are %s', (_, others, crossing) => {
      for (const [jitterMs, offsetMs] of [
        [0, 0],
        [40, 31_300],
        [400, 59_900],
      ] as const) {
        const used = new Map<number, number>();
        const onArrival = ({ remaining, window }: { remaining: number; window: number }): void => {
          if (remaining < 40) used.set(window, (used.get(window) ?? 0) + 1);
        };
        const limiter = fixedWindow({ ...organization, offsetMs, rounded, others, onArrival });
        simulate({ requests: 600, maxConcurrency, limiter, headers: true, jitterMs, reserve: 0.2 });
        expect(Math.max(0, ...used.values())).toBeLessThanOrEqual(maxConcurrency + early + crossing);
      }
    });
  });

  test('what the reserve leaves is used', () => {
    const limiter = fixedWindow(organization);
    const run = simulate({
      requests: 1600,
      maxConcurrency,
      limiter,
      headers: true,
      jitterMs: 0,
      reserve: 0.2,
    });
    expect(run).toMatchObject({ refused: 0 });
    expect(run.milliseconds).toBeLessThan(9.1 * 60_000);
  });
});
