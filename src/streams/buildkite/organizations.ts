import { defineStream } from '../define.js';

export const organizations = defineStream({
  name: 'buildkite_organizations',
  source: 'buildkite',
  group: 'buildkite',
  schema: 'buildkite/organizations.json',
  key: ['id'],
  replicationMethods: ['FULL_TABLE'],
  endpoint: '/organizations',
  pages: 'link',
  permissions: ['read_organizations'],
  cost: '1 for each 100 organizations',
});
