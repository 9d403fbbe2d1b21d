import { type Above, defineStream } from '../define.js';
import { hasRun } from './ended.js';
import { ofJob } from './foreign-keys.js';
import { jobs } from './jobs.js';

type Row = Above[string];

interface Step {
  readonly name?: unknown;
  readonly actions?: readonly Row[] | null;
}

/** A step has an action for each machine that it ran on. */
function actionsIn(steps: unknown): Row[] {
  if (!Array.isArray(steps)) return [];
  return steps.flatMap((step: Step | null) => {
    const actions = step?.actions;
    return Array.isArray(actions) ? actions.map((action) => ({ ...action, step_name: step?.name })) : [];
  });
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
