import { isObject } from '../json.js';
import { second } from '../time.js';
import { type HeaderFields, header } from './header.js';

/** What a server said about its rate limit in one answer. */
export interface RateLimit {
  /** Requests that are still allowed before the reset. */
  readonly remaining: number;
  /** Milliseconds from the answer to the reset. */
  readonly resetMs: number;
  /** Requests that are allowed from one reset to the next, where the server names it. */
  readonly limit: number | undefined;
}

/**
 * The names that headers of a rate limit begin with, each of which counts a quota of its own:
 * CircleCI's two, and Buildkite's for the organization and for the user.
 */
export const families = ['ratelimit', 'x-ratelimit', 'ratelimit-user'] as const;
/** One of them: what a quota is known by. */
export type Family = (typeof families)[number];

/** As the headers are written, for texts. */
const resetHeaders: Readonly<Record<Family, string>> = {
  ratelimit: 'RateLimit-Reset',
  'x-ratelimit': 'X-RateLimit-Reset',
  'ratelimit-user': 'RateLimit-User-Reset',
};

/** What Buildkite's 429 calls the limit that has refused (https://buildkite.com/docs/apis/rest-api/rate-limits). */
const scopes = new Map<unknown, Family>([
  ['rest', 'ratelimit'],
  ['rest_user', 'ratelimit-user'],
]);

/** Seconds of the windows that X-RateLimit-Limit-… may name, shortest first. */
const windows = [
  ['second', 1],
  ['minute', 60],
  ['hour', 3600],
  ['day', 86_400],
] as const;

/**
 * The rate limits in RateLimit-*, X-RateLimit-* and RateLimit-User-* headers, where they are complete.
 * All count seconds to the reset
 * (https://circleci.com/docs/guides/toolkit/api-developers-guide/#rate-limits).
 */
export function rateLimitsOf(headers: HeaderFields): ReadonlyMap<Family, RateLimit> {
  const limits = new Map<Family, RateLimit>();
  for (const family of families) {
    const remaining = count(headers, `${family}-remaining`);
    const reset = count(headers, `${family}-reset`);
    if (remaining === undefined || reset === undefined) continue;
    limits.set(family, { remaining, resetMs: reset * second, limit: limitOf(headers, family, reset) });
  }
  return limits;
}

/** The limit as it is for us when `share` of it is left to others; the same where the server names no limit. */
export function reserved(said: RateLimit, share: number): RateLimit {
  const { remaining, resetMs, limit } = said;
  if (limit === undefined || share === 0) return said;
  // What binary fractions add, as in 100 * 0.07, reserves nothing.
  const kept = Math.ceil(limit * share - 1e-9);
  // Nobody refuses the requests that use up the reserve, so the last second, rounded down to 0, is waited for.
  return { remaining: remaining - kept, resetMs: resetMs === 0 ? second : resetMs, limit: limit - kept };
}

/**
 * The reset that counts for a request that was refused (429), and where it was named; needs no
 * Remaining header. Of several limits that of the scope in the body has refused, else the lowest.
 */
export function refusalReset(
  headers: HeaderFields,
  body: unknown,
): { ms: number; named: string } | undefined {
  const resets: { ms: number; named: string }[] = [];
  const add = (family: Family): void => {
    const reset = count(headers, `${family}-reset`);
    if (reset !== undefined) resets.push({ ms: reset * second, named: resetHeaders[family] });
  };
  if (isObject(body) && typeof body.scope === 'string') {
    const family = scopes.get(body.scope);
    if (family !== undefined) add(family);
    if (typeof body.reset === 'number') resets.push({ ms: body.reset * second, named: 'reset in the body' });
  }
  const complete = [...rateLimitsOf(headers)].sort(
    ([, one], [, other]) => one.remaining - other.remaining || other.resetMs - one.resetMs,
  );
  for (const [family] of complete) add(family);
  for (const family of families) add(family);
  return resets.find(({ ms }) => ms > 0);
}

function limitOf(headers: HeaderFields, family: Family, reset: number): number | undefined {
  const limit = count(headers, `${family}-limit`);
  if (limit !== undefined) return limit;
  // The reset of a window is never further away than the window is long.
  for (const [name, seconds] of windows) {
    if (reset > seconds) continue;
    const perWindow = count(headers, `${family}-limit-${name}`);
    if (perWindow !== undefined) return perWindow;
  }
  return undefined;
}

/** The number a header begins with: drafts of the standard allow `100, 100;w=60`. */
function count(headers: HeaderFields, name: string): number | undefined {
  const digits = /^\d+(?:\.\d+)?(?=$|[\s,;])/.exec(header(headers, name) ?? '')?.[0];
  return digits === undefined ? undefined : Number(digits);
}
