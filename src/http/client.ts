import type { Dispatcher } from 'undici';
import { Stopped } from '../errors.js';
import type { Log } from '../log.js';
import { second } from '../time.js';
import { type Answered, connect, type Exchange, exchange, TimedOut } from './exchange.js';
import { httpError } from './failure.js';
import type { Advice } from './failure-texts.js';
import { type HeaderFields, header } from './header.js';
import { Notices } from './notices.js';
import { Origin } from './origin.js';
import type { Observation } from './pace.js';
import { rateLimitsOf } from './rate-limit.js';
import {
  type Asking,
  firstHop,
  type Hop,
  headersOn,
  nextHop,
  redirectTarget,
  shownPath,
} from './redirect.js';
import {
  type Decision,
  decide,
  type History,
  historyAfter,
  historyWaited,
  longestNamedWaitMs,
  newHistory,
} from './retry.js';
import { Sleep } from './sleep.js';

/** Which API is read, and within which bounds; fixed for the life of a client. */
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
  /** The user's own limit, which may be below 1; undefined for none. */
  readonly maxRequestsPerSecond?: number | undefined;
  /** Share, below 1, of the limit in RateLimit-* headers that is left to others; 0 unless told. */
  readonly reserve?: number | undefined;
  /** Attempts go there at debug, what takes long at info, deprecations as warnings. */
  readonly log: Log;
  /** The run is told to stop: everything in hand and everything later rejects with Stopped. */
  readonly signal: AbortSignal;
  /** Sentences for the errors that end a request. */
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

/** What is particular to one request. */
export interface GetOptions {
  /** Added to the request, over the client's own. To another origin only `accept` and `range` go along. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Fewer attempts after the first one than the client's; refusals (429) do not count against it. */
  readonly maxRetries?: number | undefined;
  /** `text`: the body is taken as it is, whatever its type. */
  readonly as?: 'json' | 'text' | undefined;
  /**
   * The URL may be of any origin, and so may redirects; of the client's headers only `user-agent` is
   * sent, never the token. For presigned URLs, of which no text shows the query.
   */
  readonly anonymous?: boolean | undefined;
  /** Redirects to another origin are followed, from there on as `anonymous`; a retry begins anew. */
  readonly followForeign?: boolean | undefined;
  /** Of a text, keep so many bytes at most, the last ones; its whole length may be any. */
  readonly maxBytes?: number | undefined;
}

/** A 2xx answer. */
export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: HeaderFields;
  /** Parsed JSON of any shape, or the text that was asked for. */
  readonly body: unknown;
  /** Of a text: bytes of the whole, of which `body` may be the end. */
  readonly bytes?: number | undefined;
  /** When the last byte arrived, in milliseconds since 1970. */
  readonly receivedAt: number;
  /** The Date header as it came. */
  readonly date: string | undefined;
}

/** A client for whoever asks the API: a test can put a history in its place, without sockets. */
export type ApiClient = Pick<HttpClient, 'get'>;

/** A client for whoever has it made, tells what it did, and closes it. */
export type ManagedClient = Pick<HttpClient, 'get' | 'close' | 'statistics'>;

/** What a client has done since it was made, over all origins that it was led to. */
export interface HttpStatistics {
  /** Attempts and followed redirects. */
  readonly requests: number;
  /** Attempts after the first one of a request. */
  readonly retries: number;
  /** Answers with status 429. */
  readonly refused: number;
  /** Milliseconds in which requests to the API's own origin stood still because the server had asked to wait. */
  readonly waitedForLimit: number;
  /** Requests that are under way. */
  readonly inFlight: number;
  /** Milliseconds until requests go on after a refusal; 0 when they do. */
  readonly pause: number;
}

/** What one attempt came to. */
interface Turn {
  readonly exchanged: Exchange;
  /** Where a redirect leads; undefined when it was none, and only then the decision counts. */
  readonly target: URL | undefined;
  /** The request's, with this attempt. */
  readonly history: History;
  readonly decision: Decision;
}

/** The pause for the others, in milliseconds, after a refusal that is final and names no wait. */
const unnamedPauseMs = second;

/** Reads from one service over HTTP, at the pace the service allows. */
export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #maxBodyBytes: number;
  readonly #dispatcher: Dispatcher;
  /** For bodies of any length; made when the first is asked for. */
  #boundless: Dispatcher | undefined;
  readonly #notices: Notices;
  readonly #own: Origin;
  /** Wherever presigned URLs lead. */
  readonly #elsewhere: Origin;
  readonly #inFlight = new Set<AbortController>();
  readonly #sleep = new Sleep();
  readonly #onStop = (): void => this.#stop(new Stopped('The run was told to stop.'));
  readonly #counts = { requests: 0, retries: 0, refused: 0 };
  #stopped: Stopped | undefined;

  constructor(options: HttpClientOptions) {
    const { source, log, maxConcurrency, maxRequestsPerSecond, reserve = 0, signal } = options;
    this.#options = options;
    this.#maxBodyBytes = options.maxBodyBytes ?? 64 * 1024 * 1024;
    this.#dispatcher = connect({ connections: maxConcurrency, maxBodyBytes: this.#maxBodyBytes });
    this.#notices = new Notices({ source, log, reserve });
    this.#own = new Origin({
      maxConcurrency,
      maxRequestsPerSecond,
      reserve,
      onQuotaUsed: (waitMs, family) => this.#notices.quotaUsed(waitMs, family),
    });
    this.#elsewhere = new Origin({ maxConcurrency });
    if (signal.aborted) this.#onStop();
    else signal.addEventListener('abort', this.#onStop, { once: true });
  }

  /** As it is at this moment. */
  get statistics(): HttpStatistics {
    const { limitedMs: waitedForLimit, inFlight, pauseMs: pause } = this.#own.pacer;
    const everywhere = inFlight + this.#elsewhere.pacer.inFlight;
    return { ...this.#counts, waitedForLimit, inFlight: everywhere, pause };
  }

  /**
   * GET a path below baseUrl, with all its retries.
   * @param path begins with '/', may carry a query; a full URL of baseUrl's origin is taken as it is
   * @param endpoint the path's template, such as '/pipeline/{pipelines.id}/workflow', for metrics and warnings
   * @throws HttpError when there is no usable answer, Stopped when the run is told to stop
   */
  async get(path: string, endpoint: string, options: GetOptions = {}): Promise<Answer> {
    const { baseUrl, source, advice, maxRetries } = this.#options;
    const { anonymous, followForeign } = options;
    const maxRetriesOfFailures = Math.min(options.maxRetries ?? maxRetries, maxRetries);
    const asking: Asking = { source, advice: advice.notJson, baseUrl, endpoint, anonymous, followForeign };
    const first = firstHop(path, asking);
    const asked = shownPath(first);
    let hop = first;
    let history = newHistory;
    for (let again = false; ; again = true) {
      const turn = await this.#turn(hop, history, { endpoint, options, maxRetriesOfFailures, again });
      const { exchanged, target, decision } = turn;
      history = turn.history;
      if (target !== undefined) {
        hop = nextHop(hop, target, asked, asking);
        continue;
      }
      if (decision.kind === 'answer' && exchanged.kind === 'answered') return answerOf(exchanged);
      if (decision.kind === 'fail') {
        const { attempts } = history;
        const maxBodyBytes = this.#maxBodyBytes;
        throw httpError({
          decision,
          source,
          advice,
          asked,
          hop,
          exchange: exchanged,
          attempts,
          maxBodyBytes,
        });
      }
      if (decision.kind === 'retry') {
        history = historyWaited(history, decision);
        const isOwnLimit = maxRetriesOfFailures < maxRetries;
        const nth = isOwnLimit ? history.attempts - history.refused : history.attempts;
        await this.#waitToRetry(hop, exchanged, { ...decision, nth, of: maxRetriesOfFailures });
        // A presigned URL to which a redirect led may have gone by now.
        if (!hop.isTrusted) hop = first;
      }
    }
  }

  /** Lets go of all connections; requests that are still in hand reject with Stopped. */
  async close(): Promise<void> {
    this.#options.signal.removeEventListener('abort', this.#onStop);
    this.#stop(new Stopped('The HTTP client is closed.'));
    await Promise.all([this.#dispatcher.destroy(), this.#boundless?.destroy()]);
  }

  #stop(reason: Stopped): void {
    this.#stopped ??= reason;
    for (const { pacer } of [this.#own, this.#elsewhere]) pacer.stop(reason);
    for (const controller of this.#inFlight) controller.abort(reason);
    this.#sleep.stop(reason);
  }

  /** One attempt, when its turn has come, and what to do after it. The pacer is told however it ends. */
  async #turn(
    hop: Hop,
    before: History,
    request: { endpoint: string; options: GetOptions; maxRetriesOfFailures: number; again: boolean },
  ): Promise<Turn> {
    const { maxRetries, random = Math.random } = this.#options;
    const { endpoint, options, maxRetriesOfFailures, again } = request;
    const origin = this.#originOf(hop);
    const ticket = await origin.pacer.acquire(again);
    let observation: Observation = { ticket, outcome: 'abandoned' };
    try {
      const exchanged = await this.#attempt(hop, origin, endpoint, options);
      const target = redirectTarget(exchanged, hop.url);
      // A redirect is no attempt of its own.
      const history = target === undefined ? historyAfter(before, exchanged, origin.history) : before;
      const decision = decide(exchanged, history, {
        maxRetries,
        maxRetriesOfFailures,
        now: Date.now(),
        random,
      });
      observation = { ticket, ...observationOf(exchanged, decision) };
      return { exchanged, target, history, decision };
    } finally {
      origin.pacer.release(observation);
    }
  }

  #originOf({ url }: Hop): Origin {
    return url.origin === this.#options.baseUrl.origin ? this.#own : this.#elsewhere;
  }

  async #attempt(hop: Hop, origin: Origin, endpoint: string, options: GetOptions): Promise<Exchange> {
    if (this.#stopped !== undefined) throw this.#stopped;
    const { headers: own, onRequest, requestTimeout } = this.#options;
    const isText = options.as === 'text';
    const tailBytes = isText ? options.maxBytes : undefined;
    // Not AbortSignal.any on the run's signal: on Node 20 that keeps every request for ever.
    const controller = new AbortController();
    const timer = setTimeout(
      () => controller.abort(new TimedOut(`no complete answer within ${requestTimeout} s`)),
      requestTimeout * second,
    );
    this.#inFlight.add(controller);
    this.#counts.requests += 1;
    const began = performance.now();
    try {
      const exchanged = await exchange(this.#dispatcherFor(tailBytes), hop.url, {
        headers: headersOn(hop, own, options.headers ?? {}, { isText }),
        signal: controller.signal,
        maxBodyBytes: this.#maxBodyBytes,
        isText,
        tailBytes,
      });
      const milliseconds = performance.now() - began;
      this.#notices.attempt(hop, exchanged, milliseconds);
      const status = exchanged.kind === 'answered' ? exchanged.status : undefined;
      onRequest?.({ endpoint, status, milliseconds });
      if (exchanged.kind === 'answered') {
        origin.heard(exchanged.status);
        if (exchanged.status === 429) this.#counts.refused += 1;
        if (hop.isTrusted) this.#notices.deprecation(endpoint, exchanged.headers);
      }
      return exchanged;
    } finally {
      clearTimeout(timer);
      this.#inFlight.delete(controller);
    }
  }

  async #waitToRetry(
    hop: Hop,
    exchanged: Exchange,
    retry: { afterMs: number; named: string | undefined; nth: number; of: number },
  ): Promise<void> {
    this.#counts.retries += 1;
    if (exchanged.kind !== 'answered' || exchanged.status !== 429) this.#notices.retry(hop, exchanged, retry);
    else {
      const origin = this.#originOf(hop);
      this.#notices.pause(hop, origin.pacer.pauseMs, retry.named);
      // The pacer pauses for all requests, this one goes first thereafter.
      if (origin === this.#own) return;
    }
    await this.#sleep.for(retry.afterMs);
  }

  #dispatcherFor(tailBytes: number | undefined): Dispatcher {
    if (tailBytes === undefined) return this.#dispatcher;
    this.#boundless ??= connect({ connections: this.#options.maxConcurrency, maxBodyBytes: undefined });
    return this.#boundless;
  }
}

function answerOf({ status, headers, body, bytes, receivedAt }: Answered): Answer {
  return { status, headers, body, bytes, receivedAt, date: header(headers, 'date') };
}

/** What the pacer has to know of an exchange. */
function observationOf(exchanged: Exchange, decision: Decision): Omit<Observation, 'ticket'> {
  if (exchanged.kind === 'broken') return { outcome: 'overloaded' };
  const rateLimits = rateLimitsOf(exchanged.headers);
  if (exchanged.status !== 429) {
    return { outcome: exchanged.status >= 500 ? 'overloaded' : 'success', rateLimits };
  }
  // A refusal that is final still means a pause for the others, unless it would be endless.
  const named = decision.kind === 'answer' ? undefined : decision.afterMs;
  const pauseMs = named === undefined || named > longestNamedWaitMs ? unnamedPauseMs : named;
  return { outcome: 'refused', pauseMs, rateLimits };
}
