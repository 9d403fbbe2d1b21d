import { describe, expect, test } from 'vitest';
import { get, list } from './client.js';
import type { Coins } from './coins.js';
import { plainCoins } from './coins.js';
import type { JobRow, WorkflowRow } from './rows.js';
import { DAY, HOUR, MINUTE, SECOND, wholeSeconds, withMilliseconds } from './rows.js';
import { serve } from './serve.js';
import { createWorld } from './world.js';

const start = Date.UTC(2024, 0, 1, 12, 0, 0, 123);

/** A world without a history, to write one. The clock stands at `start`. */
const blank = (coins: Partial<Coins> = {}) =>
  createWorld({ pipelines: 0, features: 'none', now: start, tickMs: 0, coins: { ...plainCoins, ...coins } });

function workflowsOf(world: ReturnType<typeof blank>, pipelineId: string): WorkflowRow[] {
  const page = world.workflows(pipelineId, null);
  if (typeof page === 'string') throw new Error(page);
  return page.items;
}

function jobsOf(world: ReturnType<typeof blank>, workflowId: string): JobRow[] {
  const page = world.jobs(workflowId, null);
  if (typeof page === 'string') throw new Error(page);
  return page.items;
}

describe('determinism', () => {
  /** The bytes of a few answers, while every request moves the clock. */
  async function bytes(seed: number) {
    const sandbox = await serve(createWorld({ seed, pipelines: 15, pageSize: 4 }));
    try {
      const texts = [];
      for (const path of ['/me', '/project/gh/acme/web', '/project/gh/acme/web/pipeline']) {
        const response = await get(sandbox, path);
        texts.push(response.headers.get('date'), await response.text());
      }
      for (const row of (await list<{ id: string }>(sandbox, '/project/gh/acme/web/pipeline')) ?? []) {
        texts.push(await (await get(sandbox, `/pipeline/${row.id}/workflow`)).text());
      }
      return { texts, now: sandbox.world.now };
    } finally {
      await sandbox.close();
    }
  }

  test('the same seed and the same requests give the same bytes', async () => {
    expect(await bytes(7)).toEqual(await bytes(7));
  });

  test('another seed gives another world', async () => {
    expect(await bytes(7)).not.toEqual(await bytes(8));
  });

  test('a fixed coin does not change the others, nor what has happened', () => {
    const one = createWorld({ seed: 3, coins: { date: 'absent', workflowOrder: 'by name' } });
    const other = createWorld({ seed: 3, coins: { date: 'ahead', workflowOrder: 'by name' } });
    expect({ ...one.coins, date: '' }).toEqual({ ...other.coins, date: '' });
    expect(one.truth()).toEqual(other.truth());
  });

  test('an unknown coin or side is refused', () => {
    expect(() => createWorld({ coins: { date: 'sideways' as 'absent' } })).toThrow('date=sideways');
    expect(() => createWorld({ coins: { dates: 'absent' } as Partial<Coins> })).toThrow('dates=absent');
  });

  test('looking does not change anything: a view is a function of the time', () => {
    const world = createWorld({ seed: 4 });
    const before = world.truth();
    world.advance(50 * DAY);
    world.truth();
    world.advance(-50 * DAY);
    expect(world.truth()).toEqual(before);
  });

  test('from quietFrom on nothing changes, and just before something did', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const world = createWorld({ seed, features: { expiredChildren: false, nullIdWorkflows: false } });
      world.now = world.quietFrom;
      const quiet = world.truth();
      world.now = world.quietFrom + 400 * DAY;
      expect(world.truth(), `seed ${seed}`).toEqual(quiet);
      world.now = Math.ceil(world.quietFrom) - 1;
      expect(world.truth(), `seed ${seed}`).not.toEqual(quiet);
    }
  });
});

describe('a history by hand', () => {
  test('times of pipelines have milliseconds, those of workflows and jobs whole seconds, cut', () => {
    const world = blank();
    const pipeline = world.addPipeline({ createdAt: start });
    const workflow = world.addWorkflow(pipeline, { createdAt: start + 10, stoppedAt: start + 10 * SECOND });
    world.advance(MINUTE);
    expect(world.pipeline(pipeline.id)?.created_at).toBe('2024-01-01T12:00:00.123Z');
    expect(world.workflow(workflow.id)).toMatchObject({
      created_at: '2024-01-01T12:00:00Z',
      stopped_at: '2024-01-01T12:00:10Z',
    });
  });

  test('nothing is there before it begins', () => {
    const world = blank();
    const pipeline = world.addPipeline({ createdAt: start + HOUR, visibleAt: start + 2 * HOUR });
    const workflow = world.addWorkflow(pipeline, { createdAt: start + HOUR, stoppedAt: start + 3 * HOUR });
    for (const hours of [0, 1.5]) {
      world.now = start + hours * HOUR;
      expect(world.pipelines('gh/acme/web', null)).toEqual({ items: [], next_page_token: null });
      expect(world.pipeline(pipeline.id)).toBeUndefined();
      expect(world.workflows(pipeline.id, null)).toBe('not found');
      expect(world.workflow(workflow.id)).toBeUndefined();
      expect(world.jobs(workflow.id, null)).toBe('not found');
      expect(world.truth().pipelines.size).toBe(0);
    }
    world.now = start + 2 * HOUR;
    expect(world.pipeline(pipeline.id)?.number).toBe(1);
    expect(workflowsOf(world, pipeline.id)).toMatchObject([{ status: 'running', stopped_at: null }]);
  });

  test('an approval is on hold until it is given, and the jobs behind it are blocked', () => {
    const world = blank();
    const pipeline = world.addPipeline({ createdAt: start });
    const workflow = world.addWorkflow(pipeline, {
      createdAt: start,
      holdFrom: start + MINUTE,
      approvedAt: start + 20 * DAY,
      stoppedAt: start + 20 * DAY + HOUR,
      jobs: 3,
    });
    world.now = start + 10 * DAY;
    expect(world.workflow(workflow.id)).toMatchObject({ status: 'on_hold', stopped_at: null });
    expect(jobsOf(world, workflow.id).map((job) => job.status)).toContain('on_hold');
    world.now = start + 20 * DAY + HOUR;
    expect(world.workflow(workflow.id)?.status).toBe('success');
    const approval = jobsOf(world, workflow.id).find((job) => job.type === 'approval');
    expect(approval).toMatchObject({ status: 'success' });
    expect(approval).not.toHaveProperty('job_number');
  });

  test('what has not ended after 90 days is canceled', () => {
    const world = blank();
    const pipeline = world.addPipeline({ createdAt: start });
    const held = world.addWorkflow(pipeline, { createdAt: start, holdFrom: start + MINUTE });
    const failing = world.addWorkflow(pipeline, { createdAt: start, status: 'failing' });
    world.now = start + 90 * DAY - 1;
    expect(world.workflow(held.id)?.status).toBe('on_hold');
    expect(world.workflow(failing.id)?.status).toBe('failing');
    world.now = start + 90 * DAY;
    for (const { id } of [held, failing]) {
      expect(world.workflow(id)).toMatchObject({
        status: 'canceled',
        stopped_at: wholeSeconds(start + 90 * DAY),
      });
    }
  });

  test('jobs of a canceled workflow end later', () => {
    const world = blank();
    const pipeline = world.addPipeline({ createdAt: start });
    const workflow = world.addWorkflow(pipeline, {
      createdAt: start,
      stoppedAt: start + HOUR,
      status: 'canceled',
      jobLag: 20 * MINUTE,
      jobs: 3,
    });
    world.now = start + HOUR + 19 * MINUTE;
    expect(world.workflow(workflow.id)?.status).toBe('canceled');
    expect(jobsOf(world, workflow.id).map((job) => job.status)).toContain('running');
    world.now = start + HOUR + 20 * MINUTE;
    expect(jobsOf(world, workflow.id).map((job) => job.status)).not.toContain('running');
    expect(world.quietFrom).toBe(world.now);
  });

  test('a rerun is a further workflow; from failed it lists the same jobs again', () => {
    const world = blank();
    const pipeline = world.addPipeline({ createdAt: start });
    const failed = world.addWorkflow(pipeline, {
      createdAt: start,
      stoppedAt: start + HOUR,
      status: 'failed',
      jobs: [
        { name: 'build', status: 'success', stoppedAt: start + MINUTE },
        { name: 'test', status: 'failed' },
      ],
    });
    const rerun = world.rerun(failed, { at: start + 80 * DAY, fromFailed: true });
    const again = world.rerun(rerun, { at: start + 160 * DAY });
    world.now = start + 161 * DAY;
    expect(workflowsOf(world, pipeline.id).map((row) => row.id)).toEqual([again.id, rerun.id, failed.id]);
    const [first, second, third] = [failed, rerun, again].map(({ id }) =>
      jobsOf(world, id).map((job) => job.id),
    );
    expect(second?.[0]).toBe(first?.[0]);
    expect(second?.[1]).not.toBe(first?.[1]);
    expect(third).not.toContain(first?.[0]);
    expect(world.pipeline(pipeline.id)?.updated_at).toBe(withMilliseconds(start));
  });

  test('a workflow of 90 days, or one that has not ended, cannot be rerun', () => {
    const world = blank();
    const pipeline = world.addPipeline({ createdAt: start });
    const workflow = world.addWorkflow(pipeline, { createdAt: start, stoppedAt: start + HOUR });
    expect(() => world.rerun(workflow, { at: start + 90 * DAY })).toThrow('90 days');
    expect(() => world.rerun(workflow, { at: start + MINUTE })).toThrow('ended');
  });

  test('states of a setup pipeline follow each other', () => {
    const world = blank();
    const pipeline = world.addPipeline({
      createdAt: start,
      state: [
        { state: 'setup-pending', from: start },
        { state: 'setup', from: start + 5 * SECOND },
        { state: 'created', from: start + HOUR },
      ],
    });
    world.addWorkflow(pipeline, { createdAt: start, stoppedAt: start + MINUTE, tag: 'setup' });
    const states = [0, 5 * SECOND, HOUR].map((passed) => {
      world.now = start + passed;
      return world.pipeline(pipeline.id)?.state;
    });
    expect(states).toEqual(['setup-pending', 'setup', 'created']);
    expect(workflowsOf(world, pipeline.id)[0]?.tag).toBe('setup');
  });

  test.each([
    ['empty', []],
    ['null ids', [{ id: null, name: null, created_at: null, stopped_at: null }]],
    ['jobs not found', [{ status: 'success' }]],
    ['kept', [{ status: 'success' }]],
  ] as const)('past its retention, by coin: %s', (expired, rows) => {
    const world = blank({ expired });
    const pipeline = world.addPipeline({ createdAt: start, expired });
    const workflow = world.addWorkflow(pipeline, { createdAt: start, stoppedAt: start + HOUR });
    world.now = start + 99 * DAY;
    expect(jobsOf(world, workflow.id)).toHaveLength(2);
    world.now = start + 101 * DAY;
    expect(workflowsOf(world, pipeline.id)).toMatchObject(rows);
    const gone = expired !== 'kept';
    expect(world.jobs(workflow.id, null) === 'not found').toBe(gone);
    expect(world.truth().jobs.size).toBe(gone ? 0 : 2);
    expect(world.truth().pipelines.size).toBe(1);
  });

  test('past its retention, the list of workflows may be 404; a young rerun keeps it', () => {
    const world = blank();
    const old = world.addPipeline({ createdAt: start, expired: 'not found' });
    world.addWorkflow(old, { createdAt: start, stoppedAt: start + HOUR });
    const kept = world.addPipeline({ createdAt: start, expired: 'not found' });
    const workflow = world.addWorkflow(kept, { createdAt: start, stoppedAt: start + HOUR });
    world.rerun(workflow, { at: start + 80 * DAY });
    world.now = start + 101 * DAY;
    expect(world.workflows(old.id, null)).toBe('not found');
    expect(workflowsOf(world, kept.id)).toHaveLength(2);
  });

  test('stopped_at may come later than the status, or never', () => {
    const world = blank();
    const pipeline = world.addPipeline({ createdAt: start });
    const common = { createdAt: start, stoppedAt: start + HOUR };
    const later = world.addWorkflow(pipeline, { ...common, stopShownAt: start + 2 * HOUR });
    const never = world.addWorkflow(pipeline, { ...common, stopShownAt: Number.POSITIVE_INFINITY });
    world.now = start + HOUR;
    expect(world.workflow(later.id)).toMatchObject({ status: 'success', stopped_at: null });
    world.now = start + 2 * HOUR;
    expect(world.workflow(later.id)?.stopped_at).toBe(wholeSeconds(start + HOUR));
    expect(world.workflow(never.id)).toMatchObject({ status: 'success', stopped_at: null });
  });

  test('updated_at moves with workflows only where the coin says so', () => {
    const world = blank({ updatedAt: 'moves' });
    const pipeline = world.addPipeline({ createdAt: start });
    world.addWorkflow(pipeline, { createdAt: start + SECOND, stoppedAt: start + HOUR });
    const updates = [0, SECOND, HOUR].map((passed) => {
      world.now = start + passed;
      return world.pipeline(pipeline.id)?.updated_at;
    });
    expect(updates).toEqual([start, start + SECOND, start + HOUR].map(withMilliseconds));
  });

  test.each([
    ['plain', [4]],
    ['empty when full', [4, 0]],
    ['empty always', [4, 0]],
    ['not found', [4, 'not found']],
  ] as const)('the last page of a full list is %s', (lastPage, expected) => {
    for (const pageTokens of ['cursor', 'offset'] as const) {
      const world = createWorld({
        pipelines: 0,
        now: start,
        pageSize: 4,
        coins: { ...plainCoins, lastPage, pageTokens },
      });
      for (let index = 0; index < 4; index++) world.addPipeline({ createdAt: start });
      const first = world.pipelines('gh/acme/web', null);
      const pages: (number | string)[] = [];
      for (let page = first; ; ) {
        pages.push(typeof page === 'string' ? page : page.items.length);
        if (typeof page === 'string' || page.next_page_token === null) break;
        page = world.pipelines('gh/acme/web', page.next_page_token);
      }
      expect(pages).toEqual(expected);
    }
  });

  test('a token for another list is refused', () => {
    const world = createWorld({ seed: 1, pageSize: 1, coins: plainCoins });
    const page = world.pipelines('gh/acme/web', null);
    const token = typeof page === 'string' ? null : page.next_page_token;
    const id = [...world.truth().pipelines.keys()][0] as string;
    expect(world.workflows(id, token)).toBe('invalid page token');
    expect(world.pipelines('gh/acme/web', 'nonsense')).toBe('invalid page token');
  });
});
