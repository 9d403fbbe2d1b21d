import { HttpError, type HttpFailure, Stopped } from '../../src/errors.js';
import type { Answer, GetOptions, HttpStatistics, ManagedClient } from '../../src/http/client.js';
import type { BuildkiteWorld } from '../sandbox/buildkite/world.js';

/** Where the history pretends to be, so that its links have an origin. */
const base = 'http://buildkite.sandbox/v2';

export interface HistoryOptions {
  readonly signal: AbortSignal;
  /** Told every path and query below the base. */
  readonly requests: string[];
  /** Requests that fail for good; told the path. */
  readonly breaks?: ((path: string) => HttpError | undefined) | undefined;
  /** What an answer says instead; told the path and the body. */
  readonly alters?: ((path: string, body: unknown) => unknown) | undefined;
  /** Milliseconds by this machine's clock. */
  readonly clock: () => number;
}

/** Answers from a history as the HTTP client would from Buildkite. */
export class BuildkiteHistoryClient implements ManagedClient {
  readonly #world: BuildkiteWorld;
  readonly #options: HistoryOptions;

  constructor(world: BuildkiteWorld, options: HistoryOptions) {
    this.#world = world;
    this.#options = options;
  }

  async get(asked: string, _: string, { headers = {}, as = 'json' }: GetOptions = {}): Promise<Answer> {
    const { signal, requests, breaks, alters = (_, body) => body, clock } = this.#options;
    // Requests take their turns, as they do on a wire.
    await new Promise((resolve) => setImmediate(resolve));
    if (signal.aborted) throw new Stopped('stopped');
    const path = asked.startsWith(base) ? asked.slice(base.length) : asked;
    requests.push(path);
    this.#world.tick();
    const broken = breaks?.(path);
    if (broken !== undefined) throw broken;
    const answer = this.#world.get(path, { headers: { ...headers }, base });
    const { status } = answer;
    if (status >= 400) throw failed(path, status, answer.body);
    return {
      status,
      headers: answer.headers,
      body: as === 'text' ? String(answer.body) : alters(path, structuredClone(answer.body)),
      ...(as === 'text' ? { bytes: sizeOf(answer) } : {}),
      receivedAt: clock(),
      date: this.#world.date(),
    };
  }

  get statistics(): HttpStatistics {
    const requests = this.#options.requests.length;
    return { requests, retries: 0, refused: 0, waitedForLimit: 0, inFlight: 0, pause: 0 };
  }

  async close(): Promise<void> {}
}

const failures: Readonly<Record<number, HttpFailure>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
};

function failed(path: string, status: number, body: unknown): HttpError {
  return new HttpError(`GET ${path} answered ${status}: ${JSON.stringify(body)}.`, {
    failure: failures[status] ?? 'unreadable',
    path,
    status,
    isTooHeavy: status >= 500,
  });
}

function sizeOf({
  body,
  headers,
}: {
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}): number {
  const total = /\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1];
  return total === undefined ? Buffer.byteLength(String(body)) : Number(total);
}
