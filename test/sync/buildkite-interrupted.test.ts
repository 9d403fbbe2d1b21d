import { describe, expect, it } from 'vitest';
import { DAY, HOUR } from '../sandbox/buildkite/time.js';
import { lastState, noon, quietWorld, rowsOf } from '../support/buildkite-door.js';
import { Destination } from '../support/destination.js';
import { lacking } from '../support/expected.js';
import { type InProcessOptions, runBuildkiteInProcess } from '../support/in-process.js';

const streams = ['buildkite_builds', 'buildkite_jobs'];

/** 20 builds, one on each day, and no more passes than the filters make. */
function history() {
  const world = quietWorld({ coins: { refinish: 'moves' }, now: noon + 21 * DAY });
  const builds = Array.from({ length: 20 }, (_, index) =>
    world.addBuild({ createdAt: noon + index * DAY, state: 'failed', jobs: 1 }),
  );
  const destination = new Destination();
  let state: unknown;
  const run = async (options: InProcessOptions = {}) => {
    const config = { start_date: '2020-01-01', streams, buildkite_deep_days: 0 };
    // A STATE after every build.
    const how = { secondsPerLook: 5, ...options, config: { ...config, ...options.config }, state };
    const { stdout } = await runBuildkiteInProcess(world, how);
    destination.load(stdout);
    state = lastState(stdout);
    return rowsOf(stdout);
  };
  return { world, builds, run, lacks: () => lacking(destination, world.truth(), streams) };
}

describe('a build that an interrupted first sync has read', () => {
  it.each([
    ['ends again before the next run', 5 * HOUR],
    ['ends again after it', 30 * HOUR],
  ])('is written again where a retry of it %s', async (_, finished) => {
    const { world, builds, run, lacks } = history();
    const read = await run({ killAfterStates: 5 });
    expect(read.get('buildkite_builds')?.length).toBeLessThan(10);
    const [job] = builds.at(-3)?.jobs ?? [];
    if (job === undefined) throw new Error('no job');
    world.retryJob(job, { at: world.now + HOUR, finishedAt: world.now + finished });
    world.advance(DAY);
    await run();
    world.advance(2 * DAY);
    await run();
    expect(lacks()).toEqual([]);
  });

  it('is so too where its pipeline alone was new', async () => {
    const { world, run, lacks } = history();
    const inApi = [2, 1, 0].map((days) =>
      world.addBuild({ pipeline: 'api', createdAt: noon - days * DAY, state: 'failed', jobs: 1 }),
    );
    await run({ config: { buildkite_pipelines: '*/web' } });
    const read = await run({ killAfterStates: 2 });
    expect(read.get('buildkite_builds')?.map(({ id }) => id)).toEqual([inApi[2]?.id, inApi[1]?.id]);
    const [job] = inApi[2]?.jobs ?? [];
    if (job === undefined) throw new Error('no job');
    world.retryJob(job, { at: world.now + HOUR });
    world.advance(DAY);
    await run();
    expect(lacks()).toEqual([]);
  });
});

describe('builds of one second, which come in any order', () => {
  const orders = [
    [100, 900, 500, 700],
    [900, 500, 100, 700],
    [500, 700, 900, 100],
  ];

  it.each(orders)('are all read, wherever the run is interrupted: %i, %i, %i, %i ms', async (...order) => {
    for (const states of [undefined, 1, 2, 3]) {
      const world = quietWorld({ coins: { withinSecond: 'any order' } });
      const ids = order.map((milliseconds) => world.addBuild({ createdAt: noon + milliseconds, jobs: 1 }).id);
      world.addBuild({ createdAt: noon - HOUR });
      const config = { start_date: '2020-01-01', streams };
      const destination = new Destination();
      const killed = await runBuildkiteInProcess(world, {
        config,
        secondsPerLook: 5,
        killAfterStates: states,
      });
      destination.load(killed.stdout);
      const { stdout } = await runBuildkiteInProcess(world, { config, state: lastState(killed.stdout) });
      destination.load(stdout);
      expect(ids.filter((id) => !destination.stream('buildkite_builds').has(id))).toEqual([]);
      expect(lacking(destination, world.truth(), streams)).toEqual([]);
    }
  });
});
