import { describe, expect, test } from 'vitest';
import { type BuildkiteLifeOptions, liveOnBuildkite } from '../support/buildkite-life.js';
import { holdsForAnySeed, timeout } from '../support/seeds.js';

/** The life ends with all that Buildkite shows, and no run wrote a key twice. */
async function leadsToTruth(seed: number, way: Omit<BuildkiteLifeOptions, 'seed'>): Promise<void> {
  const life = await liveOnBuildkite({ seed, ...way });
  expect(life.differences, `seed ${seed}`).toEqual([]);
  expect(life.repeated, `seed ${seed}: keys that left twice in one run`).toEqual([]);
  for (const { bytes, entries, open, walks } of life.states) {
    const most = 150 + 250 * entries + 70 * open + 90 * walks;
    expect(bytes, `seed ${seed}: size of a state`).toBeLessThanOrEqual(most);
  }
}

describe('whatever happens, the destination ends up equal to what Buildkite shows', timeout, () => {
  const ways: [string, Omit<BuildkiteLifeOptions, 'seed'>][] = [
    ['when runs are killed', { kills: 0.5 }],
    [
      'when nothing but the filters tells of changes',
      {
        kills: 0.7,
        mostBytes: 300_000,
        longestGap: 10,
        streams: ['buildkite_builds', 'buildkite_jobs'],
        config: { buildkite_deep_days: 0 },
        world: { builds: 120, coins: { refinish: 'moves' } },
      },
    ],
    ['when streams come and go', { selects: true, kills: 0.3 }],
    ['when pipelines come and go', { narrows: true, kills: 0.3 }],
    ['when start_date moves', { movesStart: true, kills: 0.3 }],
    ['when reads fail', { breaks: 0.05, kills: 0.2 }],
    ['when weeks go by without a run', { kills: 0.3, longestGap: 25 }],
    ['when several organizations are read', { kills: 0.3, world: { organizations: ['acme', 'umbrella'] } }],
    [
      'when the list may not be paged deep, and many builds are created at once',
      {
        kills: 0.3,
        world: { builds: 120, deepestBuild: 30, coins: { ties: 'some', withinSecond: 'any order' } },
      },
    ],
    [
      'when pages are too heavy, and some builds are so by themselves',
      { kills: 0.3, world: { heaviestPage: 3 } },
    ],
    [
      'when builds alone are read, which then bring no jobs',
      {
        kills: 0.3,
        streams: ['buildkite_builds'],
        world: { features: { reopenings: true, slowBuilds: true } },
      },
    ],
    ['of test runs, too', { kills: 0.3, streams: ['buildkite_test_runs', 'buildkite_suites'] }],
    [
      'when all of it comes together',
      {
        kills: 0.4,
        selects: true,
        narrows: true,
        movesStart: true,
        breaks: 0.03,
        world: { heaviestPage: 12 },
      },
    ],
  ];

  test.each(ways)('%s', async (_, way) => {
    await holdsForAnySeed((seed) => leadsToTruth(seed, way));
  });
});
