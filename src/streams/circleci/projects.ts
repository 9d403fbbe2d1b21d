import { defineStream } from '../define.js';

export const projects = defineStream({
  name: 'projects',
  source: 'circleci',
  group: 'project',
  schema: 'circleci/projects.json',
  key: ['id'],
  replicationMethods: ['FULL_TABLE'],
  endpoint: '/project/{+projects.slug}',
  pages: 'object',
  permissions: ['view the project'],
  cost: '1 for each project',
});
