import { defineStream } from '../define.js';
import { clusters } from './clusters.js';
import { ofOrganization } from './foreign-keys.js';

export const queues = defineStream({
  name: 'buildkite_queues',
  source: 'buildkite',
  schema: 'buildkite/queues.json',
  key: ['id'],
  replicationMethods: ['FULL_TABLE'],
  parent: clusters,
  endpoint: '/organizations/{buildkite_organizations.slug}/clusters/{buildkite_clusters.id}/queues',
  pages: 'link',
  foreignKeys: {
    cluster_id: ['buildkite_clusters', 'id'],
    ...ofOrganization,
  },
  permissions: ['read_clusters'],
  cost: '1 for each cluster',
  isUnverified: true,
});
