import { defineStream } from '../define.js';
import { ofPipeline } from './foreign-keys.js';
import { pipelines } from './pipelines.js';

export const schedules = defineStream({
  name: 'buildkite_schedules',
  source: 'buildkite',
  schema: 'buildkite/schedules.json',
  key: ['id'],
  replicationMethods: ['FULL_TABLE'],
  parent: pipelines,
  endpoint: '/organizations/{buildkite_organizations.slug}/pipelines/{buildkite_pipelines.slug}/schedules',
  pages: 'link',
  foreignKeys: ofPipeline,
  permissions: ['read_pipelines'],
  cost: '1 for each pipeline',
  isUnverified: true,
});
