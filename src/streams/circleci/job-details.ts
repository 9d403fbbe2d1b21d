import { defineStream } from '../define.js';
import { hasRun } from './ended.js';
import { ofJob } from './foreign-keys.js';
import { jobs } from './jobs.js';

export const jobDetails = defineStream({
  name: 'job_details',
  source: 'circleci',
  group: 'details',
  schema: 'circleci/job_details.json',
  key: ['project_slug', 'job_number'],
  replicationKey: '_pipeline_created_at',
  replicationMethods: ['INCREMENTAL'],
  parent: jobs,
  endpoint: '/project/{+projects.slug}/job/{jobs.job_number}',
  pages: 'object',
  foreignKeys: ofJob,
  asks: (above) => hasRun(above.jobs),
  permissions: ['view the project'],
  cost: '1 for each job that ran',
});
