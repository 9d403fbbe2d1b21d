import { describe, expect, test } from 'vitest';
import { at, broken, Diary, daily, finished, iso, rowsOf, script } from '../support/diary.js';

const minute = 60_000;
/** Settings under which nothing but the margins and the open list can find a change. */
const noLookBack = { config: { lookback_days: 0, deep_every_days: 0 } };

describe('what ends late', () => {
  test('a workflow that was running in one run is over in the next', async () => {
    const world = script();
    const { workflow } = startedAt(world, at(1), at(1, 9));
    const diary = new Diary(world);
    await diary.run(at(1, 1));
    expect(diary.statusOf(workflow)).toBe('running');
    await diary.run(at(1, 10));
    expect(diary.statusOf(workflow)).toBe('success');
    expect(diary.lacks()).toEqual([]);
  });

  test('a workflow that goes on when its pipeline leaves the look-back stays open until it has ended', async () => {
    const world = script();
    const { pipeline, workflow } = startedAt(world, at(1), at(20));
    daily(world, 2, 19);
    const diary = new Diary(world, noLookBack);
    await diary.run(at(2));
    expect(diary.open('workflows')).toEqual([pipeline.id]);
    await diary.run(at(20, 2));
    expect(diary.statusOf(workflow)).toBe('success');
    expect(diary.open('workflows')).toEqual([]);
  });

  test('an approval that is given after weeks is found by the next run', async () => {
    const world = script();
    const pipeline = world.addPipeline({ createdAt: at(1) });
    const workflow = world.addWorkflow(pipeline, {
      createdAt: at(1),
      holdFrom: at(1, 0, 1),
      approvedAt: at(32),
      stoppedAt: at(32, 1),
      jobs: 3,
    });
    const diary = new Diary(world);
    await diary.run(at(29));
    expect(diary.statusOf(workflow)).toBe('on_hold');
    await diary.run(at(33));
    expect(diary.statusOf(workflow)).toBe('success');
    expect(diary.lacks()).toEqual([]);
  });

  test('an approval that is never given shows as canceled after 90 days, and leaves the open list', async () => {
    const world = script();
    const pipeline = world.addPipeline({ createdAt: at(1) });
    const workflow = world.addWorkflow(pipeline, { createdAt: at(1), holdFrom: at(1, 0, 1), jobs: 3 });
    const diary = new Diary(world, noLookBack);
    for (const day of [2, 30, 60]) await diary.run(at(day));
    expect(diary.statusOf(workflow)).toBe('on_hold');
    expect(diary.open('jobs')).toEqual([pipeline.id]);
    const { log } = await diary.run(at(91, 2));
    expect(diary.statusOf(workflow)).toBe('canceled');
    expect(diary.lacks()).toEqual([]);
    expect(diary.open('jobs')).toEqual([]);
    expect(log).not.toContain('WARNING');
  });

  test('jobs that end a quarter of an hour after their workflow was canceled are read again', async () => {
    const world = script();
    const pipeline = world.addPipeline({ createdAt: at(1) });
    const workflow = world.addWorkflow(pipeline, {
      createdAt: at(1),
      stoppedAt: at(1, 20),
      status: 'canceled',
      jobs: [{ status: 'canceled' }],
      jobLag: 15 * minute,
    });
    const diary = new Diary(world);
    await diary.run(at(1, 20, 5));
    expect([diary.statusOf(workflow), diary.jobsOf(workflow)]).toEqual(['canceled', ['running']]);
    await diary.run(at(1, 21, 10));
    expect(diary.jobsOf(workflow)).toEqual(['canceled']);
  });

  test('a terminal workflow that never gets stopped_at stays open, and is given up with a WARNING after 91 days', async () => {
    const world = script();
    const pipeline = world.addPipeline({ createdAt: at(1) });
    world.addWorkflow(pipeline, {
      createdAt: at(1),
      stoppedAt: at(1, 1),
      stopShownAt: Number.POSITIVE_INFINITY,
    });
    const diary = new Diary(world, noLookBack);
    for (const day of [2, 50, 91.9]) {
      expect((await diary.run(at(day))).log).not.toContain('WARNING');
      expect(diary.open('workflows')).toEqual([pipeline.id]);
    }
    const { log } = await diary.run(at(92.1));
    expect(log).toContain(
      `WARNING gh/acme/web: pipeline ${pipeline.id} never settled and is too old to change; workflows no longer asks for it.`,
    );
    expect(diary.open('workflows')).toEqual([]);
  });
});

describe('reruns', () => {
  test('a rerun inside the look-back is found by the next run', async () => {
    const world = script();
    const { workflow } = finished(world, at(1));
    const diary = new Diary(world, { config: { deep_every_days: 0 } });
    await diary.run(at(1, 8));
    expect(diary.open('workflows')).toEqual([]);
    const rerun = world.rerun(workflow, { at: at(1, 12) });
    await diary.run(at(1, 20));
    expect(diary.statusOf(rerun)).toBe('success');
    expect(diary.lacks()).toEqual([]);
  });

  test('a rerun of a pipeline of 80 days is found by the weekly deep run, and not before', async () => {
    const world = script();
    const { workflow } = finished(world, at(0.5));
    const diary = new Diary(world);
    await diary.run(at(75));
    const rerun = world.rerun(workflow, { at: at(80.5) });
    await diary.run(at(81.9));
    expect(diary.statusOf(rerun)).toBeUndefined();
    await diary.run(at(82));
    expect(diary.statusOf(rerun)).toBe('success');
    expect(diary.lacks()).toEqual([]);
    expect(diary.entry('workflows')?.deep).toBe(iso(at(82)));
  });

  test('a rerun of a rerun is found past day 90 of the pipeline, which is open for as long as it may come', async () => {
    const world = script();
    const { id, workflow } = finished(world, at(0.5));
    const second = world.rerun(workflow, { at: at(85) });
    const third = world.rerun(second, { at: at(150) });
    const diary = new Diary(world);
    const weekly = async (from: number, to: number) => {
      for (let day = from; day <= to; day += 7) await diary.run(at(day));
    };
    await weekly(1, 92);
    expect(diary.open('jobs')).toEqual([id]);
    await weekly(99, 155);
    expect(diary.statusOf(third)).toBe('success');
    expect(diary.lacks()).toEqual([]);
    await weekly(162, 239);
    expect(diary.open('jobs')).toEqual([id]);
    await weekly(246, 253);
    expect(diary.open('jobs')).toEqual([]);
  });

  test('a rerun from failed lists the same job ids again, once for each workflow', async () => {
    const world = script();
    const pipeline = world.addPipeline({ createdAt: at(1) });
    const workflow = world.addWorkflow(pipeline, {
      createdAt: at(1),
      stoppedAt: at(1, 1),
      status: 'failed',
      jobs: [{ status: 'success', stoppedAt: at(1, 0, 30) }, { status: 'failed' }],
    });
    const rerun = world.rerun(workflow, { at: at(1, 2), fromFailed: true });
    const diary = new Diary(world);
    const jobs = rowsOf('jobs', await diary.run(at(2))).map((key) => key.split(' '));
    const shared = workflow.jobs[0]?.id;
    expect(jobs.filter(([id]) => id === shared).map(([, of]) => of)).toEqual(
      expect.arrayContaining([workflow.id, rerun.id]),
    );
    expect(diary.lacks()).toEqual([]);
  });
});

describe('what appears late', () => {
  test('a setup pipeline that is continued 5.9 hours later is read again without any look-back', async () => {
    const world = script();
    const pipeline = world.addPipeline({
      createdAt: at(1),
      state: [
        { state: 'setup', from: at(1) },
        { state: 'created', from: at(1, 5.9) },
      ],
    });
    world.addWorkflow(pipeline, { createdAt: at(1), stoppedAt: at(1, 0, 1), name: 'setup', jobs: 1 });
    const continued = world.addWorkflow(pipeline, { createdAt: at(1, 5.9), stoppedAt: at(1, 5.95) });
    const diary = new Diary(world, noLookBack);
    await diary.run(at(1, 5.8));
    expect(diary.open('workflows')).toEqual([]);
    await diary.run(at(1, 8));
    expect(diary.statusOf(continued)).toBe('success');
    expect(diary.lacks()).toEqual([]);
  });

  test('a pipeline that becomes visible two hours late is read though the bookmark has passed it', async () => {
    const world = script();
    const late = world.addPipeline({ createdAt: at(1), visibleAt: at(1, 2) });
    world.addWorkflow(late, { createdAt: at(1), stoppedAt: at(1, 0, 5) });
    finished(world, at(1, 1));
    const diary = new Diary(world, noLookBack);
    await diary.run(at(1, 1.9));
    expect(diary.holds('pipelines', [late])).toEqual([false]);
    await diary.run(at(1, 2.1));
    expect(diary.lacks()).toEqual([]);
  });

  test('a pipeline that is pending for longer than 6 hours and 10 minutes is open for every stream', async () => {
    const world = script();
    const pipeline = world.addPipeline({
      createdAt: at(1),
      state: [
        { state: 'pending', from: at(1) },
        { state: 'created', from: at(3) },
      ],
    });
    world.addWorkflow(pipeline, { createdAt: at(3), stoppedAt: at(3, 1) });
    const diary = new Diary(world, noLookBack);
    await diary.run(at(1, 6));
    expect(diary.open('pipelines')).toEqual([]);
    await diary.run(at(2));
    for (const stream of ['pipelines', 'workflows', 'jobs'])
      expect(diary.open(stream)).toEqual([pipeline.id]);
    await diary.run(at(3, 3));
    expect(diary.destination.stream('pipelines').get(pipeline.id)?.state).toBe('created');
    expect(diary.lacks()).toEqual([]);
    for (const stream of ['pipelines', 'workflows', 'jobs']) expect(diary.open(stream)).toEqual([]);
  });

  test('a pipeline that pends on is asked by id when only what hangs below it is selected', async () => {
    const world = script();
    const pipeline = world.addPipeline({ createdAt: at(1), state: 'setup-pending' });
    daily(world, 2, 14);
    const diary = new Diary(world, { ...noLookBack, streams: ['workflows'] });
    for (const day of [2, 14]) await diary.run(at(day));
    const { requests } = await diary.run(at(15));
    expect(requests).toContain(`/pipeline/${pipeline.id}`);
    expect(diary.open('workflows')).toEqual([pipeline.id]);
  });

  test('an errored pipeline without workflows is settled', async () => {
    const world = script();
    world.addPipeline({ createdAt: at(1), state: 'errored' });
    const diary = new Diary(world);
    await diary.run(at(2));
    expect(diary.open('workflows')).toEqual([]);
    expect(diary.lacks()).toEqual([]);
  });
});

describe('what has expired', () => {
  test('workflows with a null id are counted in one line, and the others are read', async () => {
    const world = script();
    const pipeline = world.addPipeline({ createdAt: at(1) });
    world.addWorkflow(pipeline, { createdAt: at(1), stoppedAt: at(1, 1), nullIdFrom: at(96) });
    const sound = world.addWorkflow(pipeline, { createdAt: at(50), stoppedAt: at(50, 1) });
    const diary = new Diary(world);
    const { log } = await diary.run(at(100));
    expect(log).toContain('INFO gh/acme/web: 0 answers 404 below pipelines and 1 rows without id');
    expect(diary.statusOf(sound)).toBe('success');
    expect(diary.lacks()).toEqual([]);
  });

  test('pipelines whose children answer 404 are no holes when token and project are good', async () => {
    const world = script({ features: { expiredChildren: true }, coins: { expired: 'not found' } });
    const pipeline = finished(world, at(1));
    const diary = new Diary(world);
    const { log, requests } = await diary.run(at(120));
    expect(log).toContain('1 answers 404 below pipelines');
    expect(requests).toContain('/me');
    expect(diary.holds('pipelines', [pipeline])).toEqual([true]);
    expect(diary.open('workflows')).toEqual([]);
    expect(diary.since('workflows')).toBe('2024-04-30T00:00:00.000000Z');
  });

  test('an open pipeline that is deleted leaves the open list', async () => {
    const world = script();
    const { pipeline } = startedAt(world, at(1), at(80));
    const diary = new Diary(world, noLookBack);
    await diary.run(at(5));
    await diary.run(at(6), { breaks: broken(pipeline.id, 'not-found', 404) });
    expect(diary.open('workflows')).toEqual([]);
  });
});

function startedAt(world: ReturnType<typeof script>, createdAt: number, stoppedAt: number) {
  const pipeline = world.addPipeline({ createdAt });
  return { pipeline, workflow: world.addWorkflow(pipeline, { createdAt, stoppedAt }) };
}
