import { expect, test } from 'vitest';
import { createRandom } from '../sandbox/random.js';
import { furtherStreams } from '../sandbox/resources/truth.js';
import { DAY, HOUR } from '../sandbox/rows.js';
import { createWorld } from '../sandbox/world.js';
import { runBinary, runKilled } from '../support/binary.js';
import { served } from '../support/calm.js';
import { everything } from '../support/circleci-door.js';
import { differences, SuccessiveRuns } from '../support/destination.js';
import { lacking } from '../support/expected.js';
import { allStreams } from '../support/life.js';

const seed = Number(process.env.SEED ?? 11);

test('runs of everything, killed at random bytes while CI moves on, end with what the API shows', async () => {
  const random = createRandom(seed, 'kills of everything');
  const world = createWorld({
    seed,
    projects: ['gh/acme/web', 'gh/acme/api'],
    pipelines: 10,
    reruns: 6,
    pageSize: 4,
    days: 20,
    tailDays: 20,
    outputMinutes: 100_000,
  });
  const sandbox = await served(world);
  const config = { streams: everything, log_jobs: 'all', project_slugs: null, org_slugs: 'gh/acme' };
  const runs = new SuccessiveRuns();
  world.now = world.options.start + 10 * DAY;
  while (world.now < world.quietFrom + HOUR) {
    const bytes = random.integer(20_000, 200_000);
    runs.take(await runKilled(sandbox, bytes, { state: runs.state, config, clockSpeed: 1000 }));
    world.advance(random.pick([HOUR, 5 * DAY, 15 * DAY]));
  }
  for (const wait of [0, 8 * DAY]) {
    world.advance(wait);
    const result = await runBinary(sandbox, { state: runs.state, config });
    expect([result.code, result.stderr.match(/^(ERROR|CRITICAL).*/gm)]).toEqual([0, null]);
    runs.take(result);
  }
  const truth = world.truth({ since: Date.UTC(2020, 0, 1) });
  expect(differences(runs.destination, truth, allStreams)).toEqual([]);
  expect(lacking(runs.destination, truth.further, Object.keys(furtherStreams))).toEqual([]);
}, 240_000);
