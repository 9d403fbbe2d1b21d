import { defineStream } from '../define.js';
import { builds } from './builds.js';
import { isAtRest } from './ended.js';
import { ofBuild } from './foreign-keys.js';

export const artifacts = defineStream({
  name: 'buildkite_artifacts',
  source: 'buildkite',
  schema: 'buildkite/artifacts.json',
  key: ['id'],
  replicationKey: 'build_created_at',
  replicationMethods: ['INCREMENTAL'],
  parent: builds,
  endpoint:
    '/organizations/{buildkite_organizations.slug}/pipelines/{buildkite_pipelines.slug}/builds/{buildkite_builds.number}/artifacts',
  pages: 'link',
  foreignKeys: ofBuild,
  asks: ({ buildkite_builds }) => isAtRest(buildkite_builds),
  permissions: ['read_artifacts', 'read_builds', 'read_pipelines'],
  cost: '1 for each build',
});
