import { defineStream } from '../define.js';

export const user = defineStream({
  name: 'buildkite_user',
  source: 'buildkite',
  schema: 'buildkite/user.json',
  key: ['id'],
  replicationMethods: ['FULL_TABLE'],
  endpoint: '/user',
  pages: 'object',
  permissions: ['read_user'],
  cost: '1',
  isUnverified: true,
});
