import { Faults } from '../faults.js';
import type { BuildkiteLimits, LimitsVerdict } from './limits.js';
import { Limits } from './limits.js';

export interface BuildkiteBehaviourOptions {
  /** The token that is let in. Default `bkua_sandbox`. */
  token?: string;
  /** The token has been revoked: it is a wrong one. */
  revoked?: boolean;
  /** Of the token. Default: the world's. */
  scopes?: readonly string[] | undefined;
  /** Virtual epoch ms from which the token is a wrong one; null for never. Default: the world's. */
  expiresAt?: number | null | undefined;
  /** Real ms before an answer. */
  latencyMs?: number;
  /** Requests per window of real time. Default: none. */
  limits?: BuildkiteLimits;
  /** Whether answers have the RateLimit headers; a 429 says in its body when to come back all the same. */
  rateLimitHeaders?: boolean;
  /** How a page with too many jobs fails. Default: 504. */
  heavyPages?: '504' | 'hang' | 'reset';
  /** Whether the header `Link` comes through: a proxy may take it away. Default: true. */
  linkHeaders?: boolean;
  /** Bodies over 1 KB, to who accepts it. */
  gzip?: boolean;
  /** Whether `requests` keeps every request; counters go on without. */
  record?: boolean;
  seed?: number;
}

/** How the service behaves, as opposed to what it holds. Members may be changed while it runs. */
export class BuildkiteBehaviour {
  token = 'bkua_sandbox';
  revoked = false;
  scopes: readonly string[] | undefined = undefined;
  expiresAt: number | null | undefined = undefined;
  latencyMs = 0;
  rateLimitHeaders = true;
  heavyPages: '504' | 'hang' | 'reset' = '504';
  linkHeaders = true;
  gzip = true;
  record = true;
  readonly faults: Faults;
  #limitsOptions: BuildkiteLimits = {};
  #limits = new Limits({});

  constructor({ seed = 1, ...options }: BuildkiteBehaviourOptions = {}) {
    this.faults = new Faults(seed);
    Object.assign(this, options);
  }

  get limits(): BuildkiteLimits {
    return this.#limitsOptions;
  }

  /** Setting limits starts their windows anew. */
  set limits(limits: BuildkiteLimits) {
    this.#limitsOptions = limits;
    this.#limits = new Limits(limits);
  }

  take(organization: string | undefined, now = performance.now()): LimitsVerdict {
    return this.#limits.take(organization, now);
  }
}
