import { defineStream } from '../define.js';
import { hasRun } from './ended.js';
import { ofJob } from './foreign-keys.js';
import { jobs } from './jobs.js';

export const testResults = defineStream({
  name: 'test_results',
  source: 'circleci',
  group: 'tests',
  schema: 'circleci/test_results.json',
  // Tests have no id, and names repeat.
  key: ['_job_id', 'position'],
  replicationKey: '_pipeline_created_at',
  replicationMethods: ['INCREMENTAL'],
  parent: jobs,
  endpoint: '/project/{+projects.slug}/{jobs.job_number}/tests',
  pages: 'page-token',
  position: 'position',
  foreignKeys: ofJob,
  asks: (above) => hasRun(above.jobs),
  permissions: ['view the project'],
  cost: '1 for each job that ran',
  isUnverified: true,
});
