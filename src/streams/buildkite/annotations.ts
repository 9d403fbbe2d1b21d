import { defineStream } from '../define.js';
import { builds } from './builds.js';
import { isAtRest } from './ended.js';
import { ofBuild } from './foreign-keys.js';

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
  foreignKeys: ofBuild,
  asks: ({ buildkite_builds }) => isAtRest(buildkite_builds),
  permissions: ['read_builds', 'read_pipelines'],
  cost: '1 for each build',
  isUnverified: true,
});
