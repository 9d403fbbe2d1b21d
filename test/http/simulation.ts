import { admit, observe, startPace } from '../../src/http/pace.js';
import type { Family, RateLimit } from '../../src/http/rate-limit.js';

/** What a server's rate limiter says to a request. */
interface Verdict {
  readonly allowed: boolean;
  /** After a refusal: in which time to come again. */
  readonly resetSeconds: number;
  /** What its headers say. */
  readonly rateLimits: ReadonlyMap<Family, RateLimit>;
}

/** Judges a request that arrives at `now` (ms since the start). */
export type Limiter = (now: number) => Verdict;

function verdict(allowed: boolean, family: Family, said: Omit<RateLimit, 'resetMs'>, reset: number): Verdict {
  const rateLimits = new Map([[family, { ...said, resetMs: reset * 1000 }]]);
  return { allowed, resetSeconds: reset, rateLimits };
}

/** A bucket of `perSecond` tokens that is refilled at that rate; a refusal names whole seconds. */
export function tokenBucket(perSecond: number): Limiter {
  let tokens = perSecond;
  let last = 0;
  return (now) => {
    tokens = Math.min(perSecond, tokens + ((now - last) / 1000) * perSecond);
    last = now;
    const allowed = tokens >= 1;
    if (allowed) tokens -= 1;
    const reset = Math.max(1, Math.ceil((1 - tokens) / perSecond));
    return verdict(allowed, 'ratelimit', { remaining: Math.floor(tokens), limit: undefined }, reset);
  };
}

export interface Window {
  /** Requests that are allowed in each window. */
  readonly limit: number;
  readonly seconds?: number;
  /** The first window has begun so long before the start. */
  readonly offsetMs?: number;
  readonly family?: Family;
  /** Whether the headers name the limit. */
  readonly isNamed?: boolean;
  /** How the seconds to the reset are rounded. */
  readonly rounded?: (seconds: number) => number;
  /** Requests of others from the beginning of the window until `ms` thereafter. */
  readonly others?: (ms: number, window: number) => number;
  /** Told what is left when a request has arrived. */
  readonly onArrival?: (arrival: { remaining: number; window: number }) => void;
}

/** So many requests in each window of so many seconds. */
export function fixedWindow(options: Window): Limiter {
  const { limit, seconds = 1, offsetMs = 0, family = 'ratelimit', rounded = Math.ceil } = options;
  let window = -1;
  let used = 0;
  return (now) => {
    const at = (now + offsetMs) / 1000 / seconds;
    if (Math.floor(at) !== window) used = 0;
    window = Math.floor(at);
    const others = options.others?.((at - window) * seconds * 1000, window) ?? 0;
    const allowed = used + others < limit;
    if (allowed) used += 1;
    const remaining = Math.max(0, limit - used - others);
    options.onArrival?.({ remaining, window });
    const named = options.isNamed === true ? limit : undefined;
    return verdict(allowed, family, { remaining, limit: named }, rounded((window + 1 - at) * seconds));
  };
}

/** Allows what all of them allow; each counts the request, as Buildkite's do. */
export function allOf(...limiters: readonly Limiter[]): Limiter {
  return (now) => {
    const verdicts = limiters.map((limiter) => limiter(now));
    const refusing = verdicts.filter(({ allowed }) => !allowed);
    return {
      allowed: refusing.length === 0,
      resetSeconds: Math.max(0, ...refusing.map(({ resetSeconds }) => resetSeconds)),
      rateLimits: new Map(verdicts.flatMap(({ rateLimits }) => [...rateLimits])),
    };
  };
}

interface Simulation {
  readonly requests: number;
  readonly maxConcurrency: number;
  readonly limiter: Limiter;
  /** Whether answers carry RateLimit headers. */
  readonly headers: boolean;
  /** Added at random to the way there of 10 ms; the way back takes 10 ms. */
  readonly jitterMs: number;
  readonly reserve?: number;
}

/** Sends requests at a Pace's word until each has succeeded, by a virtual clock with timers of 1 ms. */
export function simulate(simulation: Simulation): { milliseconds: number; refused: number } {
  const { limiter, headers } = simulation;
  let now = 0;
  let pace = startPace({ maxConcurrency: simulation.maxConcurrency, reserve: simulation.reserve }, now);
  let [waiting, succeeded, refused] = [simulation.requests, 0, 0];
  let seed = 1;
  const random = (): number => {
    seed = (seed * 16_807) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const events: { at: number; run: () => void }[] = [];
  const later = (milliseconds: number, run: () => void): void => {
    events.push({ at: now + milliseconds, run });
  };
  let wakeAt = Number.POSITIVE_INFINITY;

  function send(): void {
    wakeAt = Number.POSITIVE_INFINITY;
    while (waiting > 0) {
      const admission = admit(pace, now);
      pace = admission.pace;
      if (!admission.admitted) {
        wakeAt = now + Math.ceil(admission.waitMs);
        return;
      }
      waiting -= 1;
      const { ticket } = admission;
      later(10 + simulation.jitterMs * random(), () => {
        const { allowed, resetSeconds, rateLimits: said } = limiter(now);
        const pauseMs = resetSeconds * 1000;
        const rateLimits = headers ? said : undefined;
        later(10, () => {
          if (allowed) succeeded += 1;
          else [waiting, refused] = [waiting + 1, refused + 1];
          const outcome = allowed ? 'success' : 'refused';
          pace = observe(pace, { ticket, outcome, pauseMs, rateLimits }, now);
          send();
        });
      });
    }
  }

  send();
  while (succeeded < simulation.requests) {
    events.sort((one, other) => one.at - other.at);
    const next = events[0];
    if (wakeAt <= (next?.at ?? Number.POSITIVE_INFINITY)) {
      if (wakeAt === Number.POSITIVE_INFINITY) throw new Error('Nothing will ever happen again.');
      now = wakeAt;
      send();
    } else if (next !== undefined) {
      events.shift();
      now = next.at;
      next.run();
    }
  }
  return { milliseconds: now, refused };
}
