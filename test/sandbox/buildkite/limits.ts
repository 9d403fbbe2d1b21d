import type { Limiter, Verdict } from '../limiter.js';
import { createLimiter } from '../limiter.js';

export interface BuildkiteLimits {
  /** Requests in a window for everybody in an organization together. Buildkite's default is 200. */
  readonly organization?: number;
  /** For the owner of the token. Buildkite's default is 50. */
  readonly user?: number;
  /** Default: a minute, as Buildkite has it. */
  readonly windowMs?: number;
}

export interface LimitsVerdict {
  readonly headers: Readonly<Record<string, string>>;
  /** What a 429 says; undefined when the request is let through. */
  readonly refusal: Readonly<Record<string, unknown>> | undefined;
}

/** Both limits are counted, and either one refuses (rate_limits.md). There is no Retry-After. */
export class Limits {
  readonly #limits: BuildkiteLimits;
  readonly #organizations = new Map<string, Window>();
  readonly #user: Window;

  constructor(limits: BuildkiteLimits) {
    this.#limits = limits;
    this.#user = new Window(limits.user, limits.windowMs);
  }

  /** Without an organization in the path only the user is charged; times are real ms. */
  take(organization: string | undefined, now: number): LimitsVerdict {
    const shared = organization === undefined ? undefined : this.#window(organization).take(now);
    const own = this.#user.take(now);
    const exhausted = [
      ...(shared === undefined || shared.verdict.allowed ? [] : [{ ...shared, scope: 'rest' }]),
      ...(own === undefined || own.verdict.allowed ? [] : [{ ...own, scope: 'rest_user' }]),
    ].sort((one, other) => other.verdict.resetMs - one.verdict.resetMs)[0];
    return {
      headers: {
        ...(shared === undefined ? {} : headersOf(shared.verdict, 'RateLimit', 'rest')),
        ...(own === undefined ? {} : headersOf(own.verdict, 'RateLimit-User', 'rest_user')),
      },
      refusal: exhausted && bodyOf(exhausted.scope, exhausted.verdict, exhausted.current),
    };
  }

  #window(organization: string): Window {
    const found = this.#organizations.get(organization);
    if (found !== undefined) return found;
    const window = new Window(this.#limits.organization, this.#limits.windowMs);
    this.#organizations.set(organization, window);
    return window;
  }
}

/** A fixed window that also counts what it has refused, for `current`. */
class Window {
  readonly #limiter: Limiter;
  #refused = 0;

  constructor(limit: number | undefined, windowMs = 60_000) {
    this.#limiter = createLimiter(
      limit === undefined ? { kind: 'none' } : { kind: 'fixed-window', limit, windowMs },
    );
  }

  take(now: number): { verdict: Verdict; current: number } | undefined {
    const verdict = this.#limiter.take(now);
    if (verdict === undefined) return undefined;
    this.#refused = verdict.allowed ? 0 : this.#refused + 1;
    return { verdict, current: verdict.limit - verdict.remaining + this.#refused };
  }
}

function headersOf(verdict: Verdict, name: string, scope: string): Record<string, string> {
  const reset = secondsUntil(verdict);
  return {
    [`${name}-Scope`]: scope,
    [`${name}-Limit`]: String(verdict.limit),
    [`${name}-Remaining`]: String(verdict.remaining),
    [`${name}-Reset`]: String(reset),
    ...(verdict.allowed ? {} : { [`${name}-Warning`]: `Exceeded; wait ${reset} seconds.` }),
  };
}

function bodyOf(scope: string, verdict: Verdict, current: number): Record<string, unknown> {
  const reset = secondsUntil(verdict);
  const message = `You have exceeded your API rate limit. Please wait ${reset} seconds before making more requests.`;
  return { message, scope, limit: verdict.limit, current, reset };
}

const secondsUntil = ({ resetMs }: Verdict) => Math.ceil(resetMs / 1000);
