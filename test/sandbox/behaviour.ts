import { Faults } from './faults.js';
import type { Limiter, LimiterOptions, RateLimitHeaders } from './limiter.js';
import { createLimiter } from './limiter.js';

/** The bodies of a 429 on record: the spec's, CircleCI-Env-Inspector #5, and terraform provider #71. */
export const tooManyRequestsBodies = {
  message: '{"message":"Rate limit exceeded."}',
  text: 'Rate limited.',
  empty: '{}',
} as const;

export interface BehaviourOptions {
  /** The token that is let in. Default `sandbox-token`. */
  token?: string;
  /** Public projects can be read without a token; a wrong one is still refused. */
  anonymous?: boolean;
  /** The token has been revoked: it is a wrong one. */
  revoked?: boolean;
  /** Real ms before an answer. */
  latencyMs?: number;
  /** On real time. */
  limiter?: LimiterOptions;
  /** Whether a 429 says when to come back. */
  retryAfter?: boolean;
  /** On every answer. */
  rateLimitHeaders?: RateLimitHeaders;
  tooManyRequestsBody?: keyof typeof tooManyRequestsBodies;
  /** Bodies over 1 KB, to who accepts it. */
  gzip?: boolean;
  /** Whether `requests` keeps every request; counters go on without. */
  record?: boolean;
  seed?: number;
}

/** How the service behaves, as opposed to what it holds. Members may be changed while it runs. */
export class Behaviour {
  token = 'sandbox-token';
  anonymous = false;
  revoked = false;
  latencyMs = 0;
  retryAfter = true;
  rateLimitHeaders: RateLimitHeaders = 'none';
  tooManyRequestsBody: keyof typeof tooManyRequestsBodies = 'message';
  gzip = true;
  record = true;
  readonly faults: Faults;
  #limiterOptions: LimiterOptions = { kind: 'none' };
  #limiter: Limiter = createLimiter({ kind: 'none' });

  constructor({ seed = 1, ...options }: BehaviourOptions = {}) {
    this.faults = new Faults(seed);
    this.set(options);
  }

  /** Setting a limiter starts it anew, full. */
  get limiter(): LimiterOptions {
    return this.#limiterOptions;
  }

  set limiter(options: LimiterOptions) {
    this.#limiterOptions = options;
    this.#limiter = createLimiter(options);
  }

  set(options: Omit<BehaviourOptions, 'seed'>): void {
    for (const name of Object.keys(options)) {
      if (!settable.has(name))
        throw new Error(`No behaviour ${name}; there are ${[...settable].join(', ')}.`);
    }
    Object.assign(this, options);
  }

  take(now = performance.now()): ReturnType<Limiter['take']> {
    return this.#limiter.take(now);
  }
}

const settable = new Set<string>([
  'token',
  'anonymous',
  'revoked',
  'latencyMs',
  'limiter',
  'retryAfter',
  'rateLimitHeaders',
  'tooManyRequestsBody',
  'gzip',
  'record',
] satisfies (keyof BehaviourOptions)[]);

export function createBehaviour(options: BehaviourOptions = {}): Behaviour {
  return new Behaviour(options);
}
