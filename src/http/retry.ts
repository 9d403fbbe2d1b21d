import { hour, minute, parseHttpDate, second } from '../time.js';
import { type HeaderFields, header } from './header.js';
import { refusalReset } from './rate-limit.js';

/**
 * How a request ended without an answer; named by what is done about it.
 * - `interrupted`, `timed-out`: may go well the next time.
 * - `unreachable`: no connection; while the origin has never answered it is likely misconfigured.
 * - `certificate`, `too-large`: will not change by asking again.
 */
export type Fault = 'interrupted' | 'timed-out' | 'unreachable' | 'certificate' | 'too-large';

/** How one attempt ended. */
export type Outcome =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly headers: HeaderFields;
      /** Whether the body was what was asked for: JSON, or a text. */
      readonly readable: boolean;
      /** Read for the wait in a refusal. */
      readonly body?: unknown;
    }
  | { readonly kind: 'broken'; readonly fault: Fault };

/** What has happened to a request so far, this attempt included. */
export interface History {
  /** Redirects do not count. */
  readonly attempts: number;
  /** How many of the attempts brought a 2xx that was not JSON. */
  readonly unreadable: number;
  /** How many of the attempts were refused (429). */
  readonly refused: number;
  /** Milliseconds spent in waits of our own choice. */
  readonly ownWaitMs: number;
  /** Whether the origin has ever answered anything, to any request. */
  readonly originAnswered: boolean;
  /** Milliseconds for which the origin has answered nothing but 429, to any request. */
  readonly refusedMs: number;
}

/** Before the first attempt. */
export const newHistory: History = {
  attempts: 0,
  unreadable: 0,
  refused: 0,
  ownWaitMs: 0,
  originAnswered: false,
  refusedMs: 0,
};

/** The history after one more attempt. */
export function historyAfter(
  history: History,
  outcome: Outcome,
  origin: { originAnswered: boolean; refusedMs: number },
): History {
  const unreadable = outcome.kind === 'answered' && isSuccess(outcome.status) && !outcome.readable;
  return {
    ...history,
    attempts: history.attempts + 1,
    unreadable: history.unreadable + (unreadable ? 1 : 0),
    refused: history.refused + (isRefusal(outcome) ? 1 : 0),
    ...origin,
  };
}

/** The history after the wait of `decision`. */
export function historyWaited(history: History, decision: Retry): History {
  if (decision.named !== undefined) return history;
  return { ...history, ownWaitMs: history.ownWaitMs + decision.afterMs };
}

/**
 * Why no further attempt is made.
 * - `unauthorized` (401), `forbidden` (403), `not-found` (404), `rejected` (another status that asking again does not change)
 * - `gave-up`: all attempts have failed
 * - `not-json`: something has answered, but not the API
 * - `too-large`, `certificate`, `unreachable`: as the faults of these names
 * - `wait-too-long`: the server asks for a longer wait than is accepted, or has refused everything for as long
 */
export type Reason =
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'rejected'
  | 'gave-up'
  | 'not-json'
  | 'too-large'
  | 'certificate'
  | 'unreachable'
  | 'wait-too-long';

/** One more attempt after a wait. */
export interface Retry {
  readonly kind: 'retry';
  /** Milliseconds to wait. */
  readonly afterMs: number;
  /** Where the server named the wait, such as 'Retry-After'; undefined: it is of our own choice. */
  readonly named: string | undefined;
}

/** No further attempt. */
export interface GiveUp {
  readonly kind: 'fail';
  readonly reason: Reason;
  /** Milliseconds to wait that the server named, if it did. */
  readonly afterMs?: number;
}

/** What to do after an attempt. */
export type Decision = { readonly kind: 'answer' } | Retry | GiveUp;

/** The longest wait that is accepted from a server, in milliseconds. */
export const longestNamedWaitMs = hour;
/** What one request may spend in all in waits of our own choice, in milliseconds. */
const longestOwnWaitMs = 15 * minute;

const firstBackoffMs = 500;
const longestBackoffMs = minute;
const attemptsForJson = 3;
/** Waits before the second and third attempt at an origin that has never answered. */
const quickWaitsMs = [900, 1_900];

/**
 * What to do after an attempt.
 * @param history with this attempt
 * @param maxRetriesOfFailures a lower limit that refusals do not count against
 * @param now the client's clock in milliseconds since 1970, for dates in Retry-After
 * @param random a number in [0, 1), for full jitter
 */
export function decide(
  outcome: Outcome,
  history: History,
  options: {
    maxRetries: number;
    maxRetriesOfFailures?: number | undefined;
    now: number;
    random: () => number;
  },
): Decision {
  const { maxRetries, maxRetriesOfFailures = maxRetries } = options;
  const failures = history.attempts - history.refused;
  const exhausted = history.attempts > maxRetries || (!isRefusal(outcome) && failures > maxRetriesOfFailures);

  if (outcome.kind === 'broken') {
    if (outcome.fault === 'certificate' || outcome.fault === 'too-large') return fail(outcome.fault);
    if (outcome.fault === 'unreachable' && !history.originAnswered) {
      const longest = quickWaitsMs[history.attempts - 1];
      if (exhausted || longest === undefined) return fail('unreachable');
      return { kind: 'retry', afterMs: options.random() * longest, named: undefined };
    }
    return exhausted ? fail('gave-up') : backoff(history, options.random);
  }

  const { status } = outcome;
  if (isSuccess(status)) {
    if (outcome.readable) return { kind: 'answer' };
    if (exhausted || history.unreadable >= attemptsForJson) return fail('not-json');
    return backoff(history, options.random);
  }
  if (status === 401) return fail('unauthorized');
  if (status === 403) return fail('forbidden');
  if (status === 404) return fail('not-found');
  if (!isTransient(status)) return fail('rejected');

  const named = namedWait(outcome, options.now);
  const isTooLong = named !== undefined && named.ms > longestNamedWaitMs;
  // However short each wait is, an hour of refusals alone is no rate limit any more.
  if (isTooLong || history.refusedMs > longestNamedWaitMs) return fail('wait-too-long', named?.ms);
  if (exhausted) return fail('gave-up', named?.ms);
  if (named !== undefined) return { kind: 'retry', afterMs: named.ms, named: named.where };
  return backoff(history, options.random);
}

/**
 * Milliseconds to wait according to a Retry-After header: seconds or an HTTP date, which is read
 * against the server's own Date where there is one. Undefined when it cannot be understood.
 */
export function retryAfterMs(
  value: string | undefined,
  date: string | undefined,
  now: number,
): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * second;
  const until = parseHttpDate(value);
  if (until === undefined) return undefined;
  return Math.max(0, until - (parseHttpDate(date) ?? now));
}

function namedWait(
  { status, headers, body }: Extract<Outcome, { kind: 'answered' }>,
  now: number,
): { ms: number; where: string } | undefined {
  const ms = retryAfterMs(header(headers, 'retry-after'), header(headers, 'date'), now);
  // "At once" is no help to a server that refuses or fails: our own backoff is kinder.
  if (ms !== undefined && ms > 0) return { ms, where: 'Retry-After' };
  const reset = status === 429 ? refusalReset(headers, body) : undefined;
  return reset === undefined ? undefined : { ms: reset.ms, where: reset.named };
}

/** Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ */
function backoff(history: History, random: () => number): Decision {
  const longest = Math.min(longestBackoffMs, firstBackoffMs * 2 ** (history.attempts - 1));
  const afterMs = random() * longest;
  if (history.ownWaitMs + afterMs > longestOwnWaitMs) return fail('gave-up');
  return { kind: 'retry', afterMs, named: undefined };
}

/** Request Timeout, Too Early, Too Many Requests and every fault of the server. */
function isTransient(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

function isRefusal(outcome: Outcome): boolean {
  return outcome.kind === 'answered' && outcome.status === 429;
}

/** 2xx. */
export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function fail(reason: Reason, afterMs?: number): Decision {
  return afterMs === undefined ? { kind: 'fail', reason } : { kind: 'fail', reason, afterMs };
}
