import { defineStream } from '../define.js';
import { hasRun } from './ended.js';
import { ofBuild } from './foreign-keys.js';
import { jobs } from './jobs.js';

export const jobLogs = defineStream({
  name: 'buildkite_job_logs',
  source: 'buildkite',
  schema: 'buildkite/job_logs.json',
  key: ['job_id'],
  replicationKey: 'build_created_at',
  replicationMethods: ['INCREMENTAL'],
  parent: jobs,
  endpoint:
    '/organizations/{buildkite_organizations.slug}/pipelines/{buildkite_pipelines.slug}/builds/{buildkite_builds.number}/jobs/{buildkite_jobs.id}/log',
  pages: 'text',
  foreignKeys: {
    job_id: ['buildkite_jobs', 'id'],
    ...ofBuild,
  },
  asks: ({ buildkite_jobs }) => hasRun(buildkite_jobs),
  permissions: ['read_build_logs', 'read_builds', 'read_pipelines'],
  cost: '1 for each command job',
  isUnverified: true,
});
