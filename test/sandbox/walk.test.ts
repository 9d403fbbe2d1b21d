import { expect, test } from 'vitest';
import { list, walk } from './client.js';
import { plainCoins } from './coins.js';
import type { PipelineRow } from './rows.js';
import { DAY } from './rows.js';
import { serve } from './serve.js';
import { createWorld } from './world.js';

test('a full walk over HTTP sees the truth when time stands still', async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const projects = ['gh/acme/web', 'circleci/43G3kM5RtfFE7v5sa4nWAU/44n9pujWcTnVZ2b5S8Fnat'];
    const world = createWorld({
      seed,
      projects,
      pipelines: 20,
      reruns: 12,
      pageSize: 3 + (seed % 3),
      tickMs: 0,
    });
    // At the end of the pipelines, in the tail, when all is quiet, when all has expired.
    world.now = [world.now, world.now + 30 * DAY, world.quietFrom, world.quietFrom + 300 * DAY][
      seed % 4
    ] as number;
    const sandbox = await serve(world);
    try {
      const seen = await walk(sandbox);
      const truth = world.truth();
      expect(seen.pipelines, `seed ${seed}`).toEqual(truth.pipelines);
      expect(seen.workflows, `seed ${seed}`).toEqual(truth.workflows);
      expect(seen.jobs, `seed ${seed}`).toEqual(truth.jobs);
    } finally {
      await sandbox.close();
    }
  }
});

test('truth can be bounded by the creation of pipelines', () => {
  const world = createWorld({ seed: 5, pipelines: 20 });
  const all = [...world.truth().pipelines.values()];
  const since = Date.parse(all[10]?.created_at as string);
  const some = world.truth({ since });
  expect([...some.pipelines.values()]).toEqual(all.filter((one) => Date.parse(one.created_at) >= since));
  expect([...some.workflows.values()].every((one) => some.pipelines.has(one.pipeline_id))).toBe(true);
  expect([...some.jobs.values()].every((one) => some.workflows.has(one._workflow_id))).toBe(true);
});

/** Two pipelines arrive between any two pages. */
async function walkWhileTwoArrive(pageTokens: 'cursor' | 'offset') {
  const coins = { ...plainCoins, pageTokens };
  const world = createWorld({ pipelines: 0, features: 'none', pageSize: 4, tickMs: 1000, coins });
  for (let index = 0; index < 12; index++) world.addPipeline({ createdAt: world.now - (12 - index) * 1000 });
  for (let index = 0; index < 20; index++)
    world.addPipeline({ createdAt: world.now + Math.floor(index / 2 + 1) * 1000 });
  const sandbox = await serve(world);
  try {
    const rows = (await list<PipelineRow>(sandbox, '/project/gh/acme/web/pipeline')) ?? [];
    return rows.map((row) => row.number);
  } finally {
    await sandbox.close();
  }
}

test('cursors go on where the page before ended', async () => {
  expect(await walkWhileTwoArrive('cursor')).toEqual([14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
});

test('offsets repeat items when pipelines arrive', async () => {
  expect(await walkWhileTwoArrive('offset')).toEqual([
    14, 13, 12, 11, 12, 11, 10, 9, 10, 9, 8, 7, 8, 7, 6, 5, 6, 5, 4, 3, 4, 3, 2, 1,
  ]);
});
