/** How the service throttles. CircleCI publishes no figures, so both common kinds are here. */
export type LimiterOptions =
  | { kind: 'none' }
  | { kind: 'token-bucket'; perSecond: number; burst: number }
  | { kind: 'fixed-window'; limit: number; windowMs: number };

export interface Verdict {
  readonly allowed: boolean;
  /** Until a further request is let through. */
  readonly retryAfterMs: number;
  readonly limit: number;
  readonly remaining: number;
  /** Until the whole limit is there again. */
  readonly resetMs: number;
  /** The unit in the name of X-RateLimit-Limit-<unit>. */
  readonly unit: 'Second' | 'Minute' | 'Hour' | 'Day';
}

export interface Limiter {
  /** Times in ms, from any origin; never going back. */
  take(now: number): Verdict | undefined;
}

export function createLimiter(options: LimiterOptions): Limiter {
  if (options.kind === 'token-bucket') return tokenBucket(options.perSecond, options.burst);
  if (options.kind === 'fixed-window') return fixedWindow(options.limit, options.windowMs);
  return { take: () => undefined };
}

function tokenBucket(perSecond: number, burst: number): Limiter {
  let tokens = burst;
  let last: number | undefined;
  return {
    take(now) {
      tokens = Math.min(burst, tokens + ((now - (last ?? now)) * perSecond) / 1000);
      last = now;
      const allowed = tokens >= 1;
      if (allowed) tokens -= 1;
      return {
        allowed,
        retryAfterMs: allowed ? 0 : ((1 - tokens) * 1000) / perSecond,
        limit: burst,
        remaining: Math.floor(tokens),
        resetMs: ((burst - tokens) * 1000) / perSecond,
        unit: 'Second',
      };
    },
  };
}

function fixedWindow(limit: number, windowMs: number): Limiter {
  let begun: number | undefined;
  let taken = 0;
  return {
    take(now) {
      if (begun === undefined || now >= begun + windowMs) {
        begun = begun === undefined ? now : begun + Math.floor((now - begun) / windowMs) * windowMs;
        taken = 0;
      }
      const allowed = taken < limit;
      if (allowed) taken += 1;
      const resetMs = begun + windowMs - now;
      return {
        allowed,
        retryAfterMs: allowed ? 0 : resetMs,
        limit,
        remaining: limit - taken,
        resetMs,
        unit:
          windowMs <= 1000
            ? 'Second'
            : windowMs <= 60_000
              ? 'Minute'
              : windowMs <= 3_600_000
                ? 'Hour'
                : 'Day',
      };
    },
  };
}

export type RateLimitHeaders = 'none' | 'RateLimit' | 'X-RateLimit' | 'both';

/** Both families on record. Reset is in seconds until then, not an epoch (api-developers-guide.adoc). */
export function rateLimitHeaders(verdict: Verdict, families: RateLimitHeaders): Record<string, string> {
  const reset = String(Math.ceil(verdict.resetMs / 1000));
  const remaining = String(verdict.remaining);
  const limit = String(verdict.limit);
  return {
    ...(families === 'RateLimit' || families === 'both'
      ? { 'RateLimit-Limit': limit, 'RateLimit-Remaining': remaining, 'RateLimit-Reset': reset }
      : {}),
    ...(families === 'X-RateLimit' || families === 'both'
      ? {
          [`X-RateLimit-Limit-${verdict.unit}`]: limit,
          'X-RateLimit-Remaining': remaining,
          'X-RateLimit-Reset': reset,
        }
      : {}),
  };
}
