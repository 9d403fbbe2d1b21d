import { describe, expect, it } from 'vitest';
import type { BuildkiteBehaviourOptions } from '../sandbox/buildkite/behaviour.js';
import type { BuildHistory } from '../sandbox/buildkite/history.js';
import { DAY, HOUR } from '../sandbox/buildkite/time.js';
import type { FaultOptions } from '../sandbox/faults.js';
import {
  lastState,
  logged,
  noon,
  quietWorld,
  rowsOf,
  runDoor,
  servedBuildkite,
} from '../support/buildkite-door.js';

/** 25 builds of 2 jobs, of which one has 30, on a server that brings no more than 10 jobs together. */
async function heavySandbox(heavyPages: NonNullable<BuildkiteBehaviourOptions['heavyPages']>) {
  const world = quietWorld({ heaviestPage: 10 });
  const builds = Array.from({ length: 25 }, (_, index) =>
    world.addBuild({ createdAt: noon + index * HOUR, jobs: index === 15 ? 30 : 2 }),
  );
  const sandbox = await servedBuildkite(world, { heavyPages });
  return { sandbox, heavy: builds[15] };
}

const sizesOf = (requests: readonly string[]) =>
  requests
    .filter((request) => request.includes('/acme/builds?'))
    .map((request) => {
      const query = new URL(request.split(' ')[1] ?? '', 'http://host').searchParams;
      return `${query.get('per_page')}${query.get('exclude_jobs') === null ? '' : ' without jobs'}`;
    });

describe('a page of builds that is too heavy', () => {
  it.each(['504', 'hang', 'reset'] as const)(
    'is asked again with half the rows, and a build that is so alone lists its jobs (%s)',
    async (heavyPages) => {
      const { sandbox, heavy } = await heavySandbox(heavyPages);
      const { stdout, stderr, code } = await runDoor(sandbox, {
        streams: 'buildkite_builds buildkite_jobs',
        settings: { request_timeout: 1 },
      });
      expect(logged(stderr, 'ERROR')).toEqual([]);
      expect(code).toBe(0);
      expect(rowsOf(stdout).get('buildkite_builds')).toHaveLength(25);
      expect(
        new Set(
          rowsOf(stdout)
            .get('buildkite_jobs')
            ?.map(({ id }) => id),
        ).size,
      ).toBe(24 * 2 + 30);
      const sizes = sizesOf(sandbox.requests);
      // Each is tried twice before the next smaller one.
      expect(sizes.slice(0, 5)).toEqual(['30', '30', '15', '15', '7']);
      expect(sizes.filter((size) => size === '1').length).toBeGreaterThanOrEqual(2);
      expect(sizes).toContain('1 without jobs');
      const lists = sandbox.requests.filter((request) => request.includes('/jobs?'));
      expect(lists[0]).toBe(
        `GET /v2/organizations/acme/pipelines/web/builds/${heavy?.number}/jobs?include_retried_jobs=true&per_page=100`,
      );
      // Those that follow are taken for as heavy, until a larger page is tried again.
      expect(lists.length).toBeLessThanOrEqual(1 + 8);
    },
  );

  it('costs a build that was open no more than its own page and the list of its jobs', async () => {
    const world = quietWorld({ heaviestPage: 10 });
    const open = world.addBuild({ createdAt: noon, state: 'running', jobs: 30 });
    const sandbox = await servedBuildkite(world);
    const streams = 'buildkite_builds buildkite_jobs';
    const first = await runDoor(sandbox, { streams });
    world.finishBuild(open, { at: world.now + HOUR });
    world.advance(60 * 24 * HOUR);
    const { stdout, code } = await runDoor(sandbox, { streams, state: lastState(first.stdout) });
    expect(
      rowsOf(stdout)
        .get('buildkite_builds')
        ?.map(({ state }) => state),
    ).toEqual(['passed']);
    expect(rowsOf(stdout).get('buildkite_jobs')).toHaveLength(30);
    expect(code).toBe(0);
  });

  it('is asked for with all retries where builds alone are read, which have no smaller form', async () => {
    const { sandbox } = await heavySandbox('504');
    const fault = sandbox.faults.add({ kind: 'status', status: 500, match: /\/acme\/builds/, times: 4 });
    const { stdout, code } = await runDoor(sandbox, { streams: 'buildkite_builds' });
    expect(rowsOf(stdout).get('buildkite_builds')).toHaveLength(25);
    expect({ code, hits: fault.hits }).toEqual({ code: 0, hits: 4 });
  });

  it('is a failure that is named once even a single build without its jobs does not come', async () => {
    const { sandbox } = await heavySandbox('504');
    sandbox.faults.add({ kind: 'status', status: 500, match: /\/acme\/builds/ });
    const { stderr, code } = await runDoor(sandbox, {
      streams: 'buildkite_builds buildkite_jobs',
      settings: { max_retries: 1 },
    });
    expect(logged(stderr, 'ERROR')).toEqual([
      expect.stringMatching(
        /^ERROR acme: Buildkite gave no usable answer to .*per_page=1&.* What was read until then is kept\.$/,
      ),
    ]);
    expect(code).toBe(1);
  });
});

describe('a build whose own list of jobs cannot be read', () => {
  // A build has no number before the history is shown.
  const jobsOf = (build: BuildHistory | undefined) => (request: string) =>
    request.includes(`/builds/${build?.number}/jobs`);
  const lost: [string, Omit<FaultOptions, 'match'>][] = [
    ['answers 502 for ever', { kind: 'status', status: 502 }],
    ['answers 404', { kind: 'status', status: 404, body: { message: 'No build found' } }],
    ['is none', { kind: 'garbage-shape' }],
  ];

  it.each(lost)('and %s is named, and the others are read', async (_, fault) => {
    const { sandbox, heavy } = await heavySandbox('504');
    const list = sandbox.faults.add({ ...fault, match: jobsOf(heavy) });
    const streams = 'buildkite_builds buildkite_jobs';
    const settings = { max_retries: 1, buildkite_lookback_days: 0, buildkite_deep_days: 0 };
    const first = await runDoor(sandbox, { streams, settings });
    expect(rowsOf(first.stdout).get('buildkite_builds')).toHaveLength(25);
    expect(rowsOf(first.stdout).get('buildkite_jobs')).toHaveLength(24 * 2);
    expect(logged(first.stderr, 'ERROR')).toEqual([
      expect.stringMatching(
        new RegExp(
          `^ERROR acme/web: buildkite_jobs of build ${heavy?.number} could not be read and will be asked`,
        ),
      ),
    ]);
    expect(first.code).toBe(1);
    list.remove();
    sandbox.world.advance(DAY);
    const second = await runDoor(sandbox, { streams, settings, state: lastState(first.stdout) });
    expect(rowsOf(second.stdout).get('buildkite_jobs')).toHaveLength(30);
    expect(second.code).toBe(0);
    const third = await runDoor(sandbox, { streams, settings, state: lastState(second.stdout) });
    expect(rowsOf(third.stdout).size).toBe(0);
  });

  it('and came as null where the jobs should be has its jobs all the same', async () => {
    const world = quietWorld();
    world.addBuild({ createdAt: noon, jobs: 3 });
    const sandbox = await servedBuildkite(world);
    const { body } = world.get('/organizations/acme/builds');
    const withoutJobs = (body as object[]).map((build) => ({ ...build, jobs: null }));
    sandbox.faults.add({ kind: 'status', status: 200, body: withoutJobs, match: /\/acme\/builds\?/ });
    const { stdout, code } = await runDoor(sandbox, { streams: 'buildkite_builds buildkite_jobs' });
    expect(rowsOf(stdout).get('buildkite_jobs')).toHaveLength(3);
    expect(code).toBe(0);
  });

  it('is read where jobs are not selected, but tell when it changed', async () => {
    const { sandbox, heavy } = await heavySandbox('504');
    sandbox.faults.add({ kind: 'status', status: 502, match: jobsOf(heavy) });
    const { stdout, stderr, code } = await runDoor(sandbox, {
      streams: 'buildkite_builds buildkite_artifacts',
      settings: { max_retries: 0 },
    });
    expect(rowsOf(stdout).get('buildkite_builds')).toHaveLength(25);
    expect(logged(stderr, 'ERROR').join()).toContain(
      `buildkite_artifacts of build ${heavy?.number} could not`,
    );
    expect(code).toBe(1);
  });
});
