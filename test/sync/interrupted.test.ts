import { describe, expect, test } from 'vitest';
import { Destination, repeated } from '../support/destination.js';
import { at, broken, Diary, daily, finished, iso, rowsOf, script } from '../support/diary.js';

const list = '/project/gh/acme/web/pipeline';
/** STATE after every pipeline, so that a kill can be aimed. */
const often = { secondsPerLook: 5 };

describe('a walk that was killed', () => {
  test('is finished by the next run from where it was, and then caught up', async () => {
    const world = script();
    const pipelines = daily(world, 1, 20);
    const diary = new Diary(world, often);
    await diary.run(at(21), { killAfterStates: 8 });
    expect(diary.since('workflows')).toBeUndefined();
    expect(diary.entry('workflows')?.walk).toEqual([{ started: iso(at(21)), oldest: iso(at(13)) }]);
    const arrived = daily(world, 22, 24);
    const run = await diary.run(at(25));
    expect(rowsOf('pipelines', run)).toEqual(
      [...pipelines.slice(0, 13).reverse(), ...arrived.reverse()].map((one) => one.id),
    );
    expect(repeated(run.rows)).toEqual([]);
    expect(diary.lacks()).toEqual([]);
    expect(diary.entry('workflows')).toMatchObject({ walk: [], deep: iso(at(21)) });
    expect(diary.since('workflows')).toBe('2024-01-26T00:00:00.000000Z');
  });

  test('is caught up with what was rerun in between, as after a run that ended', async () => {
    const world = script();
    const pipelines = daily(world, 1, 20);
    const diary = new Diary(world, often);
    await diary.run(at(21), { killAfterStates: 8 });
    const rerun = world.rerun(pipelines[18]?.workflow as never, { at: at(21, 1) });
    await diary.run(at(21, 3), { config: { lookback_days: 3 } });
    expect(diary.statusOf(rerun)).toBe('success');
    expect(diary.lacks()).toEqual([]);
  });

  test('goes on from kill to kill, and in the end nothing is lacking', async () => {
    const world = script();
    daily(world, 1, 20);
    const diary = new Diary(world, often);
    for (let run = 0; run < 12; run++) {
      const { rows } = await diary.run(at(21, run), { killAfterStates: 3 });
      expect(repeated(rows)).toEqual([]);
    }
    expect(diary.lacks()).toEqual([]);
    expect(diary.entry('jobs')?.walk).toEqual([]);
  });

  test('is finished inclusively: pipelines created in the same millisecond as the last one are read', async () => {
    const world = script();
    daily(world, 1, 4);
    const ties = [1, 2, 3].map(() => finished(world, at(5)));
    daily(world, 6, 8);
    const diary = new Diary(world, often);
    await diary.run(at(9), { killAfterStates: 4 });
    expect(diary.entry('jobs')?.walk[0]?.oldest).toBe(iso(at(5)));
    expect(diary.holds('jobs', ties).filter(Boolean).length).toBe(1);
    const { rows } = await diary.run(at(9, 1));
    expect(diary.lacks()).toEqual([]);
    expect(repeated(rows)).toEqual([]);
  });

  test('is not written twice where the catch-up looks back to what the same run has finished', async () => {
    const world = script();
    for (let hour = 0; hour < 12; hour++) finished(world, at(1, hour));
    const ties = [1, 2, 3].map(() => finished(world, at(1, 12)));
    finished(world, at(1, 13));
    const diary = new Diary(world, often);
    await diary.run(at(1, 14), { killAfterStates: 2 });
    expect(diary.entry('jobs')?.walk[0]?.oldest).toBe(iso(at(1, 12)));
    const { rows } = await diary.run(at(1, 15));
    expect(repeated(rows)).toEqual([]);
    expect(diary.holds('jobs', ties)).toEqual([true, true, true]);
    expect(diary.lacks()).toEqual([]);
  });

  test('of a deep look-back is finished as deeply as it began', async () => {
    const world = script();
    const pipelines = daily(world, 1, 20);
    const diary = new Diary(world, often);
    await diary.run(at(21));
    const reruns = [1, 18].map((index) => world.rerun(pipelines[index]?.workflow as never, { at: at(27) }));
    await diary.run(at(28), { killAfterStates: 5 });
    await diary.run(at(28, 1));
    expect(reruns.map((rerun) => diary.statusOf(rerun))).toEqual(['success', 'success']);
    expect(diary.lacks()).toEqual([]);
  });

  test('of a short look-back is no deep one when it is finished after that has become due', async () => {
    const world = script();
    const held = world.addPipeline({ createdAt: at(3) });
    world.addWorkflow(held, { createdAt: at(3), holdFrom: at(3, 0, 1) });
    const { workflow } = finished(world, at(4));
    daily(world, 2, 2);
    finished(world, at(19, 23));
    const diary = new Diary(world, often);
    await diary.run(at(20));
    const rerun = world.rerun(workflow, { at: at(24) });
    // The page that ends the look-back has an open pipeline too: the walk has come far, but has not looked back.
    for (const killAfterStates of [1, 2]) await diary.run(at(26.9), { killAfterStates });
    expect(diary.entry('jobs')?.walk[0]?.oldest).toBe(iso(at(3)));
    await diary.run(at(27.1));
    await diary.run(at(35));
    expect(diary.statusOf(rerun)).toBe('success');
  });

  test('to an earlier start_date, that was no deep look-back, is none when it is finished after that has become due', async () => {
    const world = script();
    const pipelines = daily(world, 1, 19);
    const diary = new Diary(world, often);
    const from = (day: number) => ({ config: { start_date: iso(at(day)) } });
    await diary.run(at(20), from(5));
    const rerun = world.rerun(pipelines[9]?.workflow as never, { at: at(24) });
    await diary.run(at(26.9), { ...from(0), killAfterStates: 4 });
    expect(diary.entry('jobs')?.walk).toEqual([{ started: iso(at(26.9)), oldest: iso(at(2)) }]);
    await diary.run(at(27.1), from(0));
    await diary.run(at(35));
    expect(diary.statusOf(rerun)).toBe('success');
    expect(diary.lacks()).toEqual([]);
  });

  test('leaves a state that never runs ahead of the rows: from every STATE the next run covers the rest', async () => {
    const world = script();
    const pipelines = daily(world, 1, 12);
    world.rerun(pipelines[3]?.workflow as never, { at: at(13) });
    const whole = new Diary(world, often);
    const { states } = await whole.run(at(14));
    expect(states.length).toBeGreaterThan(12);
    for (let count = 1; count <= states.length; count++) {
      const diary = new Diary(world, often);
      await diary.run(at(14), { killAfterStates: count });
      await diary.run(at(14, 1));
      expect(diary.lacks(), `killed after STATE ${count}`).toEqual([]);
    }
  });
});

describe('pages', () => {
  test('offset tokens that shift while the list is read repeat nothing and skip nothing', async () => {
    const world = script({ coins: { pageTokens: 'offset' }, tickMs: 60_000 });
    daily(world, 1, 10);
    // One arrives with every few requests, so that the tail of each page comes again on the next.
    for (let minute = 1; minute < 60; minute += 3) finished(world, at(11, 0, minute));
    const diary = new Diary(world);
    const { rows } = await diary.run(at(11));
    expect(repeated(rows)).toEqual([]);
    expect(diary.lacks(at(0), ['pipelines']).length).toBeGreaterThan(0);
    expect(
      diary.holds('pipelines', world.projects[0]?.pipelines.filter((one) => one.createdAt <= at(11)) ?? []),
    ).toEqual(Array(10).fill(true));
    await diary.run(at(12));
    expect(diary.lacks()).toEqual([]);
  });

  test('pipelines that arrive during a walk are read by the next run', async () => {
    const world = script({ tickMs: 10 * 60_000 });
    daily(world, 1, 10);
    const arriving = [1, 4, 7].map((hour) => finished(world, at(11, hour)));
    const diary = new Diary(world, { config: { lookback_days: 0, deep_every_days: 0 } });
    await diary.run(at(11));
    expect(diary.holds('pipelines', arriving)).toEqual([false, false, false]);
    expect(diary.since('pipelines')).toBe('2024-01-12T00:10:00.000000Z');
    await diary.run(at(13));
    expect(diary.lacks()).toEqual([]);
  });

  test('a token that answers 404 behind the first pipeline of the project is the end, after a second try', async () => {
    const world = script({ coins: { lastPage: 'not found' } });
    daily(world, 1, 6);
    const diary = new Diary(world);
    const { requests } = await diary.run(at(7));
    const behind = requests.filter((path) => path.includes('page-token')).at(-1);
    expect(requests.filter((path) => path === behind).length).toBe(2);
    expect(requests).toContain('/me');
    expect(diary.lacks()).toEqual([]);
    expect(diary.since('jobs')).toBe('2024-01-08T00:00:00.000000Z');
  });

  test('a token that answers 404 in the middle is a page that failed, and what was walked stays', async () => {
    const world = script();
    const pipelines = daily(world, 1, 10);
    const diary = new Diary(world);
    const { error, log } = await diary.run(at(11), {
      breaks: broken('page-token', 'not-found', 404),
      fails: true,
    });
    expect(error).toMatch(/1 thing could not be read/);
    expect(log).toContain('What was read until then is kept.');
    expect(diary.since('jobs')).toBeUndefined();
    expect(diary.entry('jobs')?.walk).toEqual([{ started: iso(at(11)), oldest: iso(at(7)) }]);
    expect(diary.holds('jobs', pipelines).filter(Boolean).length).toBe(4);
    await diary.run(at(11, 1));
    expect(diary.lacks()).toEqual([]);
  });

  test('a token that answers 404 behind pipelines of more than 90 days is the end', async () => {
    const world = script();
    daily(world, 1, 10);
    const diary = new Diary(world);
    await diary.run(at(111), { breaks: broken('page-token', 'not-found', 404) });
    expect(diary.since('jobs')).toBe('2024-04-21T00:00:00.000000Z');
  });

  test('a 404 at the end that may be that of a bad token ends nothing', async () => {
    const world = script({ coins: { lastPage: 'not found' } });
    daily(world, 1, 6);
    const diary = new Diary(world);
    const { error } = await diary.run(at(7), { breaks: broken('/me', 'unauthorized', 401), fails: true });
    expect(error).toContain('401');
    expect(diary.since('jobs')).toBeUndefined();
  });

  test('a page that failed keeps what was walked, and open pipelines are asked nevertheless', async () => {
    const world = script();
    const held = world.addPipeline({ createdAt: at(1) });
    const hold = world.addWorkflow(held, { createdAt: at(1), stoppedAt: at(20, 12) });
    daily(world, 2, 20);
    const diary = new Diary(world, { config: { deep_every_days: 0 } });
    await diary.run(at(18));
    const { error } = await diary.run(at(21), { breaks: broken(list), fails: true });
    expect(error).toMatch(/1 thing could not be read/);
    expect(diary.statusOf(hold)).toBe('success');
    expect(diary.since('jobs')).toBe('2024-01-19T00:00:00.000000Z');
    await diary.run(at(21, 1));
    expect(diary.lacks()).toEqual([]);
  });

  test('the same token twice is a page that failed', async () => {
    const world = script();
    const pipelines = daily(world, 1, 10);
    const diary = new Diary(world);
    let token: unknown;
    const { error, log } = await diary.run(at(11), {
      alters: (path, body) => {
        if (!path.startsWith(list)) return body;
        const page = body as { next_page_token: unknown };
        token ??= page.next_page_token;
        return { ...page, next_page_token: token };
      },
      fails: true,
    });
    expect(error).toMatch(/1 thing could not be read/);
    expect(log).toMatch(/came twice/);
    expect(diary.holds('jobs', pipelines).filter(Boolean).length).toBe(8);
    await diary.run(at(11, 1));
    expect(diary.lacks()).toEqual([]);
  });

  test('an empty page with a token goes on', async () => {
    const world = script();
    daily(world, 1, 10);
    const diary = new Diary(world);
    const first = world.pipelines('gh/acme/web', null);
    expect(first).toMatchObject({ items: [] });
    await diary.run(at(11), {
      // The list begins with an empty page whose token leads to the list's first page.
      breaks: () => undefined,
      alters: (path, body) => {
        if (path === list) return { items: [], next_page_token: 'first' };
        if (path.endsWith('page-token=first')) return world.pipelines('gh/acme/web', null);
        return body;
      },
    });
    expect(diary.lacks()).toEqual([]);
    expect(diary.since('jobs')).toBe('2024-01-12T00:00:00.000000Z');
  });

  test('lists that always end in an empty page end there', async () => {
    const world = script({ coins: { lastPage: 'empty always' } });
    daily(world, 1, 8);
    const diary = new Diary(world);
    await diary.run(at(9));
    expect(diary.lacks()).toEqual([]);
  });
});

describe('FULL_TABLE', () => {
  const full = { config: { jobs_replication_method: 'FULL_TABLE' } };

  test('reads all jobs in every run and leaves no bookmark', async () => {
    const world = script();
    const pipelines = daily(world, 1, 10);
    const diary = new Diary(world, full);
    for (const day of [11, 12]) {
      const run = await diary.run(at(day));
      expect(rowsOf('jobs', run).length).toBe(20);
      expect(diary.since('jobs')).toBeUndefined();
      expect(diary.entry('jobs')).toBeUndefined();
      expect(diary.since('workflows')).toBe(`2024-01-${day + 1}T00:00:00.000000Z`);
    }
    expect(diary.holds('jobs', pipelines)).toEqual(Array(10).fill(true));
  });

  test('finishes a pass that was killed, catches up, and leaves no bookmark', async () => {
    const world = script();
    const pipelines = daily(world, 1, 20);
    const diary = new Diary(world, { ...full, ...often });
    await diary.run(at(21), { killAfterStates: 8 });
    expect(diary.entry('jobs')?.walk).toEqual([{ started: iso(at(21)), oldest: iso(at(13)) }]);
    const arrived = finished(world, at(21, 1));
    const run = await diary.run(at(21, 3));
    expect(repeated(run.rows)).toEqual([]);
    const jobsOf = (pipeline: (typeof pipelines)[number] | undefined) =>
      rowsOf('jobs', run).filter((key) => key.endsWith(String(pipeline?.workflow.id))).length;
    expect([jobsOf(pipelines[12]), jobsOf(pipelines[14]), jobsOf(arrived)]).toEqual([2, 0, 2]);
    expect(diary.lacks()).toEqual([]);
    expect(diary.entry('jobs')).toBeUndefined();
    expect(rowsOf('jobs', await diary.run(at(22))).length).toBe(42);
  });

  test("a catalog's forced-replication-method is obeyed, and its replication-method wins over the setting", async () => {
    const world = script();
    daily(world, 1, 10);
    const catalog = (metadata: object) => ({
      streams: [
        { tap_stream_id: 'jobs', metadata: [{ breadcrumb: [], metadata: { selected: true, ...metadata } }] },
      ],
    });
    const forced = new Diary(world, { catalog: catalog({ 'forced-replication-method': 'FULL_TABLE' }) });
    await forced.run(at(11));
    expect(rowsOf('jobs', await forced.run(at(12))).length).toBe(20);
    const chosen = new Diary(world, { ...full, catalog: catalog({ 'replication-method': 'INCREMENTAL' }) });
    await chosen.run(at(11));
    expect(rowsOf('jobs', await chosen.run(at(12))).length).toBe(0);
  });

  test('forgets the bookmark of a stream that was incremental', async () => {
    const world = script();
    daily(world, 1, 10);
    const diary = new Diary(world);
    await diary.run(at(11));
    expect(rowsOf('jobs', await diary.run(at(12), full)).length).toBe(20);
  });

  test('becomes incremental again with a full read, because no bookmark was kept', async () => {
    const world = script();
    daily(world, 1, 10);
    const diary = new Diary(world);
    await diary.run(at(11), full);
    expect(rowsOf('jobs', await diary.run(at(12))).length).toBe(20);
    expect(rowsOf('jobs', await diary.run(at(13))).length).toBe(0);
  });
});

test('a torn last line of a killed run is no row', () => {
  expect(new Destination().load('{"type":"RECORD","stre').keys).toEqual([]);
});
