import { defineStream } from '../define.js';

export const organizations = defineStream({
  name: 'organizations',
  source: 'circleci',
  group: 'organization',
  schema: 'circleci/organizations.json',
  key: ['id'],
  replicationMethods: ['FULL_TABLE'],
  endpoint: '/me/collaborations',
  pages: 'link',
  permissions: ['view the organization'],
  cost: '1',
});
