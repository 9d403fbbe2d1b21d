import { Writable } from 'node:stream';
import type { Environment } from '../../src/commands/environment.js';
import { syncInputs } from '../../src/commands/sync.js';
import { HttpError, messageOf, Stopped } from '../../src/errors.js';
import type { Answer, HttpStatistics, ManagedClient } from '../../src/http/client.js';
import { Log } from '../../src/log.js';
import { Writer } from '../../src/singer/writer.js';
import { answerOf, isOutputUrl } from '../sandbox/answers.js';
import type { BuildkiteWorld } from '../sandbox/buildkite/world.js';
import type { Source } from '../sandbox/source.js';
import { BuildkiteHistoryClient } from './buildkite-client.js';

export interface InProcessOptions {
  readonly config?: object;
  readonly catalog?: unknown;
  readonly state?: unknown;
  readonly range?: boolean;
  /** The process dies after so many bytes of output. */
  readonly killAfterBytes?: number | undefined;
  /** The process dies after so many STATE lines. */
  readonly killAfterStates?: number | undefined;
  /** The reader of stdout takes nothing until this resolves. */
  readonly reads?: Promise<unknown>;
  /** Seconds that pass on this machine's clock between two looks at it; 5 bring a STATE after every pipeline. */
  readonly secondsPerLook?: number;
  /** Milliseconds by this machine's clock; default: the sandbox's. */
  readonly clock?: () => number;
  /** Requests that fail for good; told the path. */
  readonly breaks?: (path: string) => HttpError | undefined;
  /** What an answer says instead; told the path and the body, undefined where the answer is 404. */
  readonly alters?: (path: string, body: unknown) => unknown;
  /** The `Date` header instead of the sandbox's. */
  readonly date?: () => string | undefined;
  readonly streams?: readonly string[] | undefined;
  /** Told what writes the line of progress. */
  readonly live?: (line: () => string) => void;
}

export interface Ended {
  readonly stdout: string;
  readonly log: string[];
  /** Undefined when the run was killed. */
  readonly error: unknown;
  readonly requests: string[];
}

/** Runs a sync of CircleCI in this process, against a history without sockets: for properties that need thousands of runs. */
export function runInProcess(world: Source, options: InProcessOptions = {}): Promise<Ended> {
  const settings = { token: 'token', project_slugs: [...world.slugs] };
  return runWith(
    settings,
    options,
    world,
    (signal, requests) => new HistoryClient(world, signal, requests, options),
  );
}

/** The same of Buildkite. */
export function runBuildkiteInProcess(world: BuildkiteWorld, options: InProcessOptions = {}): Promise<Ended> {
  const clock = options.clock ?? (() => world.now);
  return runWith({ buildkite_token: 'token' }, options, world, (signal, requests) => {
    const { breaks, alters } = options;
    return new BuildkiteHistoryClient(world, { signal, requests, breaks, alters, clock });
  });
}

async function runWith(
  settings: object,
  options: InProcessOptions,
  world: { readonly now: number },
  connect: (signal: AbortSignal, requests: string[]) => ManagedClient,
): Promise<Ended> {
  const stdout = new MortalOutput(endOfLife(options), options.reads);
  const stop = new AbortController();
  stdout.onDeath = () => stop.abort();
  const log: string[] = [];
  const requests: string[] = [];
  const environment: Environment = {
    log: new Log({ write: (line) => log.push(line) }),
    writer: new Writer(stdout, () => stop.abort()),
    stop,
    live: (line) => {
      options.live?.(line);
      return () => {};
    },
    // Every look at the clock takes a second, so that a STATE comes after every few pipelines.
    clock: ticking(options.clock ?? (() => world.now), options.secondsPerLook ?? 1),
  };
  let error: unknown;
  try {
    const { catalog = catalogOf(options.streams), state, range = false } = options;
    const config = { ...settings, ...options.config };
    await syncInputs(
      { config, catalog, state, range },
      environment,
      (_source, _config, _environment, _metrics, signal) => connect(signal, requests),
    );
  } catch (thrown) {
    error = thrown;
  }
  await environment.writer.end();
  return {
    stdout: stdout.text,
    log,
    error: stdout.isDead && error instanceof Stopped ? undefined : error,
    requests,
  };
}

export function describeError(error: unknown): string {
  return error instanceof Error ? `${messageOf(error)}\n${error.stack}` : String(error);
}

/** A catalog that selects `streams`; undefined selects all. */
export function catalogOf(streams: readonly string[] | undefined): unknown {
  if (streams === undefined) return undefined;
  return {
    streams: streams.map((stream) => ({
      stream,
      tap_stream_id: stream,
      schema: {},
      metadata: [{ breadcrumb: [], metadata: { selected: true } }],
    })),
  };
}

function ticking(clock: () => number, seconds: number): () => number {
  let looks = 0;
  return () => clock() + 1000 * seconds * looks++;
}

/** Says how many bytes of the output a killed process has written; undefined while it lives. */
function endOfLife({ killAfterBytes, killAfterStates }: InProcessOptions) {
  return (text: string): number | undefined => {
    if (killAfterBytes !== undefined) return text.length >= killAfterBytes ? killAfterBytes : undefined;
    if (killAfterStates === undefined) return undefined;
    const last = [...text.matchAll(/^{"type":"STATE".*\n/gm)][killAfterStates - 1];
    return last && last.index + last[0].length;
  };
}

/** Keeps the first bytes that are written and forgets the rest, as a killed process does. */
class MortalOutput extends Writable {
  text = '';
  isDead = false;
  onDeath: () => void = () => {};
  readonly #endOfLife: (text: string) => number | undefined;
  readonly #reads: Promise<unknown> | undefined;

  constructor(endOfLife: (text: string) => number | undefined, reads: Promise<unknown> | undefined) {
    // What Node 20 has unless told; later ones have more.
    super({ highWaterMark: 16 * 1024 });
    this.#endOfLife = endOfLife;
    this.#reads = reads;
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    if (!this.isDead) {
      this.text += chunk.toString();
      const end = this.#endOfLife(this.text);
      if (end !== undefined) {
        this.text = this.text.slice(0, end);
        this.isDead = true;
        this.onDeath();
      }
    }
    if (this.#reads === undefined) done();
    else void this.#reads.then(() => done());
  }
}

/** Answers from a history as the HTTP client would from the API. */
class HistoryClient implements ManagedClient {
  readonly #world: Source;
  readonly #signal: AbortSignal;
  readonly #requests: string[];
  readonly #options: InProcessOptions;

  constructor(world: Source, signal: AbortSignal, requests: string[], options: InProcessOptions) {
    this.#world = world;
    this.#signal = signal;
    this.#requests = requests;
    this.#options = options;
  }

  async get(path: string): Promise<Answer> {
    // Requests take their turns, as they do on a wire.
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#signal.aborted) throw new Stopped('stopped');
    this.#requests.push(path);
    this.#world.tick();
    const broken = this.#options.breaks?.(path);
    if (broken !== undefined) throw broken;
    const found = answerOf(this.#world, this.#below(path));
    const body =
      this.#options.alters === undefined ? found : this.#options.alters(path, structuredClone(found));
    if (body === undefined || typeof body === 'string') throw this.#refused(path, body);
    const receivedAt = (this.#options.clock ?? (() => this.#world.now))();
    return {
      status: 200,
      headers: {},
      body: structuredClone(body),
      receivedAt,
      date: (this.#options.date ?? (() => this.#world.date()))(),
    };
  }

  #refused(path: string, body: string | undefined): HttpError {
    const status = body === 'forbidden' ? 403 : 404;
    const failure = status === 403 ? 'forbidden' : 'not-found';
    // Of a signed URL nothing is known but that it is over.
    const isOutput = isOutputUrl(this.#world, path);
    return new HttpError(`GET ${path} answered ${status}.`, {
      failure: isOutput ? 'unreadable' : failure,
      path,
      status,
    });
  }

  /** What the sandbox calls a URL of the API. */
  #below(path: string): string {
    if (!path.startsWith('http') || isOutputUrl(this.#world, path)) return path;
    const { pathname, search } = new URL(path);
    return pathname + search;
  }

  get statistics(): HttpStatistics {
    const requests = this.#requests.length;
    return { requests, retries: 0, refused: 0, waitedForLimit: 0, inFlight: 0, pause: 0 };
  }

  async close(): Promise<void> {}
}
