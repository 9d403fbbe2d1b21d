import { defineStream } from '../define.js';

export const users = defineStream({
  name: 'users',
  source: 'circleci',
  group: 'organization',
  schema: 'circleci/users.json',
  key: ['id'],
  replicationMethods: ['FULL_TABLE'],
  endpoint: '/user/{users.id}',
  pages: 'object',
  permissions: ['view the user'],
  cost: '1 for each person whom a row names',
});
