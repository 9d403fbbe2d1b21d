import { defineStream } from '../define.js';
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
  foreignKeys: {
    pipeline_id: ['buildkite_pipelines', 'id'],
    pipeline_slug: ['buildkite_pipelines', 'slug'],
    organization_slug: ['buildkite_organizations', 'slug'],
  },
  permissions: ['read_pipelines'],
  cost: '1 for each pipeline',
  isUnverified: true,
});
