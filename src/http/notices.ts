import type { Log } from '../log.js';
import { duration, second } from '../time.js';
import type { Exchange } from './exchange.js';
import { type HeaderFields, header } from './header.js';
import type { Family } from './rate-limit.js';
import { type Hop, shownPath } from './redirect.js';

/** Waits from this length on, in milliseconds, are told at info. */
const longWaitMs = 5 * second;

/** What the user is told while requests go on: attempts at debug, and what takes long once at info. */
export class Notices {
  readonly #source: string;
  readonly #log: Log;
  readonly #reserve: number;
  readonly #deprecated = new Set<string>();
  #pauseToldUntil = 0;

  /** @param options.reserve share of the quota `ratelimit` that is left to others */
  constructor(options: { source: string; log: Log; reserve: number }) {
    this.#source = options.source;
    this.#log = options.log;
    this.#reserve = options.reserve;
  }

  /** How each attempt ended and how long it took, at debug. */
  attempt(hop: Hop, exchanged: Exchange, milliseconds: number): void {
    if (!this.#log.writes('debug')) return;
    const address = `${hop.url.origin}${shownPath(hop)}`;
    this.#log.debug(`GET ${address} ${outcomeOf(exchanged)} in ${Math.round(milliseconds)} ms`);
  }

  /** A failure after which the request is tried again: for the `nth` time, of `of` at most, after a wait. */
  retry(hop: Hop, exchanged: Exchange, retry: { afterMs: number; nth: number; of: number }): void {
    const what = `${this.#serviceAt(hop)}: ${hop.url.pathname} failed (${outcomeOf(exchanged)})`;
    const text = `${what}, retry ${retry.nth} of ${retry.of} in ${duration(retry.afterMs)}.`;
    if (retry.afterMs >= longWaitMs) this.#log.info(text);
    else this.#log.debug(text);
  }

  /** A pause for a refusal; those of the same moment are told once. */
  pause(hop: Hop, pauseMs: number, named: string | undefined): void {
    const until = performance.now() + pauseMs;
    // Refusals of the same moment move the end by some milliseconds each.
    if (pauseMs < longWaitMs || until < this.#pauseToldUntil + second) return;
    this.#pauseToldUntil = until;
    const wait = duration(pauseMs);
    const service = this.#serviceAt(hop);
    this.#log.info(
      named === undefined
        ? `${service} refuses requests (429) and names no time; they go on in ${wait}.`
        : `${service} asks to wait ${wait} (429, ${named}); no request is sent until then.`,
    );
  }

  /** A wait before the server has to refuse; `family` is the quota that asks for it. */
  quotaUsed(waitMs: number, family: Family | undefined): void {
    if (waitMs < longWaitMs) return;
    const isShared = family === 'ratelimit' && this.#reserve > 0;
    const left = isShared ? ` but for the ${Math.round(100 * this.#reserve)} % that are left to others` : '';
    this.#log.info(
      `${this.#source}'s rate limit is used up${left}; its requests go on in ${duration(waitMs)}.`,
    );
  }

  /** An endpoint that will be gone is warned of once. */
  deprecation(endpoint: string, headers: HeaderFields): void {
    const sunset = header(headers, 'sunset');
    if (header(headers, 'deprecation') === undefined && sunset === undefined) return;
    if (this.#deprecated.has(endpoint)) return;
    this.#deprecated.add(endpoint);
    const until = sunset === undefined ? '' : `, it will answer until ${sunset}`;
    this.#log.warning(
      `${this.#source} has deprecated ${endpoint}${until}. Look for a newer version of this tap.`,
    );
  }

  #serviceAt(hop: Hop): string {
    return hop.isTrusted ? this.#source : hop.url.host;
  }
}

function outcomeOf(exchanged: Exchange): string {
  return exchanged.kind === 'answered' ? `${exchanged.status}` : exchanged.fault;
}
