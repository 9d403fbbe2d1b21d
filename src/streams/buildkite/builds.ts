import { defineStream } from '../define.js';
import { ofPipeline } from './foreign-keys.js';
import { pipelines } from './pipelines.js';

// Mostly an object; for some builds a bare email address or name:
// https://github.com/buildkite/go-buildkite/blob/main/builds.go
function named(author: unknown): object {
  if (typeof author !== 'string' || author === '') return {};
  return { author: author.includes('@') ? { email: author } : { name: author } };
}

export const builds = defineStream({
  name: 'buildkite_builds',
  source: 'buildkite',
  group: 'buildkite',
  schema: 'buildkite/builds.json',
  key: ['id'],
  replicationKey: 'created_at',
  replicationMethods: ['INCREMENTAL'],
  parent: pipelines,
  endpoint: '/organizations/{buildkite_organizations.slug}/pipelines/{buildkite_pipelines.slug}/builds',
  pages: 'link',
  foreignKeys: ofPipeline,
  rows: (build) => [{ ...build, ...named(build.author) }],
  permissions: ['read_builds', 'read_pipelines'],
  cost: '1 for each 30 builds',
});
