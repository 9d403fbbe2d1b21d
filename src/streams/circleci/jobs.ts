import { defineStream } from '../define.js';
import { workflows } from './workflows.js';

export const jobs = defineStream({
  name: 'jobs',
  source: 'circleci',
  group: 'core',
  schema: 'circleci/jobs.json',
  // A rerun from failed lists the same job ids again in the new workflow.
  key: ['id', '_workflow_id'],
  replicationKey: '_workflow_created_at',
  replicationMethods: ['INCREMENTAL', 'FULL_TABLE'],
  parent: workflows,
  endpoint: '/workflow/{workflows.id}/job',
  pages: 'page-token',
  foreignKeys: {
    _workflow_id: ['workflows', 'id'],
    _pipeline_id: ['pipelines', 'id'],
    _workflow_created_at: ['workflows', 'created_at'],
  },
  people: ['approved_by', 'canceled_by'],
  permissions: ['view the project'],
  cost: '1 for each workflow',
});
