import { defineStream } from '../define.js';
import { ofOrganization } from './foreign-keys.js';
import { organizations } from './organizations.js';

export const clusters = defineStream({
  name: 'buildkite_clusters',
  source: 'buildkite',
  schema: 'buildkite/clusters.json',
  key: ['id'],
  replicationMethods: ['FULL_TABLE'],
  parent: organizations,
  endpoint: '/organizations/{buildkite_organizations.slug}/clusters',
  pages: 'link',
  foreignKeys: ofOrganization,
  permissions: ['read_clusters'],
  cost: '1 for each 100 clusters',
  isUnverified: true,
});
