import { describe, expect, it } from 'vitest';
import { rowIn, rowsIn } from '../rows-in.js';
import type { BuildkiteCoins } from './coins.js';
import { buildkiteCoinSides, plainBuildkiteCoins } from './coins.js';
import { HOUR, MINUTE } from './time.js';
import { createBuildkiteWorld } from './world.js';

const start = Date.UTC(2026, 0, 1);
const BUILDS = '/organizations/acme/builds';
const time = (at: number) => new Date(at).toISOString();

function emptyWorld(coins: Partial<BuildkiteCoins> = {}) {
  return createBuildkiteWorld({ builds: 0, start, now: start, coins: { ...plainBuildkiteCoins, ...coins } });
}

/** A build that fails, and is brought back an hour later by a retried job. */
function reopenedBuild(coins: Partial<BuildkiteCoins> = {}) {
  const world = emptyWorld(coins);
  const build = world.addBuild({ createdAt: start, finishedAt: start + 10 * MINUTE, state: 'failed' });
  const failed = build.jobs[1];
  if (failed === undefined) throw new Error('A build has two jobs.');
  const retry = world.retryJob(failed, { at: start + HOUR, finishedAt: start + HOUR + 5 * MINUTE });
  const shownAt = (now: number, query = '') => {
    world.now = now;
    return rowsIn(world.get(`${BUILDS}?${query}`).body)[0];
  };
  return { world, failed, retry, shownAt };
}

describe('a build', () => {
  it('moves through its states, and is not there before its time', () => {
    const world = emptyWorld();
    world.addBuild({
      createdAt: start + MINUTE,
      startedAt: start + 2 * MINUTE,
      failingAt: start + 3 * MINUTE,
      finishedAt: start + 4 * MINUTE,
      state: 'failed',
    });
    const states = [0, 1, 1.5, 2, 3, 4].map((minutes) => {
      world.now = start + minutes * MINUTE;
      return rowsIn(world.get(BUILDS).body)[0]?.state;
    });
    expect(states).toEqual([undefined, 'creating', 'scheduled', 'running', 'failing', 'failed']);
    expect(rowsIn(world.get(BUILDS).body)[0]).toMatchObject({
      started_at: time(start + 2 * MINUTE),
      failing_at: time(start + 3 * MINUTE),
      finished_at: time(start + 4 * MINUTE),
    });
  });

  it('runs again when a job is retried, starts later than its jobs, and keeps failing_at', () => {
    const { shownAt } = reopenedBuild();
    expect(shownAt(start + 30 * MINUTE)).toMatchObject({
      state: 'failed',
      finished_at: time(start + 10 * MINUTE),
    });
    expect(shownAt(start + HOUR)).toMatchObject({
      state: 'running',
      started_at: time(start + HOUR),
      finished_at: null,
    });
    const again = shownAt(start + 2 * HOUR);
    expect(again).toMatchObject({ state: 'passed', finished_at: time(start + HOUR + 5 * MINUTE + 1000) });
    expect(again?.failing_at).not.toBeNull();
  });

  it('has what the coins say for finished_at when it finishes again', () => {
    const { shownAt, world } = reopenedBuild({ refinish: 'stays', reopened: 'kept' });
    expect(shownAt(start + HOUR)).toMatchObject({ state: 'running', finished_at: time(start + 10 * MINUTE) });
    expect(shownAt(start + 2 * HOUR)).toMatchObject({
      state: 'passed',
      finished_at: time(start + 10 * MINUTE),
    });
    expect(world.get(`${BUILDS}?finished_from=${time(start + HOUR)}`).body).toEqual([]);
    const { world: moves } = reopenedBuild();
    moves.now = start + 2 * HOUR;
    expect(moves.get(`${BUILDS}?finished_from=${time(start + HOUR)}`).body).toHaveLength(1);
  });

  it('shows the newest attempt of a job, and the others when asked; the list of jobs has all', () => {
    const { world, failed, retry, shownAt } = reopenedBuild();
    const usual = rowsIn(shownAt(start + 2 * HOUR)?.jobs).map(({ id }) => id);
    expect(usual).toContain(retry.id);
    expect(usual).not.toContain(failed.id);
    const all = rowsIn(shownAt(start + 2 * HOUR, 'include_retried_jobs=true')?.jobs);
    expect(all.find(({ id }) => id === failed.id)).toMatchObject({
      state: 'failed',
      retried: true,
      retried_in_job_id: retry.id,
      retries_count: 1,
      retry_type: 'manual',
    });
    expect(all.find(({ id }) => id === retry.id)).toMatchObject({
      retried: false,
      retries_count: 1,
      retry_source: { job_id: failed.id, retry_type: 'manual' },
    });
    const path = `/organizations/acme/pipelines/web/builds/${shownAt(start + 2 * HOUR)?.number}/jobs`;
    const listed = (query: string) => rowsIn(world.get(`${path}${query}`).body);
    expect([listed('').length, listed('?include_retried_jobs=false').length]).toEqual([3, 2]);
    expect(shownAt(start + 30 * MINUTE, 'include_retried_jobs=true')?.jobs).toMatchObject([
      { retried: false },
      { retried: false, retries_count: null },
    ]);
  });

  it('never shows the state blocked, but is found by it', () => {
    const world = emptyWorld();
    const build = world.addBuild({ createdAt: start, state: 'running' });
    world.blockBuild(build, { at: start + 10 * MINUTE });
    world.unblockBuild(build, { at: start + 20 * MINUTE, finishedAt: start + 25 * MINUTE });
    world.now = start + 15 * MINUTE;
    const [blocked] = rowsIn(world.get(`${BUILDS}?state=blocked`).body);
    expect(blocked).toMatchObject({ state: 'passed', blocked: true, blocked_state: 'passed' });
    const manual = rowsIn(blocked?.jobs).find(({ type }) => type === 'manual');
    expect(manual).toMatchObject({ state: 'blocked', unblocked_at: null });
    expect(Object.keys(manual ?? {})).not.toContain('name');
    expect(Object.keys(manual ?? {})).not.toContain('created_at');
    expect(world.get(`${BUILDS}?state=passed`).body).toEqual([]);
    world.now = start + 30 * MINUTE;
    expect(world.get(`${BUILDS}?state=blocked`).body).toEqual([]);
    expect(rowsIn(world.get(`${BUILDS}?state=passed`).body)[0]).toMatchObject({
      blocked: false,
      finished_at: time(start + 25 * MINUTE),
    });
  });

  it('is open until it is finished', () => {
    const world = emptyWorld();
    const build = world.addBuild({ createdAt: start, state: 'running' });
    world.now = start + HOUR;
    expect(world.get(`${BUILDS}?state[]=running`).body).toHaveLength(1);
    world.finishBuild(build, { at: start + HOUR + MINUTE, state: 'failed' });
    world.advance(2 * MINUTE);
    expect(rowsIn(world.get(BUILDS).body)[0]).toMatchObject({
      state: 'failed',
      jobs: [{ state: 'failed' }, {}],
    });
  });
});

describe('a coin', () => {
  it('is tossed by the seed, and fixing one does not change the others', () => {
    const tossed = createBuildkiteWorld({ seed: 5, builds: 0 }).coins;
    expect(createBuildkiteWorld({ seed: 5, builds: 0 }).coins).toEqual(tossed);
    const fixed = createBuildkiteWorld({ seed: 5, builds: 0, coins: { ties: 'some' } }).coins;
    expect(fixed).toEqual({ ...tossed, ties: 'some' });
    expect(Object.keys(tossed)).toEqual(Object.keys(buildkiteCoinSides));
  });

  it('has only the sides that it has', () => {
    const coins = { ties: 'many' } as unknown as BuildkiteCoins;
    expect(() => createBuildkiteWorld({ coins })).toThrow('No such coin: ties=many');
  });

  it('decides what exclude_pipeline leaves', () => {
    const keys = (coins: Partial<BuildkiteCoins>) => {
      const world = emptyWorld(coins);
      world.addBuild({ createdAt: start });
      const [build] = rowsIn(world.get(`${BUILDS}?exclude_pipeline=true`).body);
      return build?.pipeline === undefined ? undefined : Object.keys(rowIn(build.pipeline));
    };
    expect(keys({ excludedPipeline: 'dropped' })).toBeUndefined();
    expect(keys({ excludedPipeline: 'stub' })).toEqual(['id', 'slug', 'url']);
  });

  it('decides about finished_at of builds that never ran', () => {
    const shown = (coins: Partial<BuildkiteCoins>) => {
      const world = emptyWorld(coins);
      world.addBuild({ createdAt: start, state: 'skipped', finishedAt: start + MINUTE });
      world.now = start + HOUR;
      return rowsIn(world.get(BUILDS).body)[0]?.finished_at;
    };
    expect(shown({ skippedFinishedAt: 'set' })).toBe(time(start + MINUTE));
    expect(shown({ skippedFinishedAt: 'null' })).toBeNull();
  });

  it('decides about archived pipelines, members, dates and the time format of pipelines', () => {
    const path = '/organizations/acme';
    const world = emptyWorld({ memberPages: 'whole', archivedPipelines: 'not listed', date: 'absent' });
    world.addPipeline({ slug: 'old', archivedAt: start - 1 });
    const slugs = rowsIn(world.get(`${path}/pipelines`).body).map(({ slug }) => slug);
    expect(slugs).toEqual(['web', 'api', 'legacy-app', 'deploy']);
    expect(world.get(`${path}/pipelines/old`).status).toBe(200);
    expect(world.get(`${path}/members?per_page=2&page=9`).body).toHaveLength(7);
    expect(world.date()).toBeUndefined();
    const other = emptyWorld({ pipelineCreatedAt: 'spelled out', memberPages: 'pages' });
    expect(other.get(`${path}/members?per_page=2`).body).toHaveLength(2);
    const [pipeline] = rowsIn(other.get(`${path}/pipelines`).body);
    expect(pipeline?.created_at).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/);
  });
});
