import { admit, observe, startPace } from '../../src/http/pace.js';

/** What a server's rate limiter says to a request at `now` (ms since the start). */
export type Limiter = (now: number) => { allowed: boolean; remaining: number; resetSeconds: number };

/** A bucket of `perSecond` tokens that is refilled at that rate; a refusal names whole seconds. */
export function tokenBucket(perSecond: number): Limiter {
  let tokens = perSecond;
  let last = 0;
  return (now) => {
    tokens = Math.min(perSecond, tokens + ((now - last) / 1000) * perSecond);
    last = now;
    const allowed = tokens >= 1;
    if (allowed) tokens -= 1;
    const resetSeconds = Math.max(1, Math.ceil((1 - tokens) / perSecond));
    return { allowed, remaining: Math.floor(tokens), resetSeconds };
  };
}

/** `perSecond` requests in each second; the first second has begun `offsetMs` before the start. */
export function fixedWindow(perSecond: number, offsetMs: number): Limiter {
  let window = -1;
  let used = 0;
  return (now) => {
    const seconds = (now + offsetMs) / 1000;
    if (Math.floor(seconds) !== window) used = 0;
    window = Math.floor(seconds);
    const allowed = used < perSecond;
    if (allowed) used += 1;
    return { allowed, remaining: perSecond - used, resetSeconds: Math.ceil(window + 1 - seconds) };
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
}

/** Sends requests at a Pace's word until each has succeeded, by a virtual clock with timers of 1 ms. */
export function simulate(simulation: Simulation): { milliseconds: number; refused: number } {
  const { limiter, headers } = simulation;
  let now = 0;
  let pace = startPace({ maxConcurrency: simulation.maxConcurrency }, now);
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
        const { allowed, remaining, resetSeconds } = limiter(now);
        const resetMs = resetSeconds * 1000;
        const rateLimit = headers ? { remaining, resetMs, limit: undefined } : undefined;
        later(10, () => {
          if (allowed) succeeded += 1;
          else [waiting, refused] = [waiting + 1, refused + 1];
          const outcome = allowed ? 'success' : 'refused';
          pace = observe(pace, { ticket, outcome, pauseMs: resetMs, rateLimit }, now);
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
