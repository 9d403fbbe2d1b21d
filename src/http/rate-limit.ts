import { type Headers, header } from './header.js';

/** What a server said about its rate limit in one answer. */
export interface RateLimit {
  /** Requests that are still allowed before the reset. */
  readonly remaining: number;
  /** Milliseconds from the answer to the reset. */
  readonly resetMs: number;
  /** Requests that are allowed from one reset to the next, where the server names it. */
  readonly limit: number | undefined;
}

const families = ['ratelimit', 'x-ratelimit'] as const;

/** Seconds of the windows that X-RateLimit-Limit-… may name, shortest first. */
const windows = [
  ['second', 1],
  ['minute', 60],
  ['hour', 3600],
  ['day', 86_400],
] as const;

/**
 * The rate limit in RateLimit-* or X-RateLimit-* headers, or undefined when none is complete.
 * Both families count seconds to the reset; of two the one with less remaining is enforced
 * (https://circleci.com/docs/guides/toolkit/api-developers-guide/#rate-limits).
 */
export function rateLimitOf(headers: Headers): RateLimit | undefined {
  let lowest: RateLimit | undefined;
  for (const family of families) {
    const remaining = count(headers, `${family}-remaining`);
    const reset = count(headers, `${family}-reset`);
    if (remaining === undefined || reset === undefined) continue;
    if (lowest !== undefined && lowest.remaining <= remaining) continue;
    lowest = { remaining, resetMs: reset * 1000, limit: limitOf(headers, family, reset) };
  }
  return lowest;
}

/** Milliseconds to the reset that counts for a request that was refused; needs no Remaining header. */
export function resetMsOf(headers: Headers): number | undefined {
  const complete = rateLimitOf(headers);
  if (complete !== undefined) return complete.resetMs;
  for (const family of families) {
    const reset = count(headers, `${family}-reset`);
    if (reset !== undefined) return reset * 1000;
  }
  return undefined;
}

function limitOf(headers: Headers, family: string, reset: number): number | undefined {
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
function count(headers: Headers, name: string): number | undefined {
  const digits = /^\d+(?:\.\d+)?(?=$|[\s,;])/.exec(header(headers, name) ?? '')?.[0];
  return digits === undefined ? undefined : Number(digits);
}
