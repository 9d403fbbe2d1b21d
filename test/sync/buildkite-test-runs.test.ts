import { describe, expect, it } from 'vitest';
import { HttpError } from '../../src/errors.js';
import { DAY } from '../sandbox/buildkite/time.js';
import { createBuildkiteWorld } from '../sandbox/buildkite/world.js';
import { lastState, noon, quietWorld, rowsOf } from '../support/buildkite-door.js';
import { describeError, runBuildkiteInProcess } from '../support/in-process.js';

/** A test run that began at noon and ends after so many days. */
function running(days: number) {
  const world = quietWorld();
  const build = world.addBuild({ createdAt: noon });
  const [suite] = world.history[0]?.suites ?? [];
  suite?.runs.push({ id: 'run-1', build, createdAt: noon, finishedAt: noon + days * DAY, result: 'passed' });
  let state: unknown;
  /** What a run of the tap on that day writes of it. */
  const on = async (day: number, deepDays: number) => {
    world.now = noon + day * DAY;
    const ended = await runBuildkiteInProcess(world, {
      config: { start_date: '2020-01-01', streams: 'buildkite_test_runs', buildkite_deep_days: deepDays },
      state,
    });
    state = lastState(ended.stdout);
    const states = rowsOf(ended.stdout)
      .get('buildkite_test_runs')
      ?.map((row) => row.state);
    return { states, warnings: ended.log.filter((line) => line.startsWith('WARNING')) };
  };
  return { on };
}

describe('a test run that goes on for days', () => {
  it.each([0, 1, 30, 90])(
    'is written when it has ended, also where the deep look-back is %i days',
    async (deep) => {
      const { on } = running(9.5);
      expect((await on(3, deep)).states).toEqual(['running']);
      expect((await on(8, deep)).states).toEqual(['running']);
      expect((await on(10, deep)).states).toEqual(['finished']);
      expect((await on(12, deep)).states).toBeUndefined();
    },
  );

  it.each([
    [0, 31],
    [30, 32],
    [90, 92],
  ])('and never ends is given up in time (deep look-back of %i days)', async (deep, day) => {
    const { on } = running(1000);
    await on(3, deep);
    expect((await on(day - 1.5, deep)).warnings).toEqual([]);
    expect((await on(day, deep)).warnings).toHaveLength(1);
    expect((await on(day + 2, deep)).states).toBeUndefined();
  });
});

describe('the progress of test runs', () => {
  it('counts each suite, and is never more than all of it', async () => {
    const world = createBuildkiteWorld({ seed: 3, builds: 60, tickMs: 0 });
    let line = () => '';
    const shown: string[] = [];
    await runBuildkiteInProcess(world, {
      config: { start_date: '2020-01-01', streams: 'buildkite buildkite_test_runs' },
      live: (write) => {
        line = write;
      },
      breaks: () => {
        shown.push(line());
        return undefined;
      },
    });
    const shares = [...shown, line()].map((text) => Number(/(\d+) %/.exec(text)?.[1]));
    expect(Math.max(...shares)).toBe(100);
    expect(line()).toMatch(/^1\/1 organizations, 2\/2 test suites \| 100 % \|/);
    expect(shown.join()).not.toMatch(/-\d+ (s|min) left/);
  });
});

describe('test runs of one suite that cannot be listed', () => {
  const answering = (status: number) => (path: string) =>
    path.includes('/suites/rspec/')
      ? new HttpError(`GET ${path} answered ${status}.`, {
          failure: status === 403 ? 'forbidden' : status === 404 ? 'not-found' : 'unreadable',
          path,
          status,
        })
      : undefined;
  const read = async (status: number) => {
    const world = createBuildkiteWorld({ seed: 3, builds: 60, tickMs: 0 });
    const config = { start_date: '2020-01-01', streams: 'buildkite_test_runs buildkite_tests' };
    const { log, stdout, error } = await runBuildkiteInProcess(world, { config, breaks: answering(status) });
    const suites = rowsOf(stdout)
      .get('buildkite_test_runs')
      ?.map((row) => row.suite_slug);
    return {
      suites: new Set(suites),
      errors: log.filter((line) => line.startsWith('ERROR')),
      told: log.filter((line) => line.includes('404')),
      error,
      state: JSON.stringify(lastState(stdout)),
    };
  };

  it('are named with the scope that they need', async () => {
    const { suites, errors } = await read(403);
    expect(suites).toEqual(new Set(['browser']));
    expect(errors.filter((line) => line.includes('buildkite_test_runs'))).toEqual([
      expect.stringMatching(
        /^ERROR acme: buildkite_test_runs are left out of this run; they need read_suites\./,
      ),
    ]);
  });

  it('are gone where the suite is, as its tests are', async () => {
    const { suites, errors, told, error, state } = await read(404);
    expect(suites).toEqual(new Set(['browser']));
    expect({ errors, error }).toEqual({ errors: [], error: undefined });
    expect(told).toEqual([
      expect.stringMatching(
        /^INFO acme: 2 lists answered 404 \(1 of buildkite_tests, 1 of buildkite_test_runs\); they are gone\./,
      ),
    ]);
    // Its bookmark does not move.
    expect(state).not.toContain('rspec');
  });

  it('are named with their suite', async () => {
    const { suites, errors } = await read(500);
    expect(suites).toEqual(new Set(['browser']));
    expect(errors).toContainEqual(
      expect.stringMatching(/^ERROR acme: buildkite_test_runs could not be read\. .*suites\/rspec\/runs/),
    );
  });
});

it('a test run that never ends is asked for until it is too old to change, and given up with a WARNING', async () => {
  const world = quietWorld();
  const build = world.addBuild({ createdAt: noon });
  const suite = world.history[0]?.suites[0];
  const id = '11111111-2222-4333-8444-555555555555';
  suite?.runs.push({ id, build, createdAt: noon, finishedAt: Number.POSITIVE_INFINITY, result: 'passed' });
  const config = { streams: 'buildkite_test_runs' };
  let state: unknown;
  const run = async (at: number) => {
    world.now = at;
    const ended = await runBuildkiteInProcess(world, { config, state });
    expect(ended.error === undefined ? '' : describeError(ended.error)).toBe('');
    state = lastState(ended.stdout);
    const rows = rowsOf(ended.stdout).get('buildkite_test_runs') ?? [];
    return { ids: rows.map((row) => row?.id), warnings: ended.log.filter((line) => /^WARNING/.test(line)) };
  };
  for (const days of [1, 10, 30.9]) {
    expect(await run(noon + days * DAY)).toEqual({ ids: [id], warnings: [] });
  }
  expect(await run(noon + 31.1 * DAY)).toEqual({
    ids: [id],
    warnings: [
      `WARNING acme/rspec: test run ${id} never settled and is too old to change; buildkite_test_runs no longer asks for it.\n`,
    ],
  });
  expect(await run(noon + 32 * DAY)).toEqual({ ids: [], warnings: [] });
});
