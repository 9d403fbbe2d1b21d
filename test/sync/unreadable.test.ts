import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { Run } from '../../src/sync/run.js';
import { at, broken, Diary, daily, finished, rowsOf, script } from '../support/diary.js';

const all = ['pipelines', 'workflows', 'jobs'];
const oneDay = (day: number) => `2024-01-${String(day + 1).padStart(2, '0')}T00:00:00.000000Z`;

describe('a read that failed', () => {
  test('puts the pipeline into the open list, fails the run, and is asked by id until it is read', async () => {
    const world = script();
    const pipelines = daily(world, 1, 20);
    const lost = pipelines[2] as (typeof pipelines)[number];
    const diary = new Diary(world);
    const first = await diary.run(at(21), {
      breaks: broken(`/workflow/${lost.workflow.id}/job`),
      fails: true,
    });
    expect(first.error).toMatch(/^1 thing could not be read\..*asked again in the next run/);
    expect(first.log).toMatch(new RegExp(`ERROR gh/acme/web: jobs of pipeline ${lost.id} could not be read`));
    expect(diary.open('jobs')).toEqual([lost.id]);
    expect(diary.open('workflows')).toEqual([]);
    expect(diary.since('jobs')).toBe(oneDay(21));
    expect(diary.statusOf(lost.workflow)).toBe('success');

    const second = await diary.run(at(22), { breaks: broken(`/pipeline/${lost.id}/workflow`), fails: true });
    expect(second.log).toContain(`jobs of pipeline ${lost.id}`);
    expect(diary.open('jobs')).toEqual([lost.id]);

    const { requests } = await diary.run(at(23));
    expect(requests).toContain(`/pipeline/${lost.id}/workflow`);
    expect(diary.open('jobs')).toEqual([]);
    expect(diary.lacks()).toEqual([]);
  });

  test('is remembered whatever the age of its pipeline', async () => {
    const world = script();
    const old = finished(world, at(1));
    const young = finished(world, at(119, 23));
    const diary = new Diary(world);
    await diary.run(at(120), { breaks: broken([`${old.id}/workflow`, `${young.id}/workflow`]), fails: true });
    for (const stream of ['workflows', 'jobs']) {
      expect(diary.open(stream).sort()).toEqual([old.id, young.id].sort());
    }
    expect(diary.open('pipelines')).toEqual([]);
    await diary.run(at(150));
    expect(diary.lacks()).toEqual([]);
  });

  test('does not end the pass as long as no more than five pipelines are concerned', async () => {
    const world = script();
    const pipelines = daily(world, 1, 20);
    const diary = new Diary(world);
    const lost = pipelines.slice(10, 15).map(({ id }) => `${id}/workflow`);
    await diary.run(at(21), { breaks: broken(lost), fails: true });
    expect(diary.open('jobs').length).toBe(5);
    expect(diary.since('jobs')).toBe(oneDay(21));
  });

  test("ends the project's pass with the sixth pipeline, if that is more than 5 %", async () => {
    const world = script();
    const pipelines = daily(world, 1, 30);
    const diary = new Diary(world);
    const lost = pipelines.slice(10, 16).map(({ id }) => `${id}/workflow`);
    const { log, requests } = await diary.run(at(31), { breaks: broken(lost), fails: true });
    expect(log).toContain('6 of 20 pipelines could not be read, so the rest is left for this run');
    expect(diary.open('jobs').length).toBe(6);
    expect(diary.since('jobs')).toBeUndefined();
    expect(diary.holds('jobs', pipelines).filter(Boolean).length).toBe(14);
    expect(requests.filter((path) => path.endsWith(`/pipeline/${pipelines[15]?.id}/workflow`)).length).toBe(
      1,
    );
    await diary.run(at(31, 1));
    expect(diary.lacks()).toEqual([]);
  });

  test('does not end the pass when six pipelines are few', async () => {
    const world = script({ pageSize: 20 });
    const pipelines = Array.from({ length: 150 }, (_, hour) => finished(world, at(1, hour)));
    const diary = new Diary(world);
    const lost = pipelines.slice(0, 6).map(({ id }) => `${id}/workflow`);
    await diary.run(at(10), { breaks: broken(lost), fails: true });
    expect(diary.since('jobs')).toBe(oneDay(10));
  });

  test('ends a run without error, with a WARNING, where on_error is skip', async () => {
    const world = script();
    const pipelines = daily(world, 1, 3);
    const diary = new Diary(world, { config: { on_error: 'skip' } });
    const { log } = await diary.run(at(4), { breaks: broken(`${pipelines[1]?.id}/workflow`) });
    expect(log).toMatch(
      new RegExp(`WARNING gh/acme/web: workflows of pipeline ${pipelines[1]?.id} could not`),
    );
    expect(log).not.toContain('ERROR');
    expect(diary.open('jobs')).toEqual([pipelines[1]?.id]);
  });

  test('is an error all the same where on_error is skip and every project has failed', async () => {
    const world = script();
    const diary = new Diary(world, { config: { on_error: 'skip' } });
    const { error } = await diary.run(at(1), { breaks: broken('/project/', 'not-found', 404), fails: true });
    expect(error).toContain('CircleCI does not know the project gh/acme/web');
  });

  test('is told ten times of one stream of a pipeline, and then how often more', async () => {
    const world = script();
    const pipeline = world.addPipeline({ createdAt: at(1) });
    world.addWorkflow(pipeline, { createdAt: at(1), stoppedAt: at(1, 0, 5), jobs: 14 });
    const diary = new Diary(world, { streams: ['artifacts'], config: { streams: ['artifacts'] } });
    const { log } = await diary.run(at(2), { breaks: broken('/artifacts'), fails: true });
    expect(log.match(/ERROR .*artifacts of pipeline .* could not be read/g)?.length).toBe(10);
    expect(log).toContain(
      `artifacts of pipeline ${pipeline.id}: 4 further failures are not told one by one.`,
    );
  });

  test('of one project does not concern the others', async () => {
    const world = script({ projects: ['gh/acme/web', 'gh/acme/api'] });
    for (const project of world.slugs) world.addPipeline({ project, createdAt: at(1) });
    const diary = new Diary(world);
    const { log } = await diary.run(at(2), {
      breaks: broken('/project/gh/acme/api', 'not-found', 404),
      fails: true,
    });
    expect(log).toContain('CircleCI does not know the project gh/acme/api');
    expect(diary.since('jobs', 'gh/acme/web')).toBe(oneDay(2));
    expect(diary.since('jobs', 'gh/acme/api')).toBeUndefined();
  });
});

describe('the question for the state of an open pipeline', () => {
  const later = async (failure: 'unreadable' | 'not-found', status: number) => {
    const world = script();
    const pipeline = world.addPipeline({ createdAt: at(1) });
    const workflow = world.addWorkflow(pipeline, { createdAt: at(1), stoppedAt: at(20) });
    daily(world, 2, 20);
    const diary = new Diary(world, {
      config: { deep_every_days: 0 },
      streams: ['workflows', 'jobs'],
    });
    for (const day of [2, 19]) await diary.run(at(day));
    const refuse = broken(`/pipeline/${pipeline.id}`, failure, status);
    const run = await diary.run(at(21), {
      breaks: (path) => (path.endsWith('/workflow') ? undefined : refuse(path)),
      fails: true,
    });
    return { diary, pipeline, workflow, run };
  };

  test('that fails leaves the rows below it, and the pipeline in the open list', async () => {
    const { diary, pipeline, workflow, run } = await later('unreadable', 500);
    expect(run.error).toMatch(/could not be read/);
    expect([diary.statusOf(workflow), diary.jobsOf(workflow)]).toEqual(['success', ['success', 'success']]);
    expect(diary.open('workflows')).toEqual([pipeline.id]);
    await diary.run(at(22));
    expect(diary.open('workflows')).toEqual([]);
  });

  test('that answers 404 leaves the rows below it, and the pipeline leaves the open list', async () => {
    const { diary, workflow, run } = await later('not-found', 404);
    expect(run.error).toBeUndefined();
    expect([diary.statusOf(workflow), diary.jobsOf(workflow)]).toEqual(['success', ['success', 'success']]);
    expect(diary.open('workflows')).toEqual([]);
  });
});

test('rows of the list with a null id and a null created_at are counted, and do not end the list', async () => {
  const world = script();
  daily(world, 1, 6);
  const diary = new Diary(world);
  const { log } = await diary.run(at(7), {
    alters: (path, body) => {
      if (!path.startsWith('/project/gh/acme/web/pipeline')) return body;
      const page = body as { items: object[] };
      return { ...page, items: [...page.items, { id: null, created_at: null }] };
    },
  });
  expect(log).toMatch(/ 2 rows without id/);
  expect(diary.lacks()).toEqual([]);
});

/** RECORD lines that wait to be written, by the run that begins next. */
function watchBuffer(): () => number {
  const begin = vi.spyOn(Run.prototype, 'begin');
  onTestFinished(() => begin.mockRestore());
  return () => (begin.mock.contexts[0] as Run | undefined)?.buffered ?? 0;
}

test('lines that have been written make room for others', async () => {
  const buffered = watchBuffer();
  const buffer: number[] = [];
  const world = script();
  daily(world, 1, 100);
  const { rows } = await new Diary(world, { config: { max_concurrency: 5 } }).run(at(101), {
    breaks: () => void buffer.push(buffered()),
  });
  expect(rows.length).toBe(100 * 4);
  // No more pipelines are read ahead than that.
  expect(Math.max(...buffer)).toBeLessThanOrEqual(2 * 5 * 4);
});

test('lines that were read ahead of a project that is left make room for the others', async () => {
  const buffered = watchBuffer();
  const buffer: number[] = [];
  const world = script();
  const pipelines = daily(world, 1, 30);
  const lost = pipelines.slice(20, 26).map(({ id }) => `${id}/workflow`);
  const { log } = await new Diary(world).run(at(31), {
    breaks: (path) => {
      buffer.push(buffered());
      return broken(lost)(path);
    },
    fails: true,
  });
  expect(log).toContain('the rest is left for this run');
  expect(Math.max(...buffer)).toBeGreaterThan(0);
  expect(buffered()).toBe(0);
});

describe('a value that does not fit', () => {
  test('is named with stream, key and column, and the other rows are written', async () => {
    const world = script();
    const [, odd, fine] = daily(world, 1, 3);
    const diary = new Diary(world);
    const { log, error } = await diary.run(at(4), {
      alters: (path, body) => {
        if (!path.endsWith(`${odd?.id}/workflow`)) return body;
        const page = body as { items: object[] };
        return { ...page, items: page.items.map((row) => ({ ...row, stopped_at: 1_700_000_000 })) };
      },
      fails: true,
    });
    expect(error).toMatch(/1 thing could not be read/);
    expect(log).toContain('workflows: stopped_at is 1700000000, expected');
    expect(log).toContain(`(id ${odd?.workflow.id})`);
    expect(diary.open('workflows')).toEqual([odd?.id]);
    expect(
      diary.holds(
        'workflows',
        [odd, fine].filter((one) => one !== undefined),
      ),
    ).toEqual([false, true]);
    expect(
      diary.holds(
        'jobs',
        [odd, fine].filter((one) => one !== undefined),
      ),
    ).toEqual([true, true]);
    await diary.run(at(5));
    expect(diary.lacks()).toEqual([]);
  });
});

describe('an endpoint that is forbidden', () => {
  test('leaves only jobs out, and keeps their bookmark', async () => {
    const world = script();
    daily(world, 1, 10);
    const diary = new Diary(world);
    await diary.run(at(11));
    daily(world, 12, 14);
    const { log, requests, error } = await diary.run(at(15), {
      breaks: broken('/job', 'forbidden', 403),
      fails: true,
    });
    expect(error).toMatch(/1 thing could not be read/);
    expect(log.match(/jobs are left out/g)?.length).toBe(1);
    expect(diary.since('workflows')).toBe(oneDay(15));
    expect(diary.since('jobs')).toBe(oneDay(11));
    expect(diary.open('jobs')).toEqual([]);
    expect(diary.lacks(at(0), ['pipelines', 'workflows'])).toEqual([]);
    expect(requests.some((path) => path.endsWith('/job'))).toBe(true);
    await diary.run(at(16));
    expect(diary.lacks()).toEqual([]);
  });

  test('does not count towards the share of pipelines that may fail', async () => {
    const world = script();
    daily(world, 1, 20);
    const diary = new Diary(world);
    await diary.run(at(21), { breaks: broken('/job', 'forbidden', 403), fails: true });
    expect(diary.since('workflows')).toBe(oneDay(21));
    expect(diary.since('jobs')).toBeUndefined();
  });

  test('that lists workflows leaves out workflows and the jobs below them', async () => {
    const world = script();
    const pipelines = daily(world, 1, 10);
    const diary = new Diary(world);
    const { log, rows } = await diary.run(at(11), {
      breaks: (path) => (path.endsWith('/workflow') ? broken('', 'forbidden', 403)(path) : undefined),
      fails: true,
    });
    expect(log).toMatch(/workflows are left out/);
    expect(log).toMatch(/jobs are left out/);
    expect(rows.length).toBe(pipelines.length);
    expect(all.map((stream) => diary.since(stream))).toEqual([oneDay(11), undefined, undefined]);
    await diary.run(at(12));
    expect(diary.lacks()).toEqual([]);
  });

  test('that is the project itself fails the project', async () => {
    const world = script();
    const { error } = await new Diary(world).run(at(1), {
      breaks: broken('/project/', 'forbidden', 403),
      fails: true,
    });
    expect(error).toContain('403');
  });
});

describe('a 404 below a young pipeline', () => {
  test('is believed as long as token and project answer', async () => {
    const world = script();
    const [gone] = daily(world, 1, 3);
    const diary = new Diary(world);
    const { requests, log } = await diary.run(at(4), {
      breaks: broken(`${gone?.id}/workflow`, 'not-found', 404),
    });
    expect(requests.filter((path) => path === '/me').length).toBeGreaterThan(0);
    expect(requests.filter((path) => path === '/project/gh/acme/web').length).toBeGreaterThan(1);
    expect(log).toContain('INFO gh/acme/web: 1 answers 404 below pipelines');
    expect(diary.since('workflows')).toBe(oneDay(4));
    expect(diary.open('workflows')).toEqual([]);
  });

  test('is not believed when the token turns out to be revoked: nothing is committed', async () => {
    const world = script();
    const pipelines = daily(world, 1, 3);
    const diary = new Diary(world);
    await diary.run(at(4));
    const before = JSON.stringify(diary.state);
    daily(world, 5, 7);
    const { error } = await diary.run(at(8), {
      breaks: (path) =>
        broken('/pipeline/', 'not-found', 404)(path) ?? broken('/me', 'unauthorized', 401)(path),
      fails: true,
    });
    expect(error).toContain('401');
    expect(JSON.stringify(diary.state)).toBe(before);
    await diary.run(at(8, 1));
    expect(diary.lacks()).toEqual([]);
    expect(diary.holds('jobs', pipelines)).toEqual([true, true, true]);
  });

  test('is not believed when the project no longer answers either: the project has failed', async () => {
    const world = script();
    daily(world, 1, 3);
    const diary = new Diary(world);
    let asked = 0;
    const { error, log } = await diary.run(at(4), {
      breaks: (path) =>
        (path === '/project/gh/acme/web' && ++asked > 1) || path.startsWith('/pipeline/')
          ? broken('', 'not-found', 404)(path)
          : undefined,
      fails: true,
    });
    expect(error).toMatch(/1 thing could not be read/);
    expect(log).toContain('nothing of it is committed');
    expect(diary.since('pipelines')).toBeUndefined();
    expect(diary.entry('pipelines')).toBeUndefined();
    await diary.run(at(4, 1));
    expect(diary.lacks()).toEqual([]);
  });

  describe('on a further page of its workflows', () => {
    const ofSix = () => {
      const world = script();
      const pipeline = world.addPipeline({ createdAt: at(1) });
      for (let n = 0; n < 6; n++) {
        world.addWorkflow(pipeline, { createdAt: at(1, 0, n), stoppedAt: at(1, 1), jobs: 1 });
      }
      const breaks = broken(`/pipeline/${pipeline.id}/workflow?page-token`, 'not-found', 404);
      return { breaks, diary: new Diary(world) };
    };

    test('keeps the rows of the first, and is counted', async () => {
      const { diary, breaks } = ofSix();
      const { log, requests } = await diary.run(at(2), { breaks });
      expect(diary.destination.stream('workflows').size).toBe(4);
      expect(diary.destination.stream('jobs').size).toBe(4);
      expect(log).toContain('1 answers 404 below pipelines');
      expect(requests).toContain('/me');
      expect(diary.since('workflows')).toBe(oneDay(2));
    });

    test('is not believed when the token turns out to be revoked', async () => {
      const { diary, breaks } = ofSix();
      const revoked = broken('/me', 'unauthorized', 401);
      await diary.run(at(2), { breaks: (path) => breaks(path) ?? revoked(path), fails: true });
      expect(diary.since('workflows')).toBeUndefined();
      await diary.run(at(3));
      expect(diary.lacks()).toEqual([]);
    });
  });

  test('on the jobs of a workflow leaves the workflow its row', async () => {
    const world = script();
    const [gone, there] = daily(world, 1, 2);
    const diary = new Diary(world);
    const run = await diary.run(at(3), {
      breaks: broken(`/workflow/${gone?.workflow.id}/job`, 'not-found', 404),
    });
    expect(rowsOf('workflows', run).length).toBe(2);
    expect(
      diary.holds(
        'jobs',
        [gone, there].filter((one) => one !== undefined),
      ),
    ).toEqual([false, true]);
  });
});

test('a refused token ends the run for all projects, with what was walked kept', async () => {
  const world = script({ projects: ['gh/acme/web', 'gh/acme/api'] });
  daily(world, 1, 3);
  const diary = new Diary(world);
  const { error } = await diary.run(at(4), { breaks: broken('/job', 'unauthorized', 401), fails: true });
  expect(error).toContain('401');
  expect(diary.since('jobs')).toBeUndefined();
  await diary.run(at(4, 1));
  expect(diary.lacks()).toEqual([]);
});
