import { defineStream } from './define.js';

export const pipelines = defineStream({
  name: 'pipelines',
  group: 'core',
  schema: 'circleci/pipelines.json',
  key: ['id'],
  replicationKey: 'updated_at',
  replicationMethods: ['INCREMENTAL'],
  endpoint: '/project/{project_slug}/pipeline',
});
