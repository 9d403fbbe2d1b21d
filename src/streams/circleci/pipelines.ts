import { defineStream } from '../define.js';

export const pipelines = defineStream({
  name: 'pipelines',
  source: 'circleci',
  group: 'core',
  schema: 'circleci/pipelines.json',
  key: ['id'],
  replicationKey: 'updated_at',
  replicationMethods: ['INCREMENTAL'],
  endpoint: '/project/{+projects.slug}/pipeline',
  pages: 'page-token',
  permissions: ['view the project'],
  cost: '1 for each 20 pipelines',
});
