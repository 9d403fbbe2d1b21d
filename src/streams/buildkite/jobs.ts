import { defineStream } from '../define.js';
import { builds } from './builds.js';
import { ofPipeline } from './foreign-keys.js';

// Documented as an object of the names in the matrix; a matrix of one dimension need not name it.
function boxed(matrix: unknown): object {
  const isPlain = Array.isArray(matrix) || (typeof matrix !== 'object' && matrix !== undefined);
  return isPlain ? { matrix: { value: matrix } } : {};
}

export const jobs = defineStream({
  name: 'buildkite_jobs',
  source: 'buildkite',
  group: 'buildkite',
  schema: 'buildkite/jobs.json',
  key: ['id'],
  replicationKey: 'build_created_at',
  replicationMethods: ['INCREMENTAL'],
  parent: builds,
  // Only for builds that are too large to be listed with their jobs.
  endpoint:
    '/organizations/{buildkite_organizations.slug}/pipelines/{buildkite_pipelines.slug}/builds/{buildkite_builds.number}/jobs',
  pages: 'cursor',
  foreignKeys: {
    build_id: ['buildkite_builds', 'id'],
    build_number: ['buildkite_builds', 'number'],
    build_created_at: ['buildkite_builds', 'created_at'],
    ...ofPipeline,
  },
  rows: (job) => [{ ...job, ...boxed(job.matrix) }],
  permissions: ['read_builds', 'read_pipelines'],
  cost: 'none of its own: jobs ride in the pages of builds',
});
