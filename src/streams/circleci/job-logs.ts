import { defineStream } from '../define.js';
import { ofJob } from './foreign-keys.js';
import { jobSteps } from './job-steps.js';

export const jobLogs = defineStream({
  name: 'job_logs',
  source: 'circleci',
  group: 'logs',
  schema: 'circleci/job_logs.json',
  key: ['_job_id', 'index', 'step'],
  replicationKey: '_pipeline_created_at',
  replicationMethods: ['INCREMENTAL'],
  parent: jobSteps,
  // Signed, and not below the base URL: only a name for it.
  endpoint: '/output',
  url: ['job_steps', 'output_url'],
  pages: 'output',
  foreignKeys: {
    ...ofJob,
    index: ['job_steps', 'index'],
    step: ['job_steps', 'step'],
    name: ['job_steps', 'step_name'],
  },
  asks: ({ job_steps }) => typeof job_steps?.output_url === 'string' && job_steps.output_url !== '',
  permissions: ['view the project'],
  cost: '1 for each step that has output, and those of job_steps',
  isUnverified: true,
});
