import { HttpError, type HttpFailure, messageOf } from '../../src/errors.js';
import { type Coins, plainCoins } from '../sandbox/coins.js';
import type { PipelineHistory, WorkflowHistory } from '../sandbox/history.js';
import type { WorldOptions } from '../sandbox/options.js';
import { DAY, HOUR, MINUTE } from '../sandbox/rows.js';
import { createWorld, type World } from '../sandbox/world.js';
import { Destination, differences } from './destination.js';
import { describeError, type InProcessOptions, runInProcess } from './in-process.js';

/** The moment before which nothing has happened in a scripted history. */
export const start = Date.UTC(2024, 0, 1);

/** So many days, hours and minutes after the start. */
export function at(days: number, hours = 0, minutes = 0): number {
  return start + days * DAY + hours * HOUR + minutes * MINUTE;
}

export const iso = (time: number): string => new Date(time).toISOString();

/** A history to be written by hand, of a well-behaved API whose clock stands still unless told. */
export function script({ coins, ...options }: WorldOptions & { coins?: Partial<Coins> } = {}): World {
  return createWorld({
    pipelines: 0,
    features: 'none',
    coins: { ...plainCoins, ...coins },
    start,
    now: start,
    pageSize: 4,
    tickMs: 0,
    ...options,
  });
}

/** A pipeline with one workflow that succeeds after five minutes. */
export function finished(world: World, createdAt: number): PipelineHistory & { workflow: WorkflowHistory } {
  const pipeline = world.addPipeline({ createdAt });
  const workflow = world.addWorkflow(pipeline, { createdAt, stoppedAt: createdAt + 5 * MINUTE });
  return Object.assign(pipeline, { workflow });
}

/** A finished pipeline on each of the days `from` to `to`, the oldest first. */
export function daily(world: World, from: number, to: number): ReturnType<typeof finished>[] {
  return Array.from({ length: to - from + 1 }, (_, index) => finished(world, at(from + index)));
}

export interface RunOptions extends InProcessOptions {
  /** The run ends with an error, or is killed. */
  readonly fails?: boolean;
}

/** What one run did. */
export interface Entry {
  /** `<stream> <key>` of the rows, in order. */
  readonly rows: readonly string[];
  readonly states: readonly { readonly value: StateValue; readonly rowsBefore: number }[];
  readonly requests: readonly string[];
  readonly log: string;
  /** Undefined when the run ended well. */
  readonly error: string | undefined;
}

/** State as JSON. */
export interface StateValue {
  readonly bookmarks: Readonly<
    Record<string, Readonly<Record<string, unknown>> & { readonly tap: TapEntry[] }>
  >;
}

export interface TapEntry {
  readonly project: string;
  readonly from?: string;
  readonly deep?: string;
  readonly walk: readonly { readonly started: string; readonly oldest: string; readonly deep?: boolean }[];
  readonly range?: readonly {
    readonly start: string;
    readonly end?: string;
    readonly started: string;
    readonly oldest: string;
  }[];
  readonly open: readonly (readonly [id: string, created: string])[];
}

const slug = 'gh/acme/web';

/** A user who runs the tap now and then, keeps its state, and loads what it writes. */
export class Diary {
  readonly world: World;
  readonly destination = new Destination();
  state: unknown;
  readonly #defaults: RunOptions;

  constructor(world: World, defaults: RunOptions = {}) {
    this.world = world;
    this.#defaults = defaults;
  }

  /** Runs at `now`; keeps what was written, also by a run that fails. */
  async run(now: number, options: RunOptions = {}): Promise<Entry> {
    this.world.now = now;
    const { fails = false, config, ...rest } = { ...this.#defaults, ...options };
    const ended = await runInProcess(this.world, {
      ...rest,
      config: { start_date: iso(start), ...this.#defaults.config, ...config },
      state: this.state,
    });
    if (ended.error !== undefined && !fails) throw new Error(describeError(ended.error));
    const output = this.destination.load(ended.stdout);
    const states = output.states.map((state) => ({ ...state, value: asJson(state.value) }));
    this.state = states.at(-1)?.value ?? this.state;
    return {
      rows: output.keys,
      states,
      requests: ended.requests,
      log: ended.log.join(''),
      error: ended.error === undefined ? undefined : messageOf(ended.error),
    };
  }

  /** What the destination lacks of what the API shows now of the pipelines created since `since`. */
  lacks(since = start, streams: readonly string[] = ['pipelines', 'workflows', 'jobs']): string[] {
    return differences(this.destination, this.world.truth({ since }), streams);
  }

  /** The bookmark of a stream. */
  since(stream: string, project = slug): unknown {
    return asJson(this.state).bookmarks[stream]?.[project];
  }

  entry(stream: string, project = slug): TapEntry | undefined {
    return asJson(this.state).bookmarks[stream]?.tap.find((entry) => entry.project === project);
  }

  /** Ids of the open pipelines of a stream. */
  open(stream: string): string[] {
    return (this.entry(stream)?.open ?? []).map(([id]) => id);
  }

  /** The status that the destination holds of a workflow. */
  statusOf({ id }: { readonly id: string }): unknown {
    return this.destination.stream('workflows').get(id)?.status;
  }

  /** Statuses that the destination holds of a workflow's jobs. */
  jobsOf({ id }: { readonly id: string }): unknown[] {
    const rows = [...this.destination.stream('jobs').values()];
    return rows.filter((row) => row._workflow_id === id).map((row) => row.status);
  }

  /** Which of the pipelines the destination holds a row of `stream` for. */
  holds(stream: 'pipelines' | 'workflows' | 'jobs', pipelines: readonly PipelineHistory[]): boolean[] {
    const column = { pipelines: 'id', workflows: 'pipeline_id', jobs: '_pipeline_id' }[stream];
    const held = new Set([...this.destination.stream(stream).values()].map((row) => row[column]));
    return pipelines.map(({ id }) => held.has(id));
  }
}

function asJson(value: unknown): StateValue {
  return JSON.parse(JSON.stringify(value));
}

/** Requests whose path has `part` in it fail for good. */
export function broken(
  part: string | readonly string[],
  failure: HttpFailure = 'unreadable',
  status = 500,
): (path: string) => HttpError | undefined {
  const parts = [part].flat();
  return (path) =>
    parts.some((one) => path.includes(one))
      ? new HttpError(`GET ${path} answered ${status}.`, { failure, path, status })
      : undefined;
}

/** The rows of one stream. */
export function rowsOf(stream: string, { rows }: Entry): string[] {
  return rows.filter((row) => row.startsWith(`${stream} `)).map((row) => row.slice(stream.length + 1));
}
