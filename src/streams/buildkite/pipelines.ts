import { defineStream } from '../define.js';
import { ofOrganization } from './foreign-keys.js';
import { organizations } from './organizations.js';

export const pipelines = defineStream({
  name: 'buildkite_pipelines',
  source: 'buildkite',
  group: 'buildkite',
  schema: 'buildkite/pipelines.json',
  key: ['id'],
  replicationMethods: ['FULL_TABLE'],
  parent: organizations,
  endpoint: '/organizations/{buildkite_organizations.slug}/pipelines',
  pages: 'link',
  foreignKeys: ofOrganization,
  permissions: ['read_pipelines'],
  cost: '1 for each 100 pipelines',
});
