import { describe, expect, test } from 'vitest';
import { at, Diary, daily, finished, iso, script, start } from '../support/diary.js';
import { runInProcess } from '../support/in-process.js';

describe('what a run costs', () => {
  test('a run right after another asks for the look-back and what is open, and writes only what may have changed', async () => {
    const world = script();
    const held = world.addPipeline({ createdAt: at(2, 1) });
    const hold = world.addWorkflow(held, { createdAt: at(2, 1), holdFrom: at(2, 1, 1), jobs: 1 });
    daily(world, 1, 38);
    const settledInLookBack = finished(world, at(39, 4));
    const young = finished(world, at(39, 20));
    const diary = new Diary(world);
    await diary.run(at(40));
    const { rows, requests } = await diary.run(at(40, 0, 1));
    const list = '/project/gh/acme/web/pipeline';
    expect(requests.map((path) => path.replace(/(page-token)=.*/, '$1')).sort()).toEqual(
      [
        '/project/gh/acme/web',
        list,
        `${list}?page-token`,
        `/pipeline/${settledInLookBack.id}/workflow`,
        `/pipeline/${young.id}/workflow`,
        `/workflow/${young.workflow.id}/job`,
        `/pipeline/${held.id}/workflow`,
        `/workflow/${hold.id}/job`,
      ].sort(),
    );
    const keysOf = (workflow: typeof hold) => [
      `workflows ${workflow.id}`,
      ...workflow.jobs.map((job) => `jobs ${job.id} ${workflow.id}`),
    ];
    expect([...rows].sort()).toEqual(
      [`pipelines ${young.id}`, ...keysOf(young.workflow), ...keysOf(hold)].sort(),
    );
  });

  test('pipelines alone need no workflow lists', async () => {
    const world = script();
    daily(world, 1, 3);
    const { requests } = await new Diary(world, { streams: ['pipelines'] }).run(at(4));
    expect(requests.filter((path) => path.includes('/workflow'))).toEqual([]);
  });

  test('unselected parents are walked silently', async () => {
    const world = script();
    const pipelines = daily(world, 1, 3);
    const diary = new Diary(world, { streams: ['jobs'] });
    const { rows } = await diary.run(at(4));
    expect(rows.length).toBe(6);
    expect(rows.every((row) => row.startsWith('jobs '))).toBe(true);
    expect(diary.holds('jobs', pipelines)).toEqual([true, true, true]);
  });

  test('a run without rows ends with a STATE nevertheless', async () => {
    const diary = new Diary(script());
    const { rows, states } = await diary.run(at(1));
    expect([rows.length, states.length, diary.since('jobs')]).toEqual([0, 1, '2024-01-02T00:00:00.000000Z']);
  });

  test('the state takes at most 250 bytes a project and stream, and 70 an open pipeline', async () => {
    const slug = 'gh/acme-corp/website';
    expect(slug.length).toBe(20);
    const world = script({ projects: [slug] });
    for (let day = 1; day <= 30; day++) {
      const pipeline = world.addPipeline({ createdAt: at(day, 0, 0.123) });
      world.addWorkflow(pipeline, { createdAt: at(day), holdFrom: at(day, 0, 1), jobs: 0 });
    }
    const diary = new Diary(world);
    const bytes = (state: unknown) => JSON.stringify(state).length;
    const empty = bytes({ bookmarks: { pipelines: { tap: [] }, workflows: { tap: [] }, jobs: { tap: [] } } });
    await diary.run(at(25));
    const states = [];
    for (const killAfterStates of [1, 2, undefined]) {
      states.push(...(await diary.run(at(40), { killAfterStates })).states);
    }
    const open = diary.entry('jobs', slug)?.open.length ?? 0;
    expect(open).toBe(30);
    expect(states.some(({ value }) => value.bookmarks.jobs?.tap[0]?.walk.length === 1)).toBe(true);
    for (const { value } of states) {
      const opened = Object.values(value.bookmarks).reduce(
        (sum, { tap }) => sum + (tap[0]?.open.length ?? 0),
        0,
      );
      expect(bytes(value)).toBeLessThanOrEqual(empty + 50 + 3 * 250 + 70 * opened);
    }
  });
});

test('SCHEMA comes first, then rows, parents before children, then STATE', async () => {
  const world = script();
  finished(world, at(1));
  world.now = at(2);
  const { stdout } = await runInProcess(world, { config: { start_date: iso(start) } });
  const types = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).type);
  expect(types).toEqual(['SCHEMA', 'SCHEMA', 'SCHEMA', 'RECORD', 'RECORD', 'RECORD', 'RECORD', 'STATE']);
});
