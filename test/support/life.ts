import { HttpError } from '../../src/errors.js';
import { State } from '../../src/sync/state.js';
import { merge, rewind } from '../../src/sync/state-edit.js';
import type { WorldOptions } from '../sandbox/options.js';
import { createRandom, type Random } from '../sandbox/random.js';
import { createWorld, type World } from '../sandbox/world.js';
import { Destination, differences, repeated } from './destination.js';
import { lacking } from './expected.js';
import { describeError, type InProcessOptions, runInProcess } from './in-process.js';

const hour = 3_600_000;
const day = 24 * hour;

export const allStreams = ['pipelines', 'workflows', 'jobs'];

/** What happens while a tap is run again and again over months. */
export interface LifeOptions {
  readonly seed: number;
  readonly world?: WorldOptions;
  readonly config?: object;
  /** Streams beyond the core that are read too. */
  readonly further?: readonly string[];
  /** Share of the runs that are killed at a random byte. */
  readonly kills?: number;
  /** Streams come and go. */
  readonly selects?: boolean;
  /** start_date moves back and forth. */
  readonly movesStart?: boolean;
  /** Now and then there is an end_date: in the past, or soon to come. It is lifted at the end. */
  readonly movesEnd?: boolean;
  /** lookback_days changes between 1, 30 and 90, which it is at the end. */
  readonly movesLookback?: boolean;
  /** Share of the runs that are backfills of a random range, often of the same one as before. */
  readonly backfills?: number;
  /** Share of the runs before which the destination loses what was created since a date, and the state is rewound to it. */
  readonly rewinds?: number;
  /** Share of the runs before which the destination becomes what it was once, and the state is merged with that of then. */
  readonly merges?: number;
  /** Requests that fail after all retries, as a share. */
  readonly breaks?: number;
  /** Days without a run at the most, between two of them. */
  readonly longestGap?: number;
  /** The last run comes so many days after the one before it, so that it looks back 90 days. */
  readonly lastGap?: number;
}

export interface Life {
  /** What the destination lacks at the end. */
  readonly differences: string[];
  /** Keys that left twice in one run. */
  readonly repeated: string[];
  readonly destination: Destination;
  readonly world: World;
  /** The size of every state that was written, and how much there is in it. */
  readonly states: readonly StateSize[];
  /** What was done to the settings, the state and the destination, for the one who looks for the cause of a failure. */
  readonly story: string[];
  readonly runs: number;
  readonly requests: number;
}

interface StateSize {
  readonly bytes: number;
  readonly projects: number;
  readonly streams: number;
  /** Open pipelines. */
  readonly open: number;
  /** Backfills that were interrupted. */
  readonly ranges: number;
}

/** How one run is made. */
interface How {
  readonly killed: boolean;
  readonly broken: boolean;
  readonly streams: readonly string[];
  /** Those beyond the core; default: all that the options name. */
  readonly further?: readonly string[];
  readonly startDate: number;
  readonly endDate?: number | undefined;
  readonly lookbackDays?: number | undefined;
  readonly range?: boolean;
}

/** Lives through a random history and returns what the destination holds when all is quiet. */
export async function live(options: LifeOptions): Promise<Life> {
  const random = createRandom(options.seed, 'life');
  const world = createWorld({
    seed: options.seed,
    // Requests take a minute here, so that the URLs of outputs would be over before they are asked.
    outputMinutes: 100_000,
    pageSize: random.integer(2, 6),
    tickMs: random.pick([
      [50, 2000],
      [50, 60_000],
    ] as const),
    ...options.world,
  });
  const { start } = world.options;
  const startDate = start + 5 * day;
  const user = new User(world, options, random);
  world.now = start + random.between(6, 40) * day;
  const moods = new Moods(world, options, random, startDate);
  const gaps = [600_000, hour, 6 * hour, day, (options.longestGap ?? 4) * day];
  while (world.now < world.quietFrom + 7 * hour) {
    user.edit();
    await user.run(moods.next());
    world.advance(random.pick(gaps) * random.between(0.5, 1.5));
  }
  const lookbackDays = options.movesLookback ? 90 : undefined;
  const calm: How = { killed: false, broken: false, streams: allStreams, startDate, lookbackDays };
  world.advance(hour);
  await user.run(calm);
  world.advance((options.lastGap ?? 8) * day);
  await user.run(calm);
  const truth = world.truth({ since: startDate });
  const { destination, states, story, runs, requests } = user;
  return {
    differences: [
      ...differences(destination, truth, allStreams),
      ...lacking(destination, truth.further, options.further ?? []),
    ],
    repeated: user.repeated,
    destination,
    world,
    states,
    story,
    runs,
    requests,
  };
}

/** What there was after a run. */
interface Kept {
  readonly state: unknown;
  readonly rows: Destination['rows'];
}

/** Who runs the tap, keeps its state, loads what it writes, and now and then has to mend something. */
class User {
  readonly destination = new Destination();
  readonly repeated: string[] = [];
  readonly states: StateSize[] = [];
  readonly story: string[] = [];
  runs = 0;
  requests = 0;
  readonly #world: World;
  readonly #options: LifeOptions;
  readonly #random: Random;
  readonly #edits: Random;
  #state: unknown;
  /** State and destination after earlier runs. */
  readonly #kept: Kept[] = [];

  constructor(world: World, options: LifeOptions, random: Random) {
    this.#world = world;
    this.#options = options;
    this.#random = random;
    this.#edits = createRandom(options.seed, 'edits');
  }

  async run(how: How): Promise<void> {
    this.runs++;
    const world = this.#world;
    this.#tell('run', how);
    const ended = await runInProcess(world, {
      config: {
        start_date: iso(how.startDate),
        ...(how.endDate === undefined ? {} : { end_date: iso(how.endDate) }),
        ...(how.lookbackDays === undefined ? {} : { lookback_days: how.lookbackDays }),
        streams: [...allStreams, ...(this.#options.further ?? [])],
        ...this.#options.config,
      },
      state: copy(this.#state),
      range: how.range ?? false,
      streams: [...how.streams, ...(how.further ?? this.#options.further ?? [])],
      killAfterBytes: how.killed ? Math.floor(this.#random.between(100, 60_000)) : undefined,
      ...(how.broken ? { breaks: breaking(this.#random, this.#options.breaks ?? 0) } : {}),
    });
    if (ended.error !== undefined && !how.broken)
      throw new Error(
        `seed ${this.#options.seed}: ${describeError(ended.error)}\n${ended.log.filter((line) => /^ERROR/.test(line)).join('')}`,
      );
    const output = this.destination.load(ended.stdout);
    this.repeated.push(...repeated(output.keys));
    this.#state = output.states.at(-1)?.value ?? this.#state;
    // Without a state there is nothing to merge.
    if (this.#options.merges !== undefined && this.#state !== undefined) {
      this.#kept.push({ state: copy(this.#state), rows: copyRows(this.destination.rows) });
    }
    this.states.push(...output.states.map(({ value }) => sizeOf(value)));
    this.requests += ended.requests.length;
  }

  /** Before a run, as the options have it: a rewind, a merge, or nothing. */
  edit(): void {
    const { rewinds = 0, merges = 0 } = this.#options;
    const random = this.#edits;
    if (this.#state === undefined) return;
    if (random.chance(rewinds)) this.#rewind(random.between(this.#world.options.start, this.#world.now));
    if (random.chance(merges) && this.#kept.length > 0) this.#merge(random.pick(this.#kept));
  }

  #rewind(to: number): void {
    this.#tell('rewind', iso(to));
    forget(this.destination, to);
    const state = new State(copy(this.#state));
    rewind(state, to, {});
    this.#state = copy(state);
  }

  #merge({ state: other, rows }: Kept): void {
    const states = this.#edits.chance(0.5) ? [this.#state, other] : [other, this.#state];
    this.#tell('merge', other);
    for (const [stream, held] of copyRows(rows)) this.destination.rows.set(stream, held);
    this.#state = copy(merge(states.map((state) => new State(copy(state)))));
  }

  #tell(what: string, how: unknown): void {
    this.story.push(`${iso(this.#world.now)} ${what} ${JSON.stringify(how)}`);
  }
}

/** Settings that change from run to run. */
class Moods {
  readonly #world: World;
  readonly #options: LifeOptions;
  readonly #random: Random;
  readonly #settings: Random;
  readonly #startDate: number;
  #movingStart: number;
  #range: { readonly startDate: number; readonly endDate: number | undefined } | undefined;

  constructor(world: World, options: LifeOptions, random: Random, startDate: number) {
    this.#world = world;
    this.#options = options;
    this.#random = random;
    this.#settings = createRandom(options.seed, 'settings');
    this.#startDate = startDate;
    this.#movingStart = options.movesStart ? world.options.start + 25 * day : startDate;
  }

  next(): How {
    const { kills = 0, breaks = 0 } = this.#options;
    const startDate = this.#start();
    const how: How = {
      startDate,
      killed: this.#random.chance(kills),
      streams: this.#streams(),
      ...(this.#options.selects ? { further: this.#further() } : {}),
      broken: this.#random.chance(breaks > 0 ? 0.5 : 0),
      lookbackDays: this.#options.movesLookback ? this.#settings.pick([1, 30, 90]) : undefined,
      endDate: this.#end(startDate),
    };
    if (!this.#settings.chance(this.#options.backfills ?? 0)) return how;
    return { ...how, ...this.#backfill(), range: true };
  }

  #start(): number {
    const { start } = this.#world.options;
    if (this.#options.movesStart && this.#random.chance(0.2))
      this.#movingStart = this.#random.pick([this.#startDate, start + 25 * day, start + 40 * day]);
    return this.#movingStart;
  }

  #end(startDate: number): number | undefined {
    if (!this.#options.movesEnd || !this.#settings.chance(0.4)) return undefined;
    const { now } = this.#world;
    const end = this.#settings.pick([
      this.#settings.between(startDate, now),
      now - this.#settings.between(0, 2) * day,
      now + this.#settings.between(0, 20) * day,
    ]);
    return end > startDate ? Math.floor(end) : undefined;
  }

  /** The same as before, so that one that was interrupted goes on, or another. */
  #backfill(): { readonly startDate: number; readonly endDate: number | undefined } {
    const random = this.#settings;
    if (this.#range !== undefined && random.chance(0.5)) return this.#range;
    const { now } = this.#world;
    const startDate = Math.floor(random.between(this.#world.options.start, now - day));
    const length = random.pick([day, 20 * day, now - startDate + 10 * day, undefined]);
    this.#range = { startDate, endDate: length === undefined ? undefined : Math.floor(startDate + length) };
    return this.#range;
  }

  #further(): readonly string[] {
    return (this.#options.further ?? []).filter(() => this.#random.chance(0.6));
  }

  #streams(): readonly string[] {
    if (!this.#options.selects) return allStreams;
    const some = allStreams.filter(() => this.#random.chance(0.6));
    return some.length === 0 ? ['workflows'] : some;
  }
}

/** The destination loses all that is of a pipeline created since a date. */
function forget(destination: Destination, since: number): void {
  const lost = new Set<unknown>();
  for (const { id, created_at } of destination.stream('pipelines').values())
    if (Date.parse(String(created_at)) >= since) lost.add(id);
  for (const [stream, column] of [
    ['pipelines', 'id'],
    ['workflows', 'pipeline_id'],
    ['jobs', '_pipeline_id'],
  ] as const) {
    for (const [key, row] of destination.stream(stream))
      if (lost.has(row[column])) destination.stream(stream).delete(key);
  }
}

function breaking(random: Random, share: number): NonNullable<InProcessOptions['breaks']> {
  return (path) => (random.chance(share) ? brokenRequest(path) : undefined);
}

function brokenRequest(path: string): HttpError {
  return new HttpError(`GET ${path} answered 500.`, { failure: 'unreadable', path, status: 500 });
}

function sizeOf(value: unknown): StateSize {
  const state = copy(value) as {
    bookmarks: Record<string, { tap?: { open: unknown[]; range?: unknown }[] }>;
  };
  let open = 0;
  let projects = 0;
  let ranges = 0;
  for (const bookmark of Object.values(state.bookmarks)) {
    for (const entry of bookmark.tap ?? []) {
      projects++;
      open += entry.open.length;
      if (entry.range !== undefined) ranges++;
    }
  }
  const streams = Object.keys(state.bookmarks).length;
  return { bytes: JSON.stringify(state).length, projects, streams, open, ranges };
}

/** The rows themselves are never changed. */
function copyRows(rows: Destination['rows']): Destination['rows'] {
  return new Map([...rows].map(([stream, held]) => [stream, new Map(held)]));
}

function copy(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

const iso = (time: number): string => new Date(time).toISOString();
