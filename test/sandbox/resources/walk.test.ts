import { expect, test } from 'vitest';
import { answerOf } from '../answers.js';
import { DAY } from '../rows.js';
import { serve } from '../serve.js';
import type { World } from '../world.js';
import { createWorld } from '../world.js';
import { furtherStreams } from './truth.js';
import { walkFurther } from './walker.js';

const projects = ['gh/acme/web', 'gh/acme/api', 'circleci/43G3kM5RtfFE7v5sa4nWAU/44n9pujWcTnVZ2b5S8Fnat'];

const worldOf = (seed: number): World => {
  const world = createWorld({
    seed,
    projects,
    pipelines: 12,
    reruns: 8,
    pageSize: 3 + (seed % 3),
    tickMs: 0,
  });
  // At the end of the pipelines, in the tail, when all is quiet, when artifacts or all has expired.
  world.now = [world.now, world.now + 30 * DAY, world.quietFrom, world.now + 120 * DAY][seed % 4] as number;
  return world;
};

const inProcess = (world: World) => async (path: string) => {
  const body = answerOf(world, path);
  return body === 'not found' ? undefined : structuredClone(body);
};

test('a walk of every endpoint sees the truth when time stands still', async () => {
  const rows = new Map<string, number>();
  for (let seed = 1; seed <= 24; seed++) {
    const world = worldOf(seed);
    const seen = await walkFurther(world, inProcess(world));
    const { further } = world.truth();
    for (const stream of Object.keys(furtherStreams)) {
      expect(seen.get(stream), `seed ${seed}, ${stream}`).toEqual(further.get(stream));
      rows.set(stream, (rows.get(stream) ?? 0) + (further.get(stream)?.size ?? 0));
    }
  }
  for (const stream of Object.keys(furtherStreams)) expect(rows.get(stream), stream).toBeGreaterThan(20);
});

test('so does one over HTTP, where outputs are on an origin of their own', async () => {
  const world = worldOf(2);
  await using sandbox = await serve(world);
  const seen = await walkFurther(world, async (pathOrUrl) => {
    const isOutput = pathOrUrl.startsWith('http');
    const base = pathOrUrl.startsWith('/api/') ? sandbox.url.replace('/api/v2', '') : sandbox.url;
    const headers: Record<string, string> = isOutput ? {} : { 'Circle-Token': sandbox.token };
    const response = await fetch(isOutput ? pathOrUrl : base + pathOrUrl, { headers });
    return response.status === 404 ? undefined : await response.json();
  });
  expect(seen).toEqual(world.truth().further);
  expect(sandbox.outputRequests.length).toBeGreaterThan(10);
});

test('the truth of a time stays, though the clock goes on before it is looked at', () => {
  const [early, late] = [worldOf(1), worldOf(1)].map((world) => ({ world, truth: world.truth() }));
  late?.world.advance(40 * DAY);
  expect(late?.truth.further).toEqual(early?.truth.further);
  expect(late?.world.truth().further).not.toEqual(early?.truth.further);
});

test('the truth of what hangs on pipelines can be bounded as theirs is', () => {
  const world = worldOf(4);
  world.now = world.options.now;
  const since = world.now - 10 * DAY;
  const some = world.truth({ since });
  const all = world.truth().further;
  expect(some.further.get('pipeline_values')?.size).toBe(some.pipelines.size);
  for (const stream of ['job_details', 'users'] as const) {
    expect(some.further.get(stream)?.size).toBeLessThan(all.get(stream)?.size as number);
  }
  expect(some.further.get('contexts')).toEqual(all.get('contexts'));
});
