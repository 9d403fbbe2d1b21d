import { defineStream } from '../define.js';
import { pipelines } from './pipelines.js';

export const workflows = defineStream({
  name: 'workflows',
  source: 'circleci',
  group: 'core',
  schema: 'circleci/workflows.json',
  key: ['id'],
  replicationKey: 'created_at',
  replicationMethods: ['INCREMENTAL'],
  parent: pipelines,
  endpoint: '/pipeline/{pipelines.id}/workflow',
  pages: 'page-token',
  people: ['started_by', 'canceled_by', 'errored_by'],
  permissions: ['view the project'],
  cost: '1 for each pipeline',
});
