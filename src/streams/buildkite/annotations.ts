import { defineStream } from '../define.js';
import { builds } from './builds.js';
import { hasSettled } from './ended.js';

export const annotations = defineStream({
  name: 'buildkite_annotations',
  source: 'buildkite',
  schema: 'buildkite/annotations.json',
  key: ['id'],
  replicationKey: 'build_created_at',
  replicationMethods: ['INCREMENTAL'],
  parent: builds,
  // Unless told, the endpoint leaves out the annotations of jobs.
  endpoint:
    '/organizations/{buildkite_organizations.slug}/pipelines/{buildkite_pipelines.slug}/builds/{buildkite_builds.number}/annotations?scope=all',
  pages: 'link',
  foreignKeys: {
    build_id: ['buildkite_builds', 'id'],
    build_number: ['buildkite_builds', 'number'],
    build_created_at: ['buildkite_builds', 'created_at'],
    pipeline_slug: ['buildkite_pipelines', 'slug'],
    organization_slug: ['buildkite_organizations', 'slug'],
  },
  asks: ({ buildkite_builds }) => hasSettled(buildkite_builds),
  permissions: ['read_builds', 'read_pipelines'],
  cost: '1 for each build',
  isUnverified: true,
});
