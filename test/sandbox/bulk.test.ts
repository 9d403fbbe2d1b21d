import { expect, test } from 'vitest';
import { createBulkWorld } from './bulk.js';
import { list, walk } from './client.js';
import type { PipelineRow } from './rows.js';
import { serve } from './serve.js';

test('a bulk world is walked like any other', async () => {
  const sandbox = await serve(
    createBulkWorld({ pipelines: 45, workflowsPerPipeline: 3, jobsPerWorkflow: 22 }),
  );
  try {
    const { pipelines, workflows, jobs } = await walk(sandbox);
    expect([pipelines.size, workflows.size, jobs.size]).toEqual([45, 135, 2970]);
    const created = [...pipelines.values()].map((row) => row.created_at);
    expect(created).toEqual(created.toSorted().reverse());
    expect([...pipelines.values()].map((row) => row.number)).toEqual(
      Array.from({ length: 45 }, (_, index) => 45 - index),
    );
    for (const row of workflows.values()) expect(pipelines.has(row.pipeline_id)).toBe(true);
  } finally {
    await sandbox.close();
  }
});

test('its rows are found by their ids, in full pages, of a realistic size', () => {
  const world = createBulkWorld({
    pipelines: 1_000_000,
    workflowsPerPipeline: 2,
    jobsPerWorkflow: 4,
    seed: 9,
  });
  const page = world.pipelines('github/acme/monorepo', null);
  if (typeof page === 'string') throw new Error(page);
  expect(page.items).toHaveLength(20);
  for (const row of page.items) {
    expect(world.pipeline(row.id)).toEqual(row);
    expect(JSON.stringify(row).length).toBeGreaterThan(900);
    const workflows = world.workflows(row.id, null);
    if (typeof workflows === 'string') throw new Error(workflows);
    const workflow = workflows.items[1];
    expect(world.workflow(workflow?.id as string)).toEqual(workflow);
    const jobs = world.jobs(workflow?.id as string, null);
    expect(typeof jobs === 'string' ? 0 : JSON.stringify(jobs.items[3]).length).toBeGreaterThan(400);
  }
  expect(world.pipeline('00000000-0000-4000-8000-000000000000')).toBeUndefined();
  expect(world.pipeline('nonsense')).toBeUndefined();
});

test('ids look like UUIDs and differ by kind and seed', () => {
  const ids = [1, 2].flatMap((seed) => {
    const world = createBulkWorld({ pipelines: 20, workflowsPerPipeline: 1, jobsPerWorkflow: 1, seed });
    const page = world.pipelines('gh/acme/monorepo', null);
    return typeof page === 'string' ? [] : page.items.map((row) => row.id);
  });
  expect(new Set(ids).size).toBe(40);
  for (const id of ids)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('offset tokens and odd last pages work on it, too', async () => {
  const coins = { pageTokens: 'offset', lastPage: 'not found' } as const;
  const sandbox = await serve(
    createBulkWorld({ pipelines: 40, workflowsPerPipeline: 1, jobsPerWorkflow: 1, coins }),
  );
  try {
    expect(await list<PipelineRow>(sandbox, '/project/gh/acme/monorepo/pipeline')).toHaveLength(40);
  } finally {
    await sandbox.close();
  }
});
