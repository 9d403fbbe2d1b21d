import { describe, expect, it } from 'vitest';
import { createBuildkiteBulkWorld } from '../sandbox/buildkite/bulk.js';
import { DAY, HOUR } from '../sandbox/buildkite/time.js';
import { createBuildkiteWorld } from '../sandbox/buildkite/world.js';
import { countInProcess } from '../support/buildkite-counts.js';
import { lastState, noon, quietWorld, rowsOf } from '../support/buildkite-door.js';
import { describeError, runBuildkiteInProcess } from '../support/in-process.js';

type World = Parameters<typeof runBuildkiteInProcess>[0];

async function run(world: unknown, { config = {}, state }: { config?: object; state?: unknown } = {}) {
  // The bulk world answers the same requests.
  const ended = await runBuildkiteInProcess(world as World, {
    config: { start_date: '2020-01-01', ...config },
    state,
  });
  expect(ended.error === undefined ? '' : describeError(ended.error)).toBe('');
  return { ...ended, state: lastState(ended.stdout) };
}

const jobs = 20;

describe('the requests of a first sync', () => {
  it.each([
    ['10,000 builds, 30 on a page', 10_000, Number.POSITIVE_INFINITY, 30],
    // 15 builds have 300 jobs.
    ['2,000 builds, 15 on a page, where the server brings no more together', 2000, 300, 15],
  ])(
    'are at most 1.3 times what the pages of %s need',
    { timeout: 300_000 },
    async (_, builds, heaviestPage, size) => {
      const { rows, requests } = await countInProcess(
        createBuildkiteBulkWorld({ builds, jobs, heaviestPage }),
      );
      expect(rows).toMatchObject({ buildkite_builds: builds, buildkite_jobs: builds * jobs });
      expect(requests.length).toBeGreaterThan(builds / size);
      expect(requests.length).toBeLessThanOrEqual((1.3 * builds) / size);
    },
  );

  it('of builds alone are fewer, as 100 of them fit on a page', async () => {
    const { requests } = await countInProcess(createBuildkiteBulkWorld({ builds: 10_000, jobs }), {
      streams: 'buildkite_builds',
    });
    expect(requests.length).toBeLessThanOrEqual(1.3 * 100);
  });

  it('page on where Buildkite refuses to list so deep', async () => {
    const world = createBuildkiteBulkWorld({ builds: 1000, jobs: 1, deepestBuild: 90 });
    const { stdout } = await run(world);
    expect(stdout.match(/"type":"RECORD","stream":"buildkite_builds"/g)).toHaveLength(1000);
  });
});

describe('the requests of a run that finds nothing new', () => {
  it('are one for each way in which something might have changed', async () => {
    const world = createBuildkiteBulkWorld({ builds: 300, jobs });
    world.advance(2 * DAY);
    const first = await run(world);
    const second = await run(world, { state: first.state });
    const list = '/organizations/acme/builds?per_page=30&exclude_pipeline=true&include_retried_jobs=true';
    const states = ['creating', 'scheduled', 'running', 'failing', 'canceling'];
    const since = (milliseconds: number) =>
      encodeURIComponent(`${new Date(world.now - milliseconds).toISOString().slice(0, 19)}Z`);
    expect(second.requests).toEqual([
      '/access-token',
      '/organizations?per_page=100',
      '/organizations/acme/pipelines?per_page=100',
      `${list}${states.map((state) => `&state%5B%5D=${state}`).join('')}`,
      `${list}&finished_from=${since(HOUR)}`,
      `${list}&created_from=${since(DAY)}`,
    ]);
    expect(rowsOf(second.stdout).get('buildkite_builds')).toBeUndefined();
  });

  it('are as few where every stream of the organization is read, but for those that have no memory', async () => {
    const world = quietWorld();
    world.addBuild({ createdAt: noon - 20 * DAY, jobs: [{ artifacts: 1 }] });
    const streams =
      'buildkite_builds buildkite_jobs buildkite_artifacts buildkite_annotations buildkite_job_logs buildkite_job_env';
    const first = await run(world, { config: { streams } });
    expect(first.requests.filter((path) => /\/(log|env|artifacts|annotations)\b/.test(path))).toHaveLength(4);
    world.advance(2 * DAY);
    const { requests } = await run(world, { config: { streams }, state: first.state });
    expect(requests).toHaveLength(6);
  });

  it('are no more where builds have been blocked for weeks, and their state says so', async () => {
    const world = quietWorld({ coins: { blockedState: 'blocked' } });
    for (const days of [20, 21, 22]) {
      const build = world.addBuild({ createdAt: noon - days * DAY, state: 'running' });
      world.blockBuild(build, { at: noon - days * DAY + HOUR });
    }
    const first = await run(world);
    expect(
      rowsOf(first.stdout)
        .get('buildkite_builds')
        ?.map(({ state }) => state),
    ).toEqual(Array(3).fill('blocked'));
    expect((await run(world, { state: first.state })).requests).toHaveLength(6);
  });

  it('are no more where ten pipelines of a hundred are read, whose history had lists of its own', async () => {
    const pipelines = Array.from({ length: 100 }, (_, index) => `p${index}`);
    const world = quietWorld({ pipelines });
    const config = { buildkite_pipelines: 'acme/p2? !acme/p2' };
    const first = await run(world, { config });
    expect(first.requests.filter((path) => path.startsWith('/organizations/acme/builds'))).toEqual([]);
    expect((await run(world, { config, state: first.state })).requests).toHaveLength(6);
    // Weeks later the others have filled many pages.
    world.advance(20 * DAY);
    const late = await run(world, { config, state: first.state });
    expect(late.requests.filter((path) => path.startsWith('/organizations/acme/builds'))).toHaveLength(1);
    expect(late.requests).toHaveLength(3 + 1 + 2 * 10);
  });

  it('are of the pipelines alone where they are few of many', async () => {
    const pipelines = Array.from({ length: 40 }, (_, index) => `p${index}`);
    const world = quietWorld({ pipelines });
    const config = { buildkite_pipelines: 'acme/p1 acme/p2' };
    const first = await run(world, { config });
    const second = await run(world, { config, state: first.state });
    expect(second.requests.filter((path) => path.startsWith('/organizations/acme/builds'))).toEqual([]);
    expect(second.requests).toHaveLength(3 + 3 * 2);
  });
});

describe('the deep look-back', () => {
  it('comes once a week, and finds what no filter shows within buildkite_deep_days', async () => {
    const world = createBuildkiteWorld({
      builds: 0,
      start: noon,
      now: noon + DAY,
      tickMs: 0,
      pipelines: ['web'],
    });
    const first = await run(world);
    const reaches: number[] = [];
    let { state } = first;
    for (let days = 1; days <= 9; days++) {
      world.advance(DAY);
      const { requests, ...ended } = await run(world, { state });
      state = ended.state;
      const from = requests.map((path) => new URLSearchParams(path.split('?')[1]).get('created_from'));
      const oldest = Math.min(...from.filter((time) => time !== null).map((time) => Date.parse(time)));
      reaches.push(Math.round((world.now - oldest) / DAY));
    }
    // A day of look-back before the sync of the day before; after a week 30 days before the last deep one.
    expect(reaches).toEqual([2, 2, 2, 2, 2, 2, 37, 2, 2]);
  });

  it('writes builds and jobs whatever their times say, and asks below them by these', async () => {
    const world = quietWorld();
    const days = [3, 20, 60];
    for (const ago of days) world.addBuild({ createdAt: noon - ago * DAY, jobs: [{ artifacts: 1 }] });
    const streams = 'buildkite_builds buildkite_jobs buildkite_artifacts';
    const first = await run(world, { config: { streams } });
    const below = (requests: readonly string[]) => requests.filter((path) => path.includes('/artifacts'));
    expect(below(first.requests)).toHaveLength(3);
    world.advance(6 * DAY);
    const sixth = await run(world, { config: { streams }, state: first.state });
    expect(rowsOf(sixth.stdout).size).toBe(0);
    world.advance(2 * DAY);
    const eighth = await run(world, { config: { streams }, state: sixth.state });
    const rows = rowsOf(eighth.stdout);
    expect([rows.get('buildkite_builds')?.length, rows.get('buildkite_jobs')?.length]).toEqual([2, 2]);
    expect(below(eighth.requests)).toEqual([]);
    expect(eighth.requests).toHaveLength(6);
  });
});
