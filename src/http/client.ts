import type { Dispatcher } from 'undici';
import { Stopped } from '../errors.js';
import type { Log } from '../log.js';
import { type Answered, connect, type Exchange, exchange, redirectTarget, TimedOut } from './exchange.js';
import { type Advice, duration, endlessError, foreignError, httpError } from './failure.js';
import { header } from './header.js';
import type { Observation } from './pace.js';
import { Pacer } from './pacer.js';
import { rateLimitOf } from './rate-limit.js';
import {
  type Decision,
  decide,
  type History,
  historyAfter,
  historyWaited,
  longestNamedWaitMs,
  newHistory,
} from './retry.js';

export interface HttpClientOptions {
  /** The service's name for error texts, such as 'CircleCI'. */
  readonly source: string;
  /** Its path is kept: request paths are appended to it. */
  readonly baseUrl: URL;
  /** Sent only to baseUrl's origin. */
  readonly headers: Readonly<Record<string, string>>;
  /** Seconds for one attempt, from sending to the last byte. */
  readonly requestTimeout: number;
  /** Attempts after the first one. */
  readonly maxRetries: number;
  /** Requests in flight at most. */
  readonly maxConcurrency: number;
  readonly maxRequestsPerSecond?: number | undefined;
  readonly log: Log;
  /** The run is told to stop: everything in hand and everything later rejects with Stopped. */
  readonly signal: AbortSignal;
  readonly advice: Advice;
  /** Told after every attempt; `status` is undefined when no answer came. */
  readonly onRequest?: (observation: {
    endpoint: string;
    status: number | undefined;
    milliseconds: number;
  }) => void;
  /** A number in [0, 1) for jitter. */
  readonly random?: () => number;
  /** Bytes of one body at most, compressed and decompressed; 64 MiB unless told. */
  readonly maxBodyBytes?: number;
}

/** A 2xx answer. */
export interface Answer {
  readonly status: number;
  /** Parsed JSON of any shape. */
  readonly body: unknown;
  /** When the last byte arrived, in milliseconds since 1970. */
  readonly receivedAt: number;
  /** The Date header as it came. */
  readonly date: string | undefined;
}

/** What the sync needs of a client: a test can put a history in its place, without sockets. */
export type ApiClient = Pick<HttpClient, 'get' | 'close' | 'statistics'>;

export interface HttpStatistics {
  /** Attempts and followed redirects. */
  readonly requests: number;
  readonly retries: number;
  /** Answers with status 429. */
  readonly refused: number;
  /** Milliseconds in which requests stood still because the server had asked to wait. */
  readonly waitedForLimit: number;
  /** Requests that are under way. */
  readonly inFlight: number;
  /** Milliseconds until requests go on after a refusal; 0 when they do. */
  readonly pause: number;
}

const maxRedirects = 5;
/** Waits from this length on, in milliseconds, are told at info. */
const longWaitMs = 5_000;
/** The pause for the others, in milliseconds, after a refusal that is final and names no wait. */
const unnamedPauseMs = 1_000;

/** Reads JSON from one service over HTTP, at the pace the service allows. */
export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #maxBodyBytes: number;
  readonly #dispatcher: Dispatcher;
  readonly #pacer: Pacer;
  readonly #inFlight = new Set<AbortController>();
  readonly #asleep = new Set<(reason: Stopped) => void>();
  readonly #deprecated = new Set<string>();
  readonly #onStop = (): void => this.#stop(new Stopped('The run was told to stop.'));
  readonly #counts = { requests: 0, retries: 0, refused: 0 };
  #stopped: Stopped | undefined;
  #originAnswered = false;
  /** Since when the origin has answered nothing but 429. */
  #refusedSince: number | undefined;
  #pauseToldUntil = 0;

  constructor(options: HttpClientOptions) {
    const { source, log, maxConcurrency, maxRequestsPerSecond, signal } = options;
    this.#options = options;
    this.#maxBodyBytes = options.maxBodyBytes ?? 64 * 1024 * 1024;
    this.#dispatcher = connect({ connections: maxConcurrency, maxBodyBytes: this.#maxBodyBytes });
    this.#pacer = new Pacer({
      maxConcurrency,
      maxRequestsPerSecond,
      onQuotaUsed: (waitMs) => {
        if (waitMs < longWaitMs) return;
        log.info(`${source}'s rate limit is used up; its requests go on in ${duration(waitMs)}.`);
      },
    });
    if (signal.aborted) this.#onStop();
    else signal.addEventListener('abort', this.#onStop, { once: true });
  }

  get statistics(): HttpStatistics {
    const { limitedMs: waitedForLimit, inFlight, pauseMs: pause } = this.#pacer;
    return { ...this.#counts, waitedForLimit, inFlight, pause };
  }

  /**
   * GET a path below baseUrl, with all its retries.
   * @param path begins with '/', may carry a query; a full URL of baseUrl's origin is taken as it is
   * @param endpoint the path's template, such as '/pipeline/{id}/workflow', for metrics and warnings
   * @throws HttpError when there is no usable answer, Stopped when the run is told to stop
   */
  async get(path: string, endpoint: string): Promise<Answer> {
    const { baseUrl, source, advice, maxRetries, random = Math.random } = this.#options;
    const asked = this.#resolve(path);
    let url = asked;
    let redirected = 0;
    let history = newHistory;
    for (let again = false; ; again = true) {
      const ticket = await this.#pacer.acquire(again);
      let observation: Observation = { ticket, outcome: 'abandoned' };
      let exchanged: Exchange;
      let decision: Decision;
      let target: URL | undefined;
      try {
        exchanged = await this.#attempt(url, endpoint);
        target = redirectTarget(exchanged, url);
        // A redirect is no attempt of its own.
        if (target === undefined) history = historyAfter(history, exchanged, this.#origin);
        decision = decide(exchanged, history, { maxRetries, now: Date.now(), random });
        observation = { ticket, ...seen(exchanged, decision) };
      } finally {
        this.#pacer.release(observation);
      }

      if (target !== undefined) {
        if (target.origin !== baseUrl.origin) throw foreignError(source, asked, target, advice.notJson);
        redirected += 1;
        if (redirected > maxRedirects) throw endlessError(source, asked, maxRedirects, advice.notJson);
        url = target;
        continue;
      }
      if (decision.kind === 'answer' && exchanged.kind === 'answered') {
        const { status, body, receivedAt, headers } = exchanged;
        return { status, body, receivedAt, date: header(headers, 'date') };
      }
      if (decision.kind === 'fail') {
        const { attempts } = history;
        throw httpError(decision, {
          source,
          advice,
          url: asked,
          exchange: exchanged,
          attempts,
          maxBodyBytes: this.#maxBodyBytes,
        });
      }
      if (decision.kind === 'retry') {
        this.#counts.retries += 1;
        history = historyWaited(history, decision);
        await this.#waitToRetry(url, exchanged, decision, history);
      }
    }
  }

  /** Lets go of all connections; requests that are still in hand reject with Stopped. */
  async close(): Promise<void> {
    this.#options.signal.removeEventListener('abort', this.#onStop);
    this.#stop(new Stopped('The HTTP client is closed.'));
    await this.#dispatcher.destroy();
  }

  #stop(reason: Stopped): void {
    this.#stopped ??= reason;
    this.#pacer.stop(reason);
    for (const controller of this.#inFlight) controller.abort(reason);
    for (const wake of this.#asleep) wake(reason);
  }

  #resolve(path: string): URL {
    const { baseUrl, source, advice } = this.#options;
    const base = baseUrl.pathname.replace(/\/$/, '');
    const url = new URL(path.startsWith('/') ? base + path : path, baseUrl.origin);
    if (url.origin !== baseUrl.origin) throw foreignError(source, baseUrl, url, advice.notJson);
    return url;
  }

  async #attempt(url: URL, endpoint: string): Promise<Exchange> {
    if (this.#stopped !== undefined) throw this.#stopped;
    const { headers, log, onRequest, requestTimeout } = this.#options;
    // Not AbortSignal.any on the run's signal: on Node 20 that keeps every request for ever.
    const controller = new AbortController();
    const timer = setTimeout(
      () => controller.abort(new TimedOut(`no complete answer within ${requestTimeout} s`)),
      requestTimeout * 1000,
    );
    this.#inFlight.add(controller);
    this.#counts.requests += 1;
    const began = performance.now();
    try {
      const { signal } = controller;
      const maxBodyBytes = this.#maxBodyBytes;
      const exchanged = await exchange(this.#dispatcher, url, { headers, signal, maxBodyBytes });
      const milliseconds = performance.now() - began;
      const status = exchanged.kind === 'answered' ? exchanged.status : undefined;
      if (log.writes('debug')) {
        log.debug(
          `GET ${url.origin}${url.pathname}${url.search} ${status ?? told(exchanged)} in ${Math.round(milliseconds)} ms`,
        );
      }
      onRequest?.({ endpoint, status, milliseconds });
      if (exchanged.kind === 'answered') this.#heard(exchanged, endpoint);
      return exchanged;
    } finally {
      clearTimeout(timer);
      this.#inFlight.delete(controller);
    }
  }

  get #origin(): { originAnswered: boolean; refusedMs: number } {
    const refusedMs = this.#refusedSince === undefined ? 0 : performance.now() - this.#refusedSince;
    return { originAnswered: this.#originAnswered, refusedMs };
  }

  #heard({ status, headers }: Answered, endpoint: string): void {
    this.#originAnswered = true;
    if (status === 429) {
      this.#counts.refused += 1;
      this.#refusedSince ??= performance.now();
    } else this.#refusedSince = undefined;
    const deprecation = header(headers, 'deprecation');
    const sunset = header(headers, 'sunset');
    if (deprecation === undefined && sunset === undefined) return;
    if (this.#deprecated.has(endpoint)) return;
    this.#deprecated.add(endpoint);
    const { source, log } = this.#options;
    const until = sunset === undefined ? '' : `, it will answer until ${sunset}`;
    log.warning(`${source} has deprecated ${endpoint}${until}. Look for a newer version of this tap.`);
  }

  async #waitToRetry(
    url: URL,
    exchanged: Exchange,
    decision: Extract<Decision, { kind: 'retry' }>,
    history: History,
  ): Promise<void> {
    const { source, log, maxRetries } = this.#options;
    if (exchanged.kind === 'answered' && exchanged.status === 429) {
      this.#tellPause(decision.named);
      // The pacer pauses for all requests, this one goes first thereafter.
      return;
    }
    const wait = duration(decision.afterMs);
    const text = `${source}: ${url.pathname} failed (${told(exchanged)}), retry ${history.attempts} of ${maxRetries} in ${wait}.`;
    if (decision.afterMs >= longWaitMs) log.info(text);
    else log.debug(text);
    await this.#sleep(decision.afterMs);
  }

  #tellPause(named: string | undefined): void {
    const { pauseMs } = this.#pacer;
    const until = performance.now() + pauseMs;
    // Refusals of the same moment move the end by some milliseconds each.
    if (pauseMs < longWaitMs || until < this.#pauseToldUntil + 1000) return;
    this.#pauseToldUntil = until;
    const { source, log } = this.#options;
    const wait = duration(pauseMs);
    log.info(
      named === undefined
        ? `${source} refuses requests (429) and names no time; they go on in ${wait}.`
        : `${source} asks to wait ${wait} (429, ${named}); no request is sent until then.`,
    );
  }

  #sleep(milliseconds: number): Promise<void> {
    if (this.#stopped !== undefined) return Promise.reject(this.#stopped);
    return new Promise((resolve, reject) => {
      const wake = (reason?: Stopped): void => {
        clearTimeout(timer);
        this.#asleep.delete(wake);
        if (reason === undefined) resolve();
        else reject(reason);
      };
      const timer = setTimeout(wake, milliseconds);
      this.#asleep.add(wake);
    });
  }
}

/** What the pacer has to know of an exchange. */
function seen(exchanged: Exchange, decision: Decision): Omit<Observation, 'ticket'> {
  if (exchanged.kind === 'broken') return { outcome: 'overloaded' };
  const rateLimit = rateLimitOf(exchanged.headers);
  if (exchanged.status !== 429) {
    return { outcome: exchanged.status >= 500 ? 'overloaded' : 'success', rateLimit };
  }
  // A refusal that is final still means a pause for the others, unless it would be endless.
  const named = decision.kind === 'answer' ? undefined : decision.afterMs;
  const pauseMs = named === undefined || named > longestNamedWaitMs ? unnamedPauseMs : named;
  return { outcome: 'refused', pauseMs, rateLimit };
}

function told(exchanged: Exchange): string {
  return exchanged.kind === 'answered' ? `${exchanged.status}` : exchanged.fault;
}
