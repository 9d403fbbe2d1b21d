import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../sandbox/random.js';
import { createWorld } from '../sandbox/world.js';
import { Destination, differences } from '../support/destination.js';
import { runInProcess } from '../support/in-process.js';
import { allStreams, type LifeOptions, live } from '../support/life.js';

const hour = 3_600_000;
const day = 24 * hour;
/** Lives per property; raise it to look for rare ones. */
const runs = Number(process.env.CONVERGENCE_RUNS ?? 2);

/** Holds for any seed; a failure names the seed, with which `live` repeats it. */
function holdsForAnySeed(property: (seed: number) => Promise<void>): Promise<void> {
  const seeds = fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), property);
  return fc.assert(seeds, { numRuns: runs, endOnFailure: true });
}

const timeout = { timeout: 60_000 + runs * 20_000 };

describe('whatever happens, the destination ends up equal to what the API shows', timeout, () => {
  const ways: [string, Omit<LifeOptions, 'seed'>][] = [
    ['when runs are killed', { kills: 0.5 }],
    ['when streams come and go', { selects: true, kills: 0.3 }],
    ['when start_date moves', { movesStart: true, kills: 0.3 }],
    ['when reads fail', { breaks: 0.05, kills: 0.2 }],
    ['when jobs are FULL_TABLE', { kills: 0.4, config: { jobs_replication_method: 'FULL_TABLE' } }],
    [
      'when several projects are read',
      { kills: 0.4, selects: true, world: { projects: ['gh/acme/web', 'gh/acme/api', 'bb/acme/old'] } },
    ],
    ['when requests take up to ten minutes', { kills: 0.3, world: { tickMs: [50, 600_000] } }],
    ['when weeks go by without a run', { kills: 0.3, longestGap: 30 }],
    [
      'when every run looks back 90 days instead of one a week',
      { kills: 0.4, config: { lookback_days: 90, deep_every_days: 0 }, lastGap: 1 },
    ],
    ['when all of it comes together', { kills: 0.4, selects: true, movesStart: true, breaks: 0.03 }],
  ];

  test.each(ways)('%s', async (_, way) => {
    await holdsForAnySeed(async (seed) => {
      const life = await live({ seed, ...way });
      expect(life.differences, `seed ${seed}`).toEqual([]);
      expect(life.repeated, `seed ${seed}: keys that left twice in one run`).toEqual([]);
      for (const { bytes, projects, open } of life.states) {
        expect(bytes, `seed ${seed}: size of a state`).toBeLessThanOrEqual(150 + 250 * projects + 70 * open);
      }
    });
  });
});

test('from every STATE of a run, what came before and a run from it cover a full run', timeout, async () => {
  await holdsForAnySeed(async (seed) => {
    const random = createRandom(seed, 'states');
    const world = createWorld({ seed, pageSize: 4, pipelines: 20, reruns: 15, tickMs: [50, 5000] });
    const since = world.options.start + 5 * day;
    const config = { start_date: new Date(since).toISOString(), lookback_days: 90 };
    world.now = world.options.start + random.between(20, 70) * day;
    const earlier = await runInProcess(world, { config });
    const stateBefore = new Destination().load(earlier.stdout).states.at(-1)?.value;
    world.advance(random.between(0.1, 20) * day);
    const interrupted = await runInProcess(world, { config, state: stateBefore, secondsPerLook: 5 });
    const later = Math.max(world.now, world.quietFrom) + hour;
    for (const { value, end } of statesOf(interrupted.stdout)) {
      world.now = later;
      const destination = new Destination();
      destination.load(earlier.stdout);
      destination.load(interrupted.stdout.slice(0, end));
      destination.load((await runInProcess(world, { config, state: value })).stdout);
      const truth = world.truth({ since });
      expect(differences(destination, truth, allStreams), `seed ${seed}, STATE at ${end}`).toEqual([]);
    }
  });
});

/** The STATE messages of an output, with where they end. */
function statesOf(output: string): { value: unknown; end: number }[] {
  return [...output.matchAll(/^{"type":"STATE".*\n/gm)].map((match) => ({
    value: JSON.parse(match[0]).value,
    end: match.index + match[0].length,
  }));
}
