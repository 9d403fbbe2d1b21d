import { isObject, type JsonObject } from '../../json.js';
import { defineStream } from '../define.js';
import { hasRun } from './ended.js';
import { ofJob } from './foreign-keys.js';
import { jobs } from './jobs.js';

/** A step has an action for each machine that it ran on. */
function actionsIn(steps: unknown): JsonObject[] {
  return objectsIn(steps).flatMap(({ name, actions }) =>
    objectsIn(actions).map((action) => ({ ...action, step_name: name })),
  );
}

function objectsIn(list: unknown): JsonObject[] {
  const listed: readonly unknown[] = Array.isArray(list) ? list : [];
  return listed.filter(isObject);
}

export const jobSteps = defineStream({
  name: 'job_steps',
  source: 'circleci',
  group: 'details',
  schema: 'circleci/job_steps.json',
  key: ['_job_id', 'index', 'step'],
  replicationKey: '_pipeline_created_at',
  replicationMethods: ['INCREMENTAL'],
  parent: jobs,
  // v2 has no steps.
  api: 'v1.1',
  endpoint: '/project/{+projects.slug}/{jobs.job_number}',
  pages: 'object',
  foreignKeys: ofJob,
  asks: (above) => hasRun(above.jobs),
  rows: ({ steps }) => actionsIn(steps),
  permissions: ['view the project'],
  cost: '1 for each job that ran',
});
