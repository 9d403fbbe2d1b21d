import { describe, expect, test } from 'vitest';
import { answerOf } from '../answers.js';
import type { Coins } from '../coins.js';
import { plainCoins } from '../coins.js';
import type { JobHistory } from '../history.js';
import type { WorldOptions } from '../options.js';
import { DAY, HOUR, MINUTE } from '../rows.js';
import { rowIn, rowsIn } from '../rows-in.js';
import type { World } from '../world.js';
import { createWorld } from '../world.js';

const start = Date.UTC(2024, 0, 1, 12, 0, 0, 123);

function blank({ coins, ...options }: WorldOptions & { coins?: Partial<Coins> } = {}): World {
  return createWorld({
    ...{ pipelines: 0, features: 'none', now: start, tickMs: 0 },
    ...options,
    coins: { ...plainCoins, ...coins },
  });
}

/** A pipeline of one hour with an approval, a job of half an hour, and one that is not run. */
function scripted(world: World) {
  const pipeline = world.addPipeline({ createdAt: start });
  const workflow = world.addWorkflow(pipeline, {
    createdAt: start,
    stoppedAt: start + HOUR,
    status: 'failed',
    jobs: [
      { name: 'hold', type: 'approval', status: 'success', stoppedAt: start + 20 * MINUTE },
      { name: 'test', status: 'success', startedAt: start + 30 * MINUTE, stoppedAt: start + HOUR },
      { name: 'deploy', status: 'not_run', startedAt: undefined },
    ],
  });
  const [hold, job, deploy] = workflow.jobs as [JobHistory, JobHistory, JobHistory];
  return { pipeline, workflow, hold, job, deploy };
}

const pathOf = (job: JobHistory) => `/project/gh/acme/web/job/${job.number}`;
const detailsOf = (world: World, job: JobHistory) => rowIn(answerOf(world, pathOf(job)));
const itemsOf = (world: World, path: string) => rowsIn(answerOf(world, path));

describe('a job by its number', () => {
  test('is there from its start on; an approval, and a job that never starts, have none', () => {
    const world = blank();
    const { hold, job, deploy } = scripted(world);
    expect([hold.number, job.number, deploy.number]).toEqual([undefined, 1, undefined]);
    expect(answerOf(world, pathOf(job))).toBeUndefined();
    world.now = start + 31 * MINUTE;
    expect(detailsOf(world, job)).toMatchObject({ number: 1, name: 'test', status: 'running' });
    for (const path of ['job/1', '1/tests', '1/artifacts']) {
      expect(answerOf(world, `/project/github/acme/web/${path}`)).toBeDefined();
      expect(answerOf(world, `/project/gh/acme/web/${path.replace('1', '2')}`)).toBeUndefined();
      expect(answerOf(world, `/project/gh/acme/web/${path.replace('1', 'undefined')}`)).toBeUndefined();
    }
  });

  test('has times with milliseconds, and a duration in milliseconds when it has stopped', () => {
    const world = blank();
    const { job, pipeline } = scripted(world);
    world.now = start + 31 * MINUTE;
    expect(detailsOf(world, job)).toMatchObject({
      duration: null,
      stopped_at: null,
      started_at: '2024-01-01T12:30:00.123Z',
    });
    world.now = start + HOUR;
    expect(detailsOf(world, job)).toMatchObject({
      duration: 30 * MINUTE,
      stopped_at: '2024-01-01T13:00:00.123Z',
      status: 'success',
      pipeline: { id: pipeline.id },
      organization: { name: 'acme' },
      project: { slug: 'gh/acme/web', external_url: 'https://github.com/acme/web' },
    });
  });

  test('changes its latest_workflow when a rerun from failed lists it again', () => {
    const world = blank();
    const { job, workflow } = scripted(world);
    const rerun = world.rerun(workflow, { at: start + 2 * HOUR, fromFailed: true });
    expect(rerun.jobs).toContain(job);
    world.now = start + 2 * HOUR - 1;
    const before = detailsOf(world, job);
    expect(before.latest_workflow).toEqual({ id: workflow.id, name: workflow.name });
    world.now = start + 2 * HOUR;
    const after = detailsOf(world, job);
    expect(after.latest_workflow).toEqual({ id: rerun.id, name: rerun.name });
    expect({ ...after, latest_workflow: 0 }).toEqual({ ...before, latest_workflow: 0 });
    const { further, jobs } = world.truth();
    expect(jobs.has(`${job.id} ${workflow.id}`) && jobs.has(`${job.id} ${rerun.id}`)).toBe(true);
    const rows = [...(further.get('job_details')?.values() ?? [])];
    expect(rows.filter((row) => row._job_id === job.id)).toHaveLength(1);
    expect(rows[0]).not.toHaveProperty('latest_workflow');
  });

  test.each([
    ['kept', 1],
    ['not found', 0],
  ] as const)('past its retention is %s, where its workflow still lists it', (expiredDetails, count) => {
    const world = blank({ coins: { expiredDetails }, features: { expiredChildren: true } });
    const { workflow, pipeline } = scripted(world);
    world.now = start + 101 * DAY;
    expect(world.jobs(workflow.id, null)).toMatchObject({ items: [{}, {}, {}] });
    const { further } = world.truth();
    expect(further.get('job_details')?.size).toBe(count);
    expect(further.get('job_steps')?.size === 0).toBe(count === 0);
    expect(answerOf(world, `/pipeline/${pipeline.id}/config`) === undefined).toBe(count === 0);
  });
});

describe('tests and artifacts', () => {
  /** A job with both. */
  function withResults(coins: Partial<Coins> = {}) {
    for (let seed = 1; ; seed++) {
      const world = blank({ seed, pageSize: 3, coins });
      const { job } = scripted(world);
      world.now = start + HOUR;
      const { further } = world.truth();
      const [tests, artifacts] = ['test_results', 'artifacts'].map((name) => further.get(name)?.size ?? 0);
      if ((tests ?? 0) > 3 && (artifacts ?? 0) > 3) return { world, job, tests, artifacts };
    }
  }

  test('are whole when the job has stopped, and come in pages', () => {
    const { world } = withResults();
    const path = '/project/gh/acme/web/1/tests';
    const first = rowIn(answerOf(world, path));
    expect(first.items).toHaveLength(3);
    const second = rowIn(answerOf(world, `${path}?page-token=${first.next_page_token}`));
    expect(rowsIn(second).length).toBeGreaterThan(0);
    expect(second).not.toEqual(first);
    for (const row of rowsIn(first)) {
      expect(Object.keys(row).sort()).toEqual(
        ['classname', 'file', 'message', 'name', 'result', 'run_time', 'source'].sort(),
      );
      expect(row.run_time).toBeTypeOf('number');
    }
    expect(answerOf(world, path)).toEqual(first);
    expect(itemsOf(world, '/project/gh/acme/web/1/artifacts')[0]).toMatchObject({ node_index: 0 });
  });

  test.each([
    ['none', false],
    ['a part', true],
  ] as const)('of a job that is running: %s', (unfinishedResults, some) => {
    const { world, tests } = withResults({ unfinishedResults });
    world.now = start + 50 * MINUTE;
    const size = world.truth().further.get('test_results')?.size as number;
    expect(size > 0).toBe(some);
    expect(size).toBeLessThan(tests as number);
  });

  test('artifacts are gone after 30 days, tests are not', () => {
    const { world, tests, artifacts } = withResults();
    world.now = start + HOUR + 30 * DAY - 1;
    expect(world.truth().further.get('artifacts')?.size).toBe(artifacts);
    world.now += 1;
    expect(itemsOf(world, '/project/gh/acme/web/1/artifacts')).toEqual([]);
    expect(world.truth().further.get('artifacts')?.size).toBe(0);
    expect(world.truth().further.get('test_results')?.size).toBe(tests);
  });
});
