import { describe, expect, test } from 'vitest';
import { createRandom } from '../sandbox/random.js';
import { createWorld } from '../sandbox/world.js';
import { Destination, differences } from '../support/destination.js';
import { runInProcess } from '../support/in-process.js';
import { allStreams, type LifeOptions } from '../support/life.js';
import { holdsForAnySeed, leadsToTruth, timeout } from '../support/seeds.js';

/** Read in full by every run. */
const furtherInFull = [
  ...['organizations', 'contexts', 'context_environment_variables', 'context_restrictions'],
  ...[
    'projects',
    'project_settings',
    'project_environment_variables',
    'checkout_keys',
    'schedules',
    'webhooks',
  ],
];

const hour = 3_600_000;
const day = 24 * hour;

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
    ['when end_date comes and goes', { movesEnd: true, kills: 0.6 }],
    ['when ranges are backfilled in between', { backfills: 0.4, kills: 0.4 }],
    [
      'when lookback_days changes, and nothing else looks back',
      { movesLookback: true, kills: 0.4, config: { deep_every_days: 0 }, lastGap: 1 },
    ],
    [
      'when all of it comes together',
      {
        kills: 0.4,
        selects: true,
        movesStart: true,
        movesEnd: true,
        movesLookback: true,
        merges: 0.1,
        backfills: 0.2,
        breaks: 0.03,
      },
    ],
  ];

  const further: [string, Omit<LifeOptions, 'seed'>][] = [
    [
      'of everything that hangs below jobs, when runs are killed and streams come and go',
      {
        further: ['job_details', 'job_steps', 'job_logs', 'test_results', 'artifacts'],
        kills: 0.4,
        selects: true,
        config: { log_jobs: 'all' },
      },
    ],
    [
      'of everything that hangs below jobs, when reads fail',
      {
        further: ['job_details', 'job_steps', 'job_logs', 'test_results', 'artifacts'],
        kills: 0.2,
        breaks: 0.05,
        config: { log_jobs: 'all' },
      },
    ],
    [
      'of people and configurations, when runs are killed and reads fail',
      { further: ['users', 'pipeline_configs', 'pipeline_values'], kills: 0.3, breaks: 0.03 },
    ],
    [
      'of projects and organizations',
      {
        further: furtherInFull,
        kills: 0.3,
        world: { projects: ['gh/acme/web', 'gh/acme/api', 'bb/umbrella/old'] },
      },
    ],
  ];

  test.each([
    ...ways,
    ...further.map(([name, way]): [string, Omit<LifeOptions, 'seed'>] => [
      name,
      // Each asks for far more than the core alone.
      { ...way, world: { pipelines: 8, reruns: 6, ...way.world }, longestGap: 12 },
    ]),
  ])('%s', async (_, way) => {
    await holdsForAnySeed((seed) => leadsToTruth(seed, way));
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
