import { expect, test } from 'vitest';
import { answerOf } from './answers.js';
import { coinSides } from './coins.js';
import type { JobHistory, PipelineHistory, WorkflowHistory } from './history.js';
import type { FeatureName } from './options.js';
import { featureNames } from './options.js';
import { environmentVariableRows } from './resources/projects.js';
import { DAY, HOUR, MINUTE } from './rows.js';
import { oddTexts } from './texts.js';
import type { World } from './world.js';
import { createWorld } from './world.js';

const pageSize = 4;
const worlds = Array.from({ length: 200 }, (_, index) =>
  createWorld({ seed: index + 1, projects: ['gh/acme/web', 'circleci/abc/def'], pageSize }),
);
const plain = Array.from({ length: 50 }, (_, index) =>
  createWorld({ seed: index + 1, pageSize, features: 'none' }),
);

test('every side of every coin comes up, and none too rarely', () => {
  for (const [name, sides] of Object.entries(coinSides)) {
    for (const side of sides) {
      const count = worlds.filter((world) => world.coins[name as keyof typeof coinSides] === side).length;
      expect(count, `${name}: ${side}`).toBeGreaterThan(100 / sides.length);
    }
  }
});

const terminalDelay = (workflow: WorkflowHistory) => workflow.stopShownAt - workflow.stoppedAt;
const jobEnd = (workflow: WorkflowHistory) => Math.max(...workflow.jobs.map((job) => job.stoppedAt));
const text = (pipeline: PipelineHistory) => JSON.stringify(pipeline.rest.vcs ?? {});

/** How each kind of history is told from the others. */
const signs: Record<FeatureName, (pipeline: PipelineHistory, world: World) => boolean> = {
  holds: one(
    (workflow) => workflow.holdFrom !== undefined && workflow.stoppedAt - workflow.createdAt > 14 * DAY,
  ),
  slowWorkflows: one(
    (workflow) => workflow.holdFrom === undefined && workflow.stoppedAt - workflow.createdAt > 2 * HOUR,
  ),
  cancellations: one(
    (workflow) => workflow.status === 'canceled' && jobEnd(workflow) - workflow.stoppedAt > 10 * MINUTE,
  ),
  oddStatuses: one((workflow) => ['error', 'unauthorized', 'not_run'].includes(workflow.status)),
  reruns: one((workflow) => workflow.rerunOf !== undefined && workflow.autoRerun === undefined),
  rerunsFromFailed: one((workflow) => workflow.jobs.some((job) => workflow.rerunOf?.jobs.includes(job))),
  rerunChains: (pipeline) =>
    pipeline.workflows.some(
      (workflow) =>
        workflow.rerunOf?.rerunOf !== undefined && workflow.createdAt > pipeline.createdAt + 90 * DAY,
    ),
  autoReruns: one((workflow) => workflow.autoRerun !== undefined),
  setupPipelines: (pipeline) => {
    const [setup, ...others] = pipeline.workflows;
    return (
      setup?.tag === 'setup' && others.some((workflow) => workflow.createdAt > setup.stoppedAt + 3 * HOUR)
    );
  },
  pendingPipelines: (pipeline) =>
    pipeline.states[0]?.state === 'pending' &&
    (pipeline.states[1]?.from ?? 0) > pipeline.createdAt + 8 * HOUR,
  erroredPipelines: (pipeline) => pipeline.states[0]?.state === 'errored' && pipeline.rest.errors.length > 0,
  emptyPipelines: (pipeline) => pipeline.workflows.length === 0 && pipeline.states[0]?.state === 'created',
  manyWorkflows: (pipeline) =>
    pipeline.workflows.filter((workflow) => workflow.rerunOf === undefined).length > pageSize,
  manyJobs: one((workflow) => workflow.jobs.length > pageSize),
  nullIdWorkflows: one((workflow) => workflow.nullIdFrom !== undefined),
  expiredChildren: (pipeline) => pipeline.expired !== 'kept',
  oddTexts: (pipeline) => oddTexts.some((odd) => text(pipeline).includes(JSON.stringify(odd).slice(1, -1))),
  triggerParameters: (pipeline) => pipeline.rest.trigger_parameters !== undefined,
  missingVcs: (pipeline) =>
    !pipeline.project.slug.startsWith('circleci/') && pipeline.rest.vcs?.revision == null,
  oddTriggers: (pipeline) => /Decoupled|unknown/.test(pipeline.rest.trigger.type),
  epochReceivedAt: (pipeline) => pipeline.rest.trigger.received_at.startsWith('1970'),
  requiresMaps: job((one) => one.requires && one.dependencies.length > 0),
  sharedPeople: (pipeline, world) =>
    pipeline.workflows.some((workflow) =>
      pipelinesOf(world).some(
        (other) =>
          other !== pipeline && other.workflows.some(({ startedBy }) => startedBy === workflow.startedBy),
      ),
    ),
  removedPeople: (pipeline, world) =>
    pipeline.workflows.some(({ startedBy }) => answerOf(world, `/user/${startedBy}`) === undefined),
  lateSettings: ({ project }, world) =>
    environmentVariableRows(world, project).some(
      ({ created_at }) => Date.parse(String(created_at)) >= world.options.start,
    ),
};

test.each(featureNames)('%s occur, and do not when they are switched off', (name) => {
  const has = (world: World) => pipelinesOf(world).some((pipeline) => signs[name](pipeline, world));
  expect(worlds.filter(has).length).toBeGreaterThan(10);
  expect(plain.filter(has)).toEqual([]);
});

/** Not switches of their own: they follow from the others, or from a coin. */
const further: Record<string, (pipeline: PipelineHistory, world: World) => boolean> = {
  'a hold that nobody approves': one(
    (workflow) => workflow.holdFrom !== undefined && workflow.approvedAt === undefined,
  ),
  'a setup pipeline that is never continued': (pipeline) => pipeline.states.at(-1)?.state === 'setup',
  'an errored pipeline without workflows': (pipeline) =>
    pipeline.states[0]?.state === 'errored' && pipeline.workflows.length === 0,
  'an errored pipeline with a workflow hours later': (pipeline) =>
    pipeline.states[0]?.state === 'errored' &&
    pipeline.workflows.some((workflow) => workflow.createdAt > pipeline.createdAt + 3 * HOUR),
  'a workflow without jobs': one((workflow) => workflow.jobs.length === 0),
  'an approval job without a number': job((one) => one.type === 'approval' && one.number === undefined),
  'a job that never starts': job((one) => one.startedAt === undefined),
  'a job that is listed without started_at': job((one) => !one.nullStart),
  'a job with started_at null': job((one) => one.nullStart && one.startedAt === undefined),
  'a pipeline that is visible an hour late': (pipeline) => pipeline.visibleAt > pipeline.createdAt + HOUR,
  'two pipelines of the same millisecond': (pipeline, world) =>
    pipelinesOf(world).some((other) => other !== pipeline && other.createdAt === pipeline.createdAt),
  'a stop that never shows': one((workflow) => terminalDelay(workflow) === Number.POSITIVE_INFINITY),
  'a stop that shows later': one(
    (workflow) => terminalDelay(workflow) > 0 && Number.isFinite(terminalDelay(workflow)),
  ),
  'a failed job while others go on': one((workflow) =>
    workflow.jobs.some((one) => one.status === 'failed' && one.stoppedAt < workflow.stoppedAt),
  ),
  'half an emoji': (pipeline) => text(pipeline).includes('\\ud83d'),
  'a commit of null': (pipeline) => pipeline.rest.vcs?.commit === null,
  'a commit with a null subject': (pipeline) => pipeline.rest.vcs?.commit?.subject === null,
  ...Object.fromEntries(
    (['empty', 'not found', 'null ids', 'jobs not found'] as const).map((way) => [
      `a pipeline that expires: ${way}`,
      (pipeline: PipelineHistory) => pipeline.expired === way,
    ]),
  ),
};

test.each(Object.entries(further))('there is %s', (_, sign) => {
  expect(worlds.filter((world) => pipelinesOf(world).some((one) => sign(one, world))).length).toBeGreaterThan(
    5,
  );
});

test('statuses of every kind are shown at some time', () => {
  const workflowStatuses = new Set<string | null>();
  const jobStatuses = new Set<string>();
  for (const world of worlds.slice(0, 40)) {
    for (let step = 0; step < 10; step++) {
      const { workflows, jobs } = world.truth();
      for (const row of workflows.values()) workflowStatuses.add(row.status);
      for (const row of jobs.values()) jobStatuses.add(row.status);
      world.advance(17 * MINUTE);
    }
    for (const pipeline of pipelinesOf(world)) {
      world.now = pipeline.createdAt + 2 * MINUTE;
      for (const workflow of pipeline.workflows) {
        const row = world.workflow(workflow.id);
        if (row !== undefined) workflowStatuses.add(row.status);
      }
    }
  }
  for (const status of ['success', 'failed', 'error', 'canceled', 'unauthorized', 'not_run']) {
    expect(workflowStatuses).toContain(status);
  }
  for (const status of ['running', 'queued', 'on_hold', 'failing'])
    expect(workflowStatuses).toContain(status);
  for (const status of [
    'success',
    'failed',
    'canceled',
    'not_run',
    'running',
    'blocked',
    'on_hold',
    'timedout',
  ]) {
    expect(jobStatuses).toContain(status);
  }
});

test('nothing happens that CircleCI would not do', () => {
  for (const world of worlds) {
    for (const { workflows, createdAt, visibleAt } of pipelinesOf(world)) {
      expect(visibleAt - createdAt).toBeLessThanOrEqual(2 * HOUR);
      for (const workflow of workflows) {
        expect(workflow.createdAt).toBeGreaterThanOrEqual(createdAt);
        expect(workflow.stoppedAt - workflow.createdAt).toBeLessThanOrEqual(90 * DAY);
        expect(jobEnd({ ...workflow, jobs: [...workflow.jobs] }) - workflow.stoppedAt).toBeLessThanOrEqual(
          20 * MINUTE,
        );
        if (workflow.rerunOf !== undefined) {
          expect(workflow.createdAt - workflow.rerunOf.createdAt).toBeLessThan(90 * DAY);
          expect(workflow.createdAt).toBeGreaterThanOrEqual(workflow.rerunOf.stoppedAt);
        }
        for (const { startedAt, stoppedAt } of workflow.jobs) {
          if (startedAt !== undefined) expect(startedAt).toBeLessThanOrEqual(stoppedAt);
        }
      }
    }
  }
});

function pipelinesOf(world: World): PipelineHistory[] {
  return world.projects.flatMap((project) => project.pipelines);
}

function one(sign: (workflow: WorkflowHistory) => boolean): (pipeline: PipelineHistory) => boolean {
  return (pipeline) => pipeline.workflows.some(sign);
}

function job(sign: (job: JobHistory) => boolean): (pipeline: PipelineHistory) => boolean {
  return one((workflow) => workflow.jobs.some(sign));
}
