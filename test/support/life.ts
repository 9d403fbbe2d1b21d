import type { WorldOptions } from '../sandbox/options.js';
import { createRandom, type Random } from '../sandbox/random.js';
import { createWorld, type World } from '../sandbox/world.js';
import { Destination, differences, repeated } from './destination.js';
import { describeError, type InProcessOptions, runInProcess } from './in-process.js';

const hour = 3_600_000;
const day = 24 * hour;

export const allStreams = ['pipelines', 'workflows', 'jobs'];

/** What happens while a tap is run again and again over months. */
export interface LifeOptions {
  readonly seed: number;
  readonly world?: WorldOptions;
  readonly config?: object;
  /** Share of the runs that are killed at a random byte. */
  readonly kills?: number;
  /** Streams come and go. */
  readonly selects?: boolean;
  /** start_date moves back and forth. */
  readonly movesStart?: boolean;
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
  /** The largest state, with the number of open pipelines in it. */
  readonly states: { readonly bytes: number; readonly open: number; readonly projects: number }[];
  readonly runs: number;
  readonly requests: number;
}

/** Lives through a random history and returns what the destination holds when all is quiet. */
export async function live(options: LifeOptions): Promise<Life> {
  const random = createRandom(options.seed, 'life');
  const world = createWorld({
    seed: options.seed,
    pageSize: random.integer(2, 6),
    tickMs: random.pick([
      [50, 2000],
      [50, 60_000],
    ] as const),
    ...options.world,
  });
  const { start } = world.options;
  const startDate = start + 5 * day;
  const destination = new Destination();
  const doubled: string[] = [];
  const states: Life['states'] = [];
  let state: unknown;
  let runs = 0;
  let requests = 0;

  const run = async (how: {
    killed: boolean;
    streams: readonly string[];
    startDate: number;
    broken: boolean;
  }) => {
    runs++;
    const before = JSON.stringify(state);
    const ended = await runInProcess(world, {
      config: { start_date: new Date(how.startDate).toISOString(), ...options.config },
      state: state === undefined ? undefined : JSON.parse(before ?? 'null'),
      streams: how.streams,
      killAfterBytes: how.killed ? Math.floor(random.between(100, 60_000)) : undefined,
      ...(how.broken ? { breaks: breaking(random, options.breaks ?? 0) } : {}),
    });
    if (ended.error !== undefined && !how.broken)
      throw new Error(`seed ${options.seed}: ${describeError(ended.error)}`);
    const output = destination.load(ended.stdout);
    doubled.push(...repeated(output.keys));
    state = output.states.at(-1)?.value ?? state;
    states.push(...output.states.map(({ value }) => sizeOf(value)));
    requests += ended.requests.length;
  };

  world.now = start + random.between(6, 40) * day;
  let movingStart = options.movesStart ? start + 25 * day : startDate;
  const moveStart = () => {
    if (options.movesStart && random.chance(0.2))
      movingStart = random.pick([startDate, start + 25 * day, start + 40 * day]);
  };
  const someStreams = () => {
    if (!options.selects) return allStreams;
    const some = allStreams.filter(() => random.chance(0.6));
    return some.length === 0 ? ['workflows'] : some;
  };
  const someRun = async () => {
    moveStart();
    await run({
      killed: random.chance(options.kills ?? 0),
      streams: someStreams(),
      startDate: movingStart,
      broken: random.chance((options.breaks ?? 0) > 0 ? 0.5 : 0),
    });
  };
  const gaps = [600_000, hour, 6 * hour, day, (options.longestGap ?? 4) * day];
  while (world.now < world.quietFrom + 7 * hour) {
    await someRun();
    world.advance(random.pick(gaps) * random.between(0.5, 1.5));
  }
  world.advance(hour);
  await run({ killed: false, streams: allStreams, startDate, broken: false });
  world.advance((options.lastGap ?? 8) * day);
  await run({ killed: false, streams: allStreams, startDate, broken: false });
  const truth = world.truth({ since: startDate });
  return {
    differences: differences(destination, truth, allStreams),
    repeated: doubled,
    destination,
    world,
    states,
    runs,
    requests,
  };
}

function breaking(random: Random, share: number): NonNullable<InProcessOptions['breaks']> {
  return (path) => (random.chance(share) ? brokenRequest(path) : undefined);
}

import { HttpError } from '../../src/errors.js';

function brokenRequest(path: string): HttpError {
  return new HttpError(`GET ${path} answered 500.`, { failure: 'unreadable', path, status: 500 });
}

function sizeOf(value: unknown): Life['states'][number] {
  const state = JSON.parse(JSON.stringify(value));
  let open = 0;
  let projects = 0;
  for (const bookmark of Object.values<{ tap?: { open: unknown[] }[] }>(state.bookmarks)) {
    for (const entry of bookmark.tap ?? []) {
      projects++;
      open += entry.open.length;
    }
  }
  return { bytes: JSON.stringify(state).length, open, projects };
}
