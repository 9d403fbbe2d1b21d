import { defineStream } from '../define.js';
import { hasRun } from './ended.js';
import { ofJob } from './foreign-keys.js';
import { jobs } from './jobs.js';

export const artifacts = defineStream({
  name: 'artifacts',
  source: 'circleci',
  group: 'artifacts',
  schema: 'circleci/artifacts.json',
  key: ['_job_id', 'node_index', 'path'],
  replicationKey: '_pipeline_created_at',
  replicationMethods: ['INCREMENTAL'],
  parent: jobs,
  endpoint: '/project/{+projects.slug}/{jobs.job_number}/artifacts',
  pages: 'page-token',
  foreignKeys: ofJob,
  asks: (above) => hasRun(above.jobs),
  permissions: ['view the project'],
  cost: '1 for each job that ran',
  isUnverified: true,
});
