import { onTestFinished } from 'vitest';
import type { BehaviourOptions } from './behaviour.js';
import { plainCoins } from './coins.js';
import type { WorldOptions } from './options.js';
import type { JobRow, Page, PipelineRow, WorkflowRow } from './rows.js';
import type { Sandbox } from './serve.js';
import { serve } from './serve.js';
import type { Truth } from './source.js';
import type { World } from './world.js';
import { createWorld } from './world.js';

export const pipelinesPath = '/project/gh/acme/web/pipeline';

/** A small sandbox in which time stands still and every coin shows its plain side; closed when the test is over. */
export async function plainSandbox(
  options: WorldOptions = {},
  behaviour: BehaviourOptions = {},
): Promise<Sandbox<World>> {
  const coins = { ...plainCoins, ...options.coins };
  const world = createWorld({ pipelines: 12, pageSize: 5, tickMs: 0, ...options, coins });
  const sandbox = await serve(world, behaviour);
  onTestFinished(() => sandbox.close());
  return sandbox;
}

/** What a request ends with: its status, or the code of its failure. */
export async function outcome(request: Promise<Response>): Promise<number | string> {
  try {
    const response = await request;
    await response.text();
    return response.status;
  } catch (error) {
    const { cause } = error as { cause?: { code?: string } };
    return cause?.code ?? String(error);
  }
}

/** The simplest client there is, to check the sandbox with: no retries, no care, one request at a time. */
export async function get(
  sandbox: Sandbox,
  path: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${sandbox.url}${path}`, { headers: { 'Circle-Token': sandbox.token, ...headers } });
}

/** All pages of a list; undefined when its first page is 404. A later 404 is the end (circleci-docs#6472). */
export async function list<Row>(sandbox: Sandbox, path: string): Promise<Row[] | undefined> {
  const items: Row[] = [];
  for (let token: string | null = null; ; ) {
    const response = await get(
      sandbox,
      token === null ? path : `${path}?page-token=${encodeURIComponent(token)}`,
    );
    if (response.status === 404) return token === null ? undefined : items;
    if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    const page = (await response.json()) as Page<Row>;
    items.push(...page.items);
    token = page.next_page_token;
    if (token === null) return items;
  }
}

/** Everything that the API shows, asked for one by one. */
export async function walk(sandbox: Sandbox, slugs: readonly string[] = sandbox.world.slugs): Promise<Truth> {
  const seen: Truth = { pipelines: new Map(), workflows: new Map(), jobs: new Map() };
  for (const slug of slugs) {
    for (const pipeline of (await list<PipelineRow>(sandbox, `/project/${slug}/pipeline`)) ?? []) {
      seen.pipelines.set(pipeline.id, pipeline);
      await walkPipeline(sandbox, pipeline.id, seen);
    }
  }
  return seen;
}

async function walkPipeline(sandbox: Sandbox, pipelineId: string, seen: Truth): Promise<void> {
  for (const workflow of (await list<WorkflowRow>(sandbox, `/pipeline/${pipelineId}/workflow`)) ?? []) {
    const { id, created_at } = workflow;
    if (id === null || created_at === null) continue;
    seen.workflows.set(id, { ...workflow, id, created_at });
    for (const job of (await list<JobRow>(sandbox, `/workflow/${id}/job`)) ?? []) {
      seen.jobs.set(`${job.id} ${id}`, {
        ...job,
        _workflow_id: id,
        _pipeline_id: pipelineId,
        _workflow_created_at: created_at,
      });
    }
  }
}
