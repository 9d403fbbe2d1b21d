import { describe, expect, test } from 'vitest';
import { at, broken, Diary, daily, finished, iso, rowsOf, script } from '../support/diary.js';

const dates = (start: number, end?: number) => ({
  config: { start_date: iso(start), ...(end === undefined ? {} : { end_date: iso(end) }) },
});
const backfill = (start: number, end?: number) => ({ ...dates(start, end), range: true });
const bookmark = (time: number) => iso(time).replace('Z', '000Z');
/** Which of the days' pipelines a run wrote rows of. */
const written = (run: { rows: readonly string[] }, pipelines: readonly { id: string }[]) =>
  pipelines.flatMap(({ id }, index) => (run.rows.includes(`pipelines ${id}`) ? [index + 1] : []));

describe('streams that come and go', () => {
  test('a stream that is selected later backfills alone, while the others only look back', async () => {
    const world = script();
    const pipelines = daily(world, 1, 20);
    const diary = new Diary(world);
    await diary.run(at(21), { streams: ['pipelines', 'workflows'] });
    const run = await diary.run(at(21, 1));
    expect(rowsOf('jobs', run).length).toBe(40);
    expect([rowsOf('pipelines', run), rowsOf('workflows', run)]).toEqual([[], []]);
    expect(diary.holds('jobs', pipelines)).toEqual(Array(20).fill(true));
    expect(diary.entry('jobs')).toMatchObject({ from: iso(at(0)), deep: iso(at(21, 1)) });
    expect(diary.entry('workflows')).toMatchObject({ from: iso(at(0)), deep: iso(at(21)) });
  });

  test('the entry of an unselected stream is not touched, byte for byte', async () => {
    const world = script();
    daily(world, 1, 20);
    world.addWorkflow(world.addPipeline({ createdAt: at(10) }), { createdAt: at(10) });
    const diary = new Diary(world, { secondsPerLook: 5 });
    await diary.run(at(21));
    await diary.run(at(28), { killAfterStates: 4 });
    const jobsIn = () => JSON.stringify((diary.state as { bookmarks: { jobs: unknown } }).bookmarks.jobs);
    const before = jobsIn();
    const [entry] = JSON.parse(before).tap;
    expect([entry.walk.length, entry.open.length]).toEqual([1, 1]);
    await diary.run(at(40), { streams: ['pipelines', 'workflows'] });
    expect(jobsIn()).toBe(before);
  });

  test('a stream that is selected again goes on from where it was', async () => {
    const world = script();
    const pipelines = daily(world, 1, 30);
    const diary = new Diary(world);
    await diary.run(at(11, 1));
    await diary.run(at(20), { streams: ['pipelines'] });
    const run = await diary.run(at(30, 1));
    expect(diary.lacks()).toEqual([]);
    expect(rowsOf('jobs', run).length).toBe(2 * 20);
    expect(diary.holds('jobs', pipelines)).toEqual(Array(30).fill(true));
  });

  test('a project that is added later backfills alone', async () => {
    const world = script({ projects: ['gh/acme/web', 'gh/acme/api'] });
    for (const project of world.slugs) world.addPipeline({ project, createdAt: at(1) });
    const diary = new Diary(world);
    await diary.run(at(5), { config: { project_slugs: 'gh/acme/web' } });
    const run = await diary.run(at(6));
    expect(rowsOf('pipelines', run)).toEqual([world.projects[1]?.pipelines[0]?.id]);
    expect(diary.lacks()).toEqual([]);
  });
});

describe('start_date', () => {
  test('moved earlier is filled in', async () => {
    const world = script();
    const pipelines = daily(world, 1, 20);
    const diary = new Diary(world);
    expect(written(await diary.run(at(21), dates(at(11))), pipelines)).toEqual([
      11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
    ]);
    expect(diary.entry('jobs')?.from).toBe(iso(at(11)));
    expect(written(await diary.run(at(21, 1), dates(at(6))), pipelines)).toEqual([6, 7, 8, 9, 10]);
    expect(diary.entry('jobs')?.from).toBe(iso(at(6)));
    expect(diary.lacks(at(6))).toEqual([]);
  });

  test('moved later bounds the look-back, and moved earlier again loses nothing that happened in between', async () => {
    const world = script();
    const pipelines = daily(world, 1, 20);
    const diary = new Diary(world);
    await diary.run(at(21));
    const rerun = world.rerun(pipelines[4]?.workflow as never, { at: at(25) });
    await diary.run(at(28), dates(at(15)));
    expect(diary.statusOf(rerun)).toBeUndefined();
    expect(diary.entry('jobs')).toMatchObject({ from: iso(at(15)), deep: iso(at(28)) });
    await diary.run(at(29));
    expect(diary.statusOf(rerun)).toBe('success');
    expect(diary.lacks()).toEqual([]);
  });

  test('moved later leaves open pipelines open', async () => {
    const world = script();
    const pipeline = world.addPipeline({ createdAt: at(1) });
    const workflow = world.addWorkflow(pipeline, { createdAt: at(1), stoppedAt: at(30) });
    daily(world, 2, 20);
    const diary = new Diary(world);
    await diary.run(at(21));
    await diary.run(at(31), dates(at(15)));
    expect(diary.statusOf(workflow)).toBe('success');
  });

  test('does not reach back behind a bookmark that has been read from there', async () => {
    const world = script();
    daily(world, 1, 20);
    const diary = new Diary(world);
    await diary.run(at(21));
    const { rows } = await diary.run(at(21, 1));
    expect(rows).toEqual([]);
  });

  test('is one year before the run when the config has none', async () => {
    const world = script();
    const [old, young] = [finished(world, at(1)), finished(world, at(3))];
    const diary = new Diary(world);
    await diary.run(at(368), { config: { start_date: undefined } });
    expect(diary.holds('pipelines', [old, young])).toEqual([false, true]);
  });
});

describe('end_date', () => {
  test('bounds what is read, and what is behind it comes when it is lifted', async () => {
    const world = script();
    const pipelines = daily(world, 1, 20);
    const diary = new Diary(world);
    const run = await diary.run(at(21), dates(at(1), at(11)));
    expect(written(run, pipelines)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(diary.since('jobs')).toBe(bookmark(at(11)));
    await diary.run(at(22));
    expect(diary.lacks()).toEqual([]);
    expect(diary.since('jobs')).toBe(bookmark(at(22)));
  });

  test('that is lifted while a walk is interrupted hides nothing', async () => {
    const world = script();
    daily(world, 1, 40);
    const diary = new Diary(world, { secondsPerLook: 5 });
    await diary.run(at(41), { ...dates(at(0), at(20)), killAfterStates: 5 });
    await diary.run(at(42));
    expect(diary.lacks()).toEqual([]);
  });

  test('before the bookmark leaves the deep look-back that is due to the next run without it', async () => {
    const world = script();
    const pipelines = daily(world, 1, 40);
    const diary = new Diary(world);
    await diary.run(at(41));
    const rerun = world.rerun(pipelines[34]?.workflow as never, { at: at(45) });
    await diary.run(at(47));
    await diary.run(at(48), dates(at(0), at(20)));
    expect(diary.entry('jobs')?.deep).toBe(iso(at(41)));
    expect(diary.statusOf(rerun)).toBeUndefined();
    await diary.run(at(49));
    expect(diary.statusOf(rerun)).toBe('success');
  });

  test('before from, with an earlier start_date, leaves what lies between the two to a run without it', async () => {
    const world = script();
    daily(world, 1, 30);
    const diary = new Diary(world);
    await diary.run(at(31), dates(at(20)));
    await diary.run(at(32), dates(at(5), at(10)));
    expect(diary.entry('jobs')?.from).toBe(iso(at(20)));
    await diary.run(at(33), dates(at(5)));
    expect(diary.lacks(at(5))).toEqual([]);
  });

  test('before the bookmark does not move it back', async () => {
    const world = script();
    daily(world, 1, 20);
    const diary = new Diary(world);
    await diary.run(at(21));
    await diary.run(at(22), dates(at(1), at(11)));
    expect(diary.since('jobs')).toBe(bookmark(at(21)));
  });
});

describe('lookback_days', () => {
  test('raised to 90 finds a rerun of an old pipeline that came before it was raised', async () => {
    const world = script();
    const pipelines = daily(world, 1, 30);
    const days = (lookback_days: number) => ({ config: { lookback_days, deep_every_days: 0 } });
    const diary = new Diary(world);
    await diary.run(at(21), days(1));
    const rerun = world.rerun(pipelines[4]?.workflow as never, { at: at(25) });
    await diary.run(at(30), days(1));
    expect(diary.statusOf(rerun)).toBeUndefined();
    await diary.run(at(31), days(90));
    expect(diary.statusOf(rerun)).toBe('success');
    expect(diary.lacks()).toEqual([]);
  });
});

describe('a backfill of a range', () => {
  test('reads all rows of its pipelines, whatever the bookmark says, and moves no bookmark', async () => {
    const world = script();
    const pipelines = daily(world, 1, 20);
    const diary = new Diary(world);
    await diary.run(at(21));
    const before = JSON.stringify(diary.state);
    const run = await diary.run(at(22), backfill(at(5), at(8)));
    expect(written(run, pipelines)).toEqual([5, 6, 7]);
    expect(rowsOf('jobs', run).length).toBe(6);
    expect(JSON.stringify(diary.state)).toBe(before);
  });

  test('sets since, from and deep where there are none', async () => {
    const world = script();
    const pipelines = daily(world, 1, 20);
    const diary = new Diary(world);
    expect(written(await diary.run(at(21), backfill(at(5), at(8))), pipelines)).toEqual([5, 6, 7]);
    expect(diary.since('jobs')).toBe(bookmark(at(8)));
    expect(diary.entry('jobs')).toMatchObject({ from: iso(at(5)), deep: iso(at(8)), walk: [], open: [] });
    expect(diary.entry('jobs')).not.toHaveProperty('range');
    await diary.run(at(22));
    expect(diary.lacks()).toEqual([]);
  });

  test('sets since to the start of the run when its end is still to come', async () => {
    const world = script();
    daily(world, 1, 20);
    const diary = new Diary(world);
    await diary.run(at(15), backfill(at(5), at(30)));
    expect(diary.since('jobs')).toBe(bookmark(at(15)));
    await diary.run(at(21));
    expect(diary.lacks()).toEqual([]);
  });

  test('moves from to its start only if it reaches as far as from', async () => {
    const world = script();
    daily(world, 1, 20);
    const diary = new Diary(world);
    await diary.run(at(21), dates(at(10)));
    await diary.run(at(21, 1), backfill(at(2), at(8)));
    expect(diary.entry('jobs')).toMatchObject({ from: iso(at(10)), deep: iso(at(21)) });
    await diary.run(at(21, 2), backfill(at(4), at(10)));
    expect(diary.entry('jobs')).toMatchObject({ from: iso(at(4)), deep: iso(at(21)) });
    expect(diary.since('jobs')).toBe(bookmark(at(21)));
  });

  test('adds what is still open to the open list, and asks for none of those that were in it', async () => {
    const world = script();
    const [elsewhere, within] = [1, 5].map((day) => {
      const pipeline = world.addPipeline({ createdAt: at(day) });
      return { pipeline, workflow: world.addWorkflow(pipeline, { createdAt: at(day), stoppedAt: at(30) }) };
    });
    daily(world, 2, 20);
    const diary = new Diary(world);
    await diary.run(at(3));
    const { requests } = await diary.run(at(21), backfill(at(5), at(8)));
    expect(requests).not.toContain(`/pipeline/${elsewhere?.pipeline.id}/workflow`);
    expect(diary.open('jobs').sort()).toEqual([elsewhere?.pipeline.id, within?.pipeline.id].sort());
    await diary.run(at(31));
    expect(within && diary.statusOf(within.workflow)).toBe('success');
  });

  test('that was interrupted is resumed by the same range, and not by another', async () => {
    const world = script();
    const pipelines = daily(world, 1, 20);
    const killed = async () => {
      const diary = new Diary(world, { secondsPerLook: 5 });
      await diary.run(at(21), { ...backfill(at(3), at(19)), killAfterStates: 6 });
      expect(diary.entry('jobs')?.range).toEqual([
        { start: iso(at(3)), end: iso(at(19)), started: iso(at(21)), oldest: iso(at(13)) },
      ]);
      return diary;
    };
    const same = await killed();
    expect(written(await same.run(at(22), backfill(at(3), at(19))), pipelines)).toEqual([
      3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
    ]);
    expect(same.holds('jobs', pipelines.slice(2, 18))).toEqual(Array(16).fill(true));
    expect(same.entry('jobs')).not.toHaveProperty('range');

    const other = await killed();
    const run = await other.run(at(22), backfill(at(3), at(18)));
    expect(written(run, pipelines)).toEqual(Array.from({ length: 15 }, (_, index) => index + 3));
  });

  test('whose end is still to come loses nothing that arrives after it was interrupted', async () => {
    const world = script();
    daily(world, 1, 40);
    const diary = new Diary(world, { secondsPerLook: 5 });
    await diary.run(at(20), { ...backfill(at(0), at(60)), killAfterStates: 5 });
    await diary.run(at(30), backfill(at(0), at(60)));
    expect(diary.since('jobs')).toBe(bookmark(at(20)));
    await diary.run(at(41));
    expect(diary.lacks()).toEqual([]);
  });

  test('with an end that was interrupted is not resumed by one without an end', async () => {
    const world = script();
    const pipelines = daily(world, 1, 20);
    const diary = new Diary(world, { secondsPerLook: 5 });
    await diary.run(at(21), { ...backfill(at(3), at(12)), killAfterStates: 3 });
    const run = await diary.run(at(22), backfill(at(3)));
    expect(written(run, pipelines)).toEqual(Array.from({ length: 18 }, (_, index) => index + 3));
  });

  test('that was interrupted leaves an ordinary walk alone, and the walk leaves it alone', async () => {
    const world = script();
    daily(world, 1, 20);
    const diary = new Diary(world, { secondsPerLook: 5 });
    await diary.run(at(21), { killAfterStates: 6 });
    const { walk } = diary.entry('jobs') ?? {};
    await diary.run(at(21, 1), { ...backfill(at(3), at(12)), killAfterStates: 3 });
    const { range } = diary.entry('jobs') ?? {};
    expect([walk?.length, range?.length]).toEqual([1, 1]);
    expect(diary.entry('jobs')?.walk).toEqual(walk);
    await diary.run(at(21, 2));
    expect(diary.entry('jobs')?.range).toEqual(range);
    expect(diary.lacks()).toEqual([]);
  });

  test('without an end that was interrupted goes on to the end that it had', async () => {
    const world = script();
    const pipelines = daily(world, 1, 20);
    const diary = new Diary(world, { secondsPerLook: 5 });
    await diary.run(at(18, 1), { ...backfill(at(3)), killAfterStates: 6 });
    expect(written(await diary.run(at(21), backfill(at(3))), pipelines)).toEqual([
      3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
    ]);
    expect(diary.since('jobs')).toBe(bookmark(at(18, 1)));
    await diary.run(at(22));
    expect(diary.lacks(at(3))).toEqual([]);
  });

  test('in which a page failed keeps its place', async () => {
    const world = script();
    daily(world, 1, 20);
    const diary = new Diary(world);
    await diary.run(at(21), { ...backfill(at(3), at(19)), breaks: broken('page-token'), fails: true });
    expect(diary.since('jobs')).toBeUndefined();
    expect(diary.entry('jobs')?.range).toEqual([
      { start: iso(at(3)), end: iso(at(19)), started: iso(at(21)), oldest: iso(at(17)) },
    ]);
  });
});
