import { second } from '../time.js';
import { learnQuotas, longestQuotaWait, type Quotas, renewQuotas } from './quota.js';
import { type Family, type RateLimit, reserved } from './rate-limit.js';

/**
 * How fast requests may be sent to one source. Times are milliseconds on any clock that does not
 * jump, rates are requests per millisecond.
 *
 * Two things bind: a number in flight and, once the server has refused a request, a rate. Both are
 * found out by going slowly up and by going down when the server complains.
 */
export interface Pace {
  /** As many as the user allows. */
  readonly maxInFlight: number;
  /** The user's own limit; Infinity for none. */
  readonly maxRate: number;
  /** The rate learnt from refusals; Infinity until there was one. */
  readonly rate: number;
  /** When `rate` was last raised, or last did not bind. */
  readonly raisedAt: number;
  /** Whether the request that is waiting has been held back by a rate. */
  readonly held: boolean;
  /** When the next request is due under the rate. */
  readonly dueAt: number;

  /** As many as the server is thought to bear, from 1 to `maxInFlight`. */
  readonly inFlightLimit: number;
  /** Admitted requests that have not been observed yet. */
  readonly inFlight: number;
  /** Successes since `inFlightLimit` last changed. */
  readonly steady: number;
  /** Requests sent before this do not lower `inFlightLimit` again: they were sent in the same round trip. */
  readonly loweredAt: number;

  /** All requests wait until then. */
  readonly pausedUntil: number;
  /** When the last pause began that lowered the pace; -Infinity until there was one. */
  readonly pauseBegan: number;
  /** Stays true after `pausedUntil` until somebody asks for admission or is observed. */
  readonly paused: boolean;
  /** Since `measuredFrom`. */
  readonly successes: number;
  /** Start, or end of the last pause, moved on by idle time. */
  readonly measuredFrom: number;
  /** Since when nothing is in flight and nothing asked for admission. */
  readonly idleSince: number | undefined;

  /** Requests that have been admitted in all. */
  readonly sent: number;
  /** What the server itself counts down in its headers. */
  readonly quotas: Quotas;
  /** Share of the quota `ratelimit` that is left to others. */
  readonly reserve: number;
}

/** One admitted request. */
export interface Ticket {
  /** 1 for the first request. */
  readonly sequence: number;
  readonly sentAt: number;
}

/** What became of an admitted request. */
export interface Observation {
  readonly ticket: Ticket;
  /**
   * - `success`: the server has answered, if only with "not found"
   * - `refused`: 429
   * - `overloaded`: 5xx, time-out, broken connection
   * - `abandoned`: given up by us, says nothing
   */
  readonly outcome: 'success' | 'refused' | 'overloaded' | 'abandoned';
  /** With `refused`: for how many milliseconds all requests are to pause. */
  readonly pauseMs?: number;
  /** What the answer said, as it said it. */
  readonly rateLimits?: ReadonlyMap<Family, RateLimit> | undefined;
}

/** Whether one more request may be sent, or else how long to wait for what; `pace` is the one from now on. */
export type Admission =
  | { readonly admitted: true; readonly pace: Pace; readonly ticket: Ticket }
  | {
      readonly admitted: false;
      readonly pace: Pace;
      /** Ask again then, or after the next observation; Infinity: only after an observation. */
      readonly waitMs: number;
      /** What binds: the number under way, a rate, the pause after a refusal, or a quota that is used up. */
      readonly because: 'in-flight' | 'rate' | 'pause' | 'quota';
      /** With `quota`: which one. */
      readonly family?: Family;
    };

const resumeFactor = 0.95;
/** A pause soon after another one measures little, so what was learnt before counts too. */
const mostLowered = 0.7;
const raisePerSecond = 0.01;
/** A rate that was learnt too low is left sooner: each such span without a refusal adds 1 % per second. */
const raiseFasterEverySeconds = 10;
const raisePerSecondAtMost = 0.05;
/** Fewer successes than this between two pauses say nothing about the rate that is allowed. */
const fewestMeasured = 20;
/** How far a sender that is late (a timer, a busy process) may catch up. */
const slackMs = 20;

/**
 * The pace at the start: as fast as the user allows, since nothing is known of the server.
 * @param options.maxRequestsPerSecond the user's own limit; undefined for none
 * @param options.reserve share of the quota `ratelimit`, below 1, that is left to others
 */
export function startPace(
  options: {
    maxConcurrency: number;
    maxRequestsPerSecond?: number | undefined;
    reserve?: number | undefined;
  },
  now: number,
): Pace {
  return {
    maxInFlight: options.maxConcurrency,
    maxRate: (options.maxRequestsPerSecond ?? Number.POSITIVE_INFINITY) / second,
    rate: Number.POSITIVE_INFINITY,
    raisedAt: now,
    held: false,
    dueAt: now,
    inFlightLimit: options.maxConcurrency,
    inFlight: 0,
    steady: 0,
    loweredAt: Number.NEGATIVE_INFINITY,
    pausedUntil: now,
    pauseBegan: Number.NEGATIVE_INFINITY,
    paused: false,
    successes: 0,
    measuredFrom: now,
    idleSince: undefined,
    sent: 0,
    quotas: new Map(),
    reserve: options.reserve ?? 0,
  };
}

/** Whether one more request may be sent at `now`. */
export function admit(before: Pace, now: number): Admission {
  const pace = awake(resumed(before, now), now);
  if (pace.paused) return { admitted: false, pace, waitMs: pace.pausedUntil - now, because: 'pause' };
  const quotas = renewQuotas(pace.quotas, pace.sent, now);
  if (pace.inFlight >= pace.inFlightLimit) {
    return { admitted: false, pace, waitMs: Number.POSITIVE_INFINITY, because: 'in-flight' };
  }
  const wait = longestQuotaWait(quotas, pace.inFlight, now);
  if (wait !== undefined) return { admitted: false, pace: { ...pace, quotas }, because: 'quota', ...wait };

  const rate = Math.min(pace.rate, pace.maxRate);
  if (now < pace.dueAt) {
    return { admitted: false, pace: { ...pace, held: true }, waitMs: pace.dueAt - now, because: 'rate' };
  }
  const dueAt = rate === Number.POSITIVE_INFINITY ? now : Math.max(pace.dueAt, now - slackMs) + 1 / rate;
  const ticket = { sequence: pace.sent + 1, sentAt: now };
  const sent = { sent: ticket.sequence, inFlight: pace.inFlight + 1, dueAt, quotas };
  return { admitted: true, pace: { ...pace, ...sent, ...raised(pace, now) }, ticket };
}

/** The pace after an admitted request has ended. */
export function observe(before: Pace, observation: Observation, now: number): Pace {
  const { ticket, outcome } = observation;
  const inFlight = before.inFlight - 1;
  const said = ours(observation.rateLimits ?? new Map(), before.reserve);
  const quotas = learnQuotas(before.quotas, said, { sequence: ticket.sequence, sent: before.sent, now });
  const idleSince = inFlight === 0 ? now : undefined;
  const pace = { ...resumed(before, now), inFlight, idleSince, quotas };

  switch (outcome) {
    case 'success':
      return succeeded(pace);
    case 'overloaded':
      return ticket.sentAt > pace.loweredAt ? lowered(pace, now) : pace;
    case 'refused':
      return refused(pace, ticket, now, now + (observation.pauseMs ?? 0));
    case 'abandoned':
      return pace;
  }
}

/** The limits without what is left to others. */
function ours(said: ReadonlyMap<Family, RateLimit>, reserve: number): ReadonlyMap<Family, RateLimit> {
  const shared = said.get('ratelimit');
  if (shared === undefined || reserve === 0) return said;
  return new Map(said).set('ratelimit', reserved(shared, reserve));
}

function succeeded(pace: Pace): Pace {
  const successes = pace.successes + 1;
  if (pace.inFlightLimit === pace.maxInFlight) return { ...pace, successes };
  const steady = pace.steady + 1;
  if (steady < 2 * pace.inFlightLimit) return { ...pace, successes, steady };
  return { ...pace, successes, steady: 0, inFlightLimit: pace.inFlightLimit + 1 };
}

function refused(pace: Pace, ticket: Ticket, now: number, until: number): Pace {
  const pausedUntil = pace.paused ? Math.max(pace.pausedUntil, until) : until;
  if (pace.paused) return { ...pace, pausedUntil };
  // Sent before the last pause began, refused after it: the server still asks to wait, but has
  // said nothing about the pace since then.
  if (ticket.sentAt <= pace.pauseBegan) return { ...pace, paused: true, pausedUntil };
  return { ...lowered(pace, now), paused: true, pausedUntil, pauseBegan: now };
}

function lowered(pace: Pace, now: number): Pace {
  const inFlightLimit = Math.max(1, Math.floor(pace.inFlightLimit / 2));
  return { ...pace, inFlightLimit, loweredAt: now, steady: 0 };
}

/**
 * The pace once its pause is over: a little slower than what the server let through, the pause
 * included, which is what a fixed window as well as a bucket of tokens allows in the long run.
 */
function resumed(pace: Pace, now: number): Pace {
  if (!pace.paused || now < pace.pausedUntil) return pace;
  const end = pace.pausedUntil;
  const going = { ...pace, paused: false, raisedAt: now, dueAt: end };
  const lowers = pace.pauseBegan >= pace.measuredFrom;
  if (!lowers) return going;
  const rate = resumeRate(pace, Math.max(1, end - pace.measuredFrom));
  return { ...going, rate, successes: 0, measuredFrom: end };
}

function resumeRate(pace: Pace, elapsed: number): number {
  const lowest = mostLowered * pace.rate;
  if (pace.successes < fewestMeasured) return lowest;
  const measured = (resumeFactor * pace.successes) / elapsed;
  return Number.isFinite(pace.rate) ? Math.max(measured, lowest) : measured;
}

/** Time in which we had nothing to ask is no measure of what the server allows. */
function awake(pace: Pace, now: number): Pace {
  if (pace.idleSince === undefined) return pace;
  const idle = pace.paused ? 0 : now - Math.max(pace.idleSince, pace.measuredFrom);
  return { ...pace, idleSince: undefined, measuredFrom: pace.measuredFrom + Math.max(0, idle) };
}

/** The learnt rate goes up while it is what binds. */
function raised(pace: Pace, now: number): Pick<Pace, 'rate' | 'raisedAt' | 'held'> {
  if (!pace.held || pace.rate > pace.maxRate) return { rate: pace.rate, raisedAt: now, held: false };
  const seconds = Math.min(now - pace.raisedAt, Math.max(second, 2 / pace.rate)) / second;
  const unrefused = Math.max(0, now - pace.measuredFrom) / second;
  const perSecond = Math.min(
    raisePerSecondAtMost,
    raisePerSecond * (1 + unrefused / raiseFasterEverySeconds),
  );
  return { rate: pace.rate * (1 + perSecond * seconds), raisedAt: now, held: false };
}
