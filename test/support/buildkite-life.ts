import { HttpError } from '../../src/errors.js';
import type { BuildkiteWorldOptions } from '../sandbox/buildkite/options.js';
import { type BuildkiteWorld, createBuildkiteWorld } from '../sandbox/buildkite/world.js';
import { createRandom, type Random } from '../sandbox/random.js';
import { Destination, repeated } from './destination.js';
import { lacking } from './expected.js';
import { describeError, type InProcessOptions, runBuildkiteInProcess } from './in-process.js';

const hour = 3_600_000;
const day = 24 * hour;

/** Of each build, or below it; what else there is has no memory. */
export const buildStreams = [
  'buildkite_builds',
  'buildkite_jobs',
  'buildkite_artifacts',
  'buildkite_annotations',
];

/** What happens while a tap reads Buildkite again and again over months. */
export interface BuildkiteLifeOptions {
  readonly seed: number;
  readonly world?: BuildkiteWorldOptions;
  readonly config?: object;
  /** Default: builds and all that hangs below them. */
  readonly streams?: readonly string[];
  /** Share of the runs that are killed at a random byte. */
  readonly kills?: number;
  /** That byte at the most. */
  readonly mostBytes?: number;
  /** Streams come and go. */
  readonly selects?: boolean;
  /** Pipelines come and go. */
  readonly narrows?: boolean;
  /** start_date moves back and forth. */
  readonly movesStart?: boolean;
  /** Requests that fail after all retries, as a share. */
  readonly breaks?: number;
  /** Days without a run at the most, between two of them. */
  readonly longestGap?: number;
}

export interface BuildkiteLife {
  readonly differences: string[];
  /** Keys that left twice in one run. */
  readonly repeated: string[];
  readonly world: BuildkiteWorld;
  /** The size of every state that was written, and how much there is in it. */
  readonly states: readonly StateSize[];
  readonly story: string[];
  readonly requests: number;
}

interface StateSize {
  readonly bytes: number;
  /** Of a stream and a pipeline each. */
  readonly entries: number;
  readonly open: number;
  /** Walks under way. */
  readonly walks: number;
}

function sizeOf(value: unknown): StateSize {
  const text = JSON.stringify(value);
  const state: { bookmarks: Record<string, { tap?: { open: unknown[]; walk: unknown[] }[] }> } =
    JSON.parse(text);
  const entries = Object.values(state.bookmarks).flatMap(({ tap = [] }) => tap);
  return {
    bytes: text.length,
    entries: entries.length,
    open: entries.reduce((sum, { open }) => sum + open.length, 0),
    walks: entries.reduce((sum, { walk }) => sum + walk.length, 0),
  };
}

/** Lives through a random history and tells what the destination lacks when all is quiet. */
export async function liveOnBuildkite(options: BuildkiteLifeOptions): Promise<BuildkiteLife> {
  const { seed, streams = buildStreams, longestGap = 4, mostBytes = 80_000 } = options;
  const random = createRandom(seed, 'life');
  const world = createBuildkiteWorld({
    seed,
    tickMs: random.pick([
      [50, 2000],
      [50, 60_000],
    ] as const),
    ...options.world,
  });
  const { start } = world.options;
  const startDate = start + 5 * day;
  const destination = new Destination();
  const life = { repeated: [] as string[], story: [] as string[], states: [] as StateSize[], requests: 0 };
  let state: unknown;
  const run = async (how: {
    config?: object;
    killed?: boolean;
    streams?: readonly string[];
    broken?: boolean;
  }) => {
    life.story.push(`${new Date(world.now).toISOString()} ${JSON.stringify(how)}`);
    const ended = await runBuildkiteInProcess(world, {
      config: {
        start_date: new Date(startDate).toISOString(),
        streams: how.streams ?? streams,
        // A build that ran for a month may be retried, and then hide its new end: only a look-back finds that.
        buildkite_deep_days: 90,
        ...options.config,
        ...how.config,
      },
      state,
      killAfterBytes: how.killed ? Math.floor(random.between(100, mostBytes)) : undefined,
      ...(how.broken ? { breaks: breaking(random, options.breaks ?? 0) } : {}),
    });
    if (ended.error !== undefined && !how.broken)
      throw new Error(
        `seed ${seed}: ${describeError(ended.error)}\n${ended.log.filter((line) => /^ERROR/.test(line)).join('')}`,
      );
    const output = destination.load(ended.stdout);
    life.repeated.push(...repeated(output.keys));
    life.requests += ended.requests.length;
    life.states.push(...output.states.map(({ value }) => sizeOf(value)));
    state = JSON.parse(JSON.stringify(output.states.at(-1)?.value ?? state ?? null)) ?? undefined;
  };
  world.now = start + random.between(6, 30) * day;
  const gaps = [600_000, hour, 6 * hour, day, longestGap * day];
  while (world.now < world.quietFrom + 2 * hour) {
    await run({
      killed: random.chance(options.kills ?? 0),
      broken: random.chance((options.breaks ?? 0) > 0 ? 0.5 : 0),
      streams: options.selects ? someOf(random, streams) : streams,
      config: {
        ...(options.narrows && random.chance(0.4) ? { buildkite_pipelines: '!*/web' } : {}),
        ...(options.movesStart && random.chance(0.3)
          ? { start_date: new Date(start + 20 * day).toISOString() }
          : {}),
      },
    });
    world.advance(random.pick(gaps) * random.between(0.5, 1.5));
  }
  world.advance(2 * hour);
  await run({});
  world.advance(8 * day);
  await run({});
  const differences = lacking(destination, world.truth({ since: startDate }), streams);
  return { ...life, differences, world };
}

function someOf(random: Random, streams: readonly string[]): readonly string[] {
  const some = streams.filter(() => random.chance(0.6));
  return some.length === 0 ? streams : some;
}

function breaking(random: Random, share: number): NonNullable<InProcessOptions['breaks']> {
  return (path) =>
    random.chance(share)
      ? new HttpError(`GET ${path} answered 500.`, {
          failure: 'unreadable',
          path,
          status: 500,
          isTooHeavy: true,
        })
      : undefined;
}
