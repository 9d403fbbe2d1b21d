import { expect, it } from 'vitest';
import { DAY } from '../sandbox/buildkite/time.js';
import { lastState, noon, quietWorld, rowsOf } from '../support/buildkite-door.js';
import { describeError, runBuildkiteInProcess } from '../support/in-process.js';

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
