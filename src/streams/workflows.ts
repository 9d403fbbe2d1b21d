import { defineStream } from './define.js';
import { pipelines } from './pipelines.js';

export const workflows = defineStream({
  name: 'workflows',
  group: 'core',
  schema: 'circleci/workflows.json',
  key: ['id'],
  replicationKey: 'created_at',
  replicationMethods: ['INCREMENTAL'],
  parent: pipelines,
  endpoint: '/pipeline/{id}/workflow',
});
