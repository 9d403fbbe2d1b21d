import { defineStream } from '../define.js';
import { ofPipeline } from './foreign-keys.js';
import { pipelines } from './pipelines.js';

export const pipelineValues = defineStream({
  name: 'pipeline_values',
  source: 'circleci',
  group: 'configuration',
  schema: 'circleci/pipeline_values.json',
  key: ['pipeline_id'],
  replicationKey: '_pipeline_created_at',
  replicationMethods: ['INCREMENTAL'],
  parent: pipelines,
  endpoint: '/pipeline/{pipelines.id}/values',
  pages: 'object',
  foreignKeys: ofPipeline,
  rows: (values) => [{ values }],
  permissions: ['view the project'],
  cost: '1 for each pipeline',
  isUnverified: true,
});
