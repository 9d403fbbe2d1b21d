import { describe, expect, test } from 'vitest';
import { furtherStreams } from '../sandbox/resources/truth.js';
import { DAY, MINUTE } from '../sandbox/rows.js';
import type { World } from '../sandbox/world.js';
import { at, broken, Diary, daily, type Entry, type RunOptions, rowsOf, script } from '../support/diary.js';
import { lacking } from '../support/expected.js';

const core = ['pipelines', 'workflows', 'jobs'];
const children = ['job_details', 'job_steps', 'job_logs', 'test_results', 'artifacts'];
const further = Object.keys(furtherStreams);

/** Settings and catalog of a run of these streams. */
const reading = (streams: readonly string[], config: object = {}): RunOptions => ({
  streams,
  config: { streams, log_jobs: 'all', ...config },
});

const diaryOf = (world: World, streams: readonly string[], config: object = {}) =>
  new Diary(world, reading(streams, config));

/** What the destination lacks of the rows of these streams. */
const lacks = ({ destination, world }: Diary, streams: readonly string[]) =>
  lacking(destination, world.truth().further, streams);

/** Requests for something of single jobs. */
const ofJobs = ({ requests }: Entry) =>
  requests.filter((path) =>
    /^(?!.*action-logs).*\/(job\/)?\d+(\/tests|\/artifacts)?$/.test(path.split('?')[0] ?? ''),
  );

const numbers = (entry: Entry) =>
  [...new Set(ofJobs(entry).map((path) => Number(/\/(\d+)(?:\/[a-z]+)?(?:\?|$)/.exec(path)?.[1])))].sort(
    (a, b) => a - b,
  );

/** A workflow of day 1 whose second job failed. */
function withFailedJob() {
  const world = script();
  const pipeline = world.addPipeline({ createdAt: at(1) });
  const first = world.addWorkflow(pipeline, {
    createdAt: at(1),
    stoppedAt: at(1, 0, 5),
    status: 'failed',
    jobs: [
      { name: 'build', status: 'success', stoppedAt: at(1, 0, 2) },
      { name: 'test', status: 'failed' },
    ],
  });
  return { world, first };
}

describe('what hangs below jobs', () => {
  test('is read once, and no more once all is settled', async () => {
    const world = script();
    daily(world, 1, 5);
    const diary = diaryOf(world, [...core, ...children]);
    expect(numbers(await diary.run(at(10)))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(lacks(diary, children)).toEqual([]);
    const second = await diary.run(at(11));
    expect([second.rows, ofJobs(second)]).toEqual([[], []]);
  });

  test('is read again only of jobs that stopped since, where the pipeline is not young', async () => {
    const world = script();
    const pipeline = world.addPipeline({ createdAt: at(1) });
    const first = world.addWorkflow(pipeline, { createdAt: at(1), stoppedAt: at(1, 0, 5), jobs: 2 });
    const diary = diaryOf(world, children, { lookback_days: 30 });
    await diary.run(at(2));
    world.rerun(first, { at: at(2, 4), jobs: 1 });
    expect(numbers(await diary.run(at(3)))).toEqual([3]);
    expect(lacks(diary, children)).toEqual([]);
  });

  test('of a rerun from failed is asked once of each job, though both workflows list it', async () => {
    const { world, first } = withFailedJob();
    world.rerun(first, { at: at(1, 1), fromFailed: true });
    const diary = diaryOf(world, [...core, ...children]);
    const run = await diary.run(at(1, 3));
    const asked = ofJobs(run);
    expect(asked.length).toBe(new Set(asked).size);
    expect(rowsOf('jobs', run).length).toBe(4);
    expect(rowsOf('job_details', run).length).toBe(3);
    expect(lacks(diary, children)).toEqual([]);
  });

  test('of a rerun from failed is not read again of jobs that stopped long ago', async () => {
    const { world, first } = withFailedJob();
    const diary = diaryOf(world, [...core, ...children], { lookback_days: 30 });
    await diary.run(at(2));
    world.rerun(first, { at: at(2, 4), fromFailed: true });
    expect(numbers(await diary.run(at(2, 6)))).toEqual([3]);
    expect(lacks(diary, children)).toEqual([]);
  });

  test('of jobs that end after their workflow is not lost', async () => {
    const world = script();
    const pipeline = world.addPipeline({ createdAt: at(1) });
    const first = world.addWorkflow(pipeline, { createdAt: at(1), stoppedAt: at(1, 0, 5) });
    const diary = diaryOf(world, [...core, ...children], { lookback_days: 30, deep_every_days: 0 });
    await diary.run(at(2));
    world.rerun(first, { at: at(2, 4), stoppedAt: at(2, 4, 10), status: 'canceled', jobLag: 50 * MINUTE });
    await diary.run(at(2, 4, 20));
    await diary.run(at(2, 5, 1));
    await diary.run(at(2, 12));
    expect([lacks(diary, children), diary.lacks()]).toEqual([[], []]);
    expect(diary.open('job_details')).toEqual([]);
  });

  // Which is why all of a young pipeline is asked again, and not what has stopped since alone.
  test('of a pipeline that is listed two hours late is not lost, though its jobs stopped before the last run', async () => {
    const world = script();
    const createdAt = at(1);
    const pipeline = world.addPipeline({ createdAt, visibleAt: at(1, 2) });
    world.addWorkflow(pipeline, { createdAt, stoppedAt: at(1, 0, 5) });
    const diary = diaryOf(world, children, { lookback_days: 90, deep_every_days: 0 });
    await diary.run(at(1, 1, 50));
    expect(diary.destination.stream('job_details').size).toBe(0);
    await diary.run(at(1, 2, 5));
    await diary.run(at(40));
    expect(diary.destination.stream('job_details').size).toBeGreaterThan(0);
    expect(lacks(diary, children)).toEqual([]);
  });

  test('waits for a job that runs for days', async () => {
    const world = script();
    const pipeline = world.addPipeline({ createdAt: at(1) });
    world.addWorkflow(pipeline, { createdAt: at(1), stoppedAt: at(6), jobs: 1 });
    const diary = diaryOf(world, children, { lookback_days: 0, deep_every_days: 0 });
    const early = await diary.run(at(4));
    expect([early.rows, ofJobs(early), diary.open('job_logs')]).toEqual([[], [], [pipeline.id]]);
    await diary.run(at(8));
    expect([lacks(diary, children), diary.open('job_logs')]).toEqual([[], []]);
    expect(diary.destination.stream('job_details').size).toBe(1);
  });

  test.each(children)('%s, chosen later, backfill alone', async (stream) => {
    const world = script();
    daily(world, 1, 20);
    const diary = diaryOf(world, core);
    await diary.run(at(30));
    const { rows } = await diary.run(at(31), reading([...core, stream]));
    expect(rows.filter((row) => !row.startsWith(`${stream} `))).toEqual([]);
    expect(diary.destination.stream(stream).size).toBeGreaterThan(0);
    expect(lacks(diary, [stream])).toEqual([]);
    const again = await diary.run(at(32), reading([...core, stream]));
    expect([again.rows, ofJobs(again)]).toEqual([[], []]);
  });

  test('beside a stream that is older is asked for what each of them lacks', async () => {
    const { world, first } = withFailedJob();
    const diary = diaryOf(world, ['job_steps'], { lookback_days: 30 });
    await diary.run(at(2));
    world.rerun(first, { at: at(2, 4), fromFailed: true });
    await diary.run(at(3), reading(['job_steps', 'job_logs'], { lookback_days: 30 }));
    expect(lacks(diary, ['job_steps', 'job_logs'])).toEqual([]);
  });

  test('is incremental, also beside jobs that are read in full', async () => {
    const world = script();
    daily(world, 1, 5);
    const diary = diaryOf(world, [...core, ...children], { jobs_replication_method: 'FULL_TABLE' });
    await diary.run(at(10));
    daily(world, 12, 12);
    const second = await diary.run(at(13));
    expect(rowsOf('jobs', second).length).toBe(12);
    expect(numbers(second)).toEqual([11, 12]);
    expect(lacks(diary, children)).toEqual([]);
  });

  test('is not asked of approvals and of jobs that never ran, which are counted', async () => {
    const world = script();
    const pipeline = world.addPipeline({ createdAt: at(1) });
    world.addWorkflow(pipeline, {
      createdAt: at(1),
      stoppedAt: at(1, 1),
      jobs: [
        { name: 'build' },
        { name: 'hold', type: 'approval' },
        { name: 'deploy', status: 'not_run', startedAt: undefined },
      ],
    });
    const run = await diaryOf(world, [...core, ...children]).run(at(2));
    expect(numbers(run)).toEqual([1]);
    expect(run.log).toContain('INFO gh/acme/web: 2 approvals and jobs without a number were passed over');
  });

  test('that has expired is none, and counted', async () => {
    const world = script({
      missing: ['/project/{project-slug}/job/{number}', '/api/v1.1/project/{project-slug}/{number}'],
    });
    daily(world, 1, 2);
    const diary = diaryOf(world, [...core, ...children]);
    const run = await diary.run(at(3));
    expect([rowsOf('job_details', run), diary.open('job_details')]).toEqual([[], []]);
    expect(run.log).toContain(
      'INFO gh/acme/web: 8 answers 404 below pipelines (4 of job_details, 4 of job_steps) and 0 rows without id',
    );
  });

  test('is doubted where all that a run asks of a stream is gone, with what that needs', async () => {
    const world = script({ missing: ['/api/v1.1/project/{project-slug}/{number}'] });
    daily(world, 1, 2);
    const diary = diaryOf(world, [...core, ...children]);
    const { log } = await diary.run(at(3), {
      breaks: (path) => (/\/job\/1$/.test(path) ? broken('', 'not-found', 404)(path) : undefined),
    });
    expect(log).toContain(
      'INFO gh/acme/web: 5 answers 404 below pipelines (1 of job_details, 4 of job_steps) and',
    );
    expect(log.match(/WARNING .*/g)).toEqual([
      expect.stringMatching(
        /^WARNING gh\/acme\/web: all 4 requests for job_steps were answered 404: .*; they need permission to view the project\.$/,
      ),
    ]);
  });

  test.each<[stream: string, path: (row: Readonly<Record<string, unknown>>) => string]>([
    ['job_details', ({ job_number: number }) => `/job/${number}`],
    ['job_steps', ({ job_number: number }) => `/project/gh/acme/web/${number}`],
    ['job_logs', ({ _job_id: id, step, index }) => `/action-logs/${id}/${step}/${index}`],
    ['test_results', ({ job_number: number }) => `/${number}/tests`],
    ['artifacts', ({ job_number: number }) => `/${number}/artifacts`],
  ])(
    '%s that cannot be read for a time come in the next run, and nothing else does',
    async (stream, pathOf) => {
      const world = script({ now: at(30) });
      daily(world, 1, 20);
      const diary = diaryOf(world, [...core, ...children], { lookback_days: 0, deep_every_days: 0 });
      const lost = [...(world.truth().further.get(stream)?.values() ?? [])].at(-1) ?? {};
      const breaks = (path: string) =>
        path.split('?')[0]?.endsWith(pathOf(lost)) ? broken('')(path) : undefined;
      const failed = await diary.run(at(30), { breaks, fails: true });
      expect(failed.error).toContain('could not be read');
      expect(diary.open(stream).length).toBe(1);
      expect(lacks(diary, children).length).toBeGreaterThan(0);
      const next = await diary.run(at(31));
      expect(new Set(next.rows.map((row) => row.split(' ')[0]))).toEqual(
        new Set(stream === 'job_steps' ? ['job_steps', 'job_logs'] : [stream]),
      );
      expect(lacks(diary, children)).toEqual([]);
    },
  );

  test('of a setup pipeline has the configuration with which it went on', async () => {
    const world = script();
    const createdAt = at(1);
    world.addPipeline({
      createdAt,
      state: [
        { state: 'setup', from: createdAt },
        { state: 'created', from: at(1, 5) },
      ],
    });
    const diary = diaryOf(world, ['pipeline_configs', 'pipeline_values']);
    await diary.run(at(1, 1));
    await diary.run(at(1, 6));
    expect(lacks(diary, ['pipeline_configs', 'pipeline_values'])).toEqual([]);
  });
});

describe('outputs that nobody can read', () => {
  const denied = broken('/action-logs/', 'unreadable', 403);
  const streams = [...core, 'job_details', 'job_logs'];

  test('leave out the logs alone, which is said once, and their bookmark stays', async () => {
    const world = script();
    daily(world, 1, 30);
    const diary = diaryOf(world, streams);
    const { log, error, rows } = await diary.run(at(31), { breaks: denied, fails: true });
    expect(diary.lacks()).toEqual([]);
    expect(lacks(diary, ['job_details'])).toEqual([]);
    expect(rows.filter((row) => row.startsWith('job_logs '))).toEqual([]);
    expect(streams.map((stream) => diary.since(stream) !== undefined)).toEqual([
      true,
      true,
      true,
      true,
      false,
    ]);
    expect(error).toContain('could not be read');
    expect(log.match(/ERROR .* left out .*/g)).toEqual([
      'ERROR gh/acme/web: job_logs of 6 of 6 pipelines could not be read, so they are left out of the rest of this run.',
    ]);
    expect(new Set(log.match(/job_logs of pipeline [0-9a-f-]+/g)).size).toBe(6);

    const { requests } = await diary.run(at(32));
    expect(lacks(diary, ['job_logs'])).toEqual([]);
    expect(requests.filter((path) => path.endsWith('/job')).length).toBeGreaterThanOrEqual(30);
    expect([diary.since('job_logs'), diary.open('job_logs')]).toEqual([diary.since('jobs'), []]);
  });

  test('do not stop the core from run to run, and the logs go on where they were left', async () => {
    const world = script();
    daily(world, 1, 20);
    const diary = diaryOf(world, streams);
    for (let day = 21; day < 25; day++) {
      await diary.run(at(day), { breaks: denied, fails: true });
      expect(diary.since('jobs')).toBe(`2024-01-${day + 1}T00:00:00.000000Z`);
    }
    expect(diary.open('job_logs').length).toBe(20);
    await diary.run(at(25));
    expect(lacks(diary, ['job_logs'])).toEqual([]);
  });

  test('are asked of no further open pipeline, once they are left out', async () => {
    const world = script();
    daily(world, 1, 20);
    const diary = diaryOf(world, ['job_logs'], { lookback_days: 0, deep_every_days: 0, max_concurrency: 1 });
    for (let day = 21; day < 25; day++) await diary.run(at(day), { breaks: denied, fails: true });
    expect(diary.open('job_logs').length).toBe(20);
    const { requests } = await diary.run(at(40), { breaks: denied, fails: true });
    // Two more are read ahead than the six that it takes.
    expect(requests.filter((path) => path.endsWith('/workflow')).length).toBeLessThanOrEqual(9);
    await diary.run(at(41));
    expect([lacks(diary, ['job_logs']), diary.open('job_logs')]).toEqual([[], []]);
  });

  test('do not count as pipelines of the core, however few of those cannot be read', async () => {
    const world = script();
    const pipelines = daily(world, 1, 30);
    const lost = pipelines.slice(20, 25).map(({ id }) => `/pipeline/${id}/workflow`);
    const diary = diaryOf(world, streams);
    const lostPaths = broken(lost);
    await diary.run(at(31), { breaks: (path) => lostPaths(path) ?? denied(path), fails: true });
    expect([diary.since('jobs'), diary.open('jobs').length]).toEqual(['2024-02-01T00:00:00.000000Z', 5]);
  });
});

describe('what is refused below jobs, for good', () => {
  const denied = broken('/action-logs/', 'unreadable', 403);
  const noLookBack = { lookback_days: 0, deep_every_days: 0 };
  const streams = [...core, 'job_details', 'job_logs'];

  test('is asked for in every run, and given up with a WARNING after 91 days', async () => {
    const world = script();
    const [pipeline] = daily(world, 1, 1);
    const diary = diaryOf(world, streams, noLookBack);
    for (const day of [2, 50, 91.9]) {
      const { log } = await diary.run(at(day), { breaks: denied, fails: true });
      expect(log).toMatch(/ERROR .*job_logs of pipeline .* will be asked again in the next run/);
      expect(diary.open('job_logs')).toEqual([pipeline?.id]);
    }
    const { log, error } = await diary.run(at(92.1), { breaks: denied });
    expect(error).toBeUndefined();
    expect(log.match(/(ERROR|WARNING) .*/g)).toEqual([
      expect.stringMatching(
        `^WARNING gh/acme/web: pipeline ${pipeline?.id} cannot be read and is too old to change; ` +
          'job_logs no longer asks for it. .*403',
      ),
    ]);
    expect(diary.open('job_logs')).toEqual([]);
    expect((await diary.run(at(93))).requests.some((path) => path.includes(String(pipeline?.id)))).toBe(
      false,
    );
  });

  test('gets a second run, however old it is', async () => {
    const world = script();
    daily(world, 1, 3);
    const diary = diaryOf(world, streams, noLookBack);
    await diary.run(at(200), { breaks: denied, fails: true });
    expect(diary.open('job_logs').length).toBe(3);
    const { log } = await diary.run(at(201), { breaks: denied });
    expect([log.match(/WARNING .* no longer asks for it/g)?.length, diary.open('job_logs')]).toEqual([3, []]);
  });

  test('is given up of six pipelines in a run, where it is much', async () => {
    const world = script();
    daily(world, 1, 20);
    const diary = diaryOf(world, ['job_logs'], { ...noLookBack, max_concurrency: 1 });
    const givenUp = [];
    for (let day = 200; day < 207; day++) {
      const { log } = await diary.run(at(day), { breaks: denied, fails: true });
      givenUp.push(log.match(/WARNING .* no longer asks for it/g)?.length ?? 0);
    }
    expect(Math.max(...givenUp)).toBe(6);
  });

  test.each([
    ['a storage that fails itself', 'job_logs', broken('/action-logs/')],
    ['a list of workflows, which may have been rerun', 'job_logs', broken('/workflow', 'unreadable', 400)],
    ['the core', 'jobs', broken('/job', 'unreadable', 400)],
  ])('does not give up %s', async (_, stream, breaks) => {
    const world = script();
    const [pipeline] = daily(world, 1, 1);
    const diary = diaryOf(world, streams, noLookBack);
    for (const day of [200, 201, 202]) {
      await diary.run(at(day), { breaks, fails: true });
      expect(diary.open(stream)).toEqual([pipeline?.id]);
    }
    await diary.run(at(203));
    expect([diary.lacks(), lacks(diary, ['job_details', 'job_logs'])]).toEqual([[], []]);
  });
});

test('whatever instant a run of everything is killed at, the next one brings what it lacked', async () => {
  const streams = [...core, ...further];
  const world = script({ seed: 3, features: 'none' });
  daily(world, 1, 6);
  const whole = await diaryOf(world, streams).run(at(10));
  const size = 400 * whole.rows.length;
  for (let killAfterBytes = 3_000; killAfterBytes < size; killAfterBytes += size / 25) {
    const diary = diaryOf(world, streams);
    await diary.run(at(10), { killAfterBytes: Math.floor(killAfterBytes), secondsPerLook: 5, fails: true });
    await diary.run(at(10, 1));
    expect([killAfterBytes, lacks(diary, further), diary.lacks()]).toEqual([killAfterBytes, [], []]);
  }
  expect(world.now - at(10)).toBeLessThan(DAY);
});
