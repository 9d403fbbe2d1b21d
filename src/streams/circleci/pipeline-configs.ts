import { defineStream } from '../define.js';
import { ofPipeline } from './foreign-keys.js';
import { pipelines } from './pipelines.js';

export const pipelineConfigs = defineStream({
  name: 'pipeline_configs',
  source: 'circleci',
  group: 'configuration',
  schema: 'circleci/pipeline_configs.json',
  key: ['pipeline_id'],
  replicationKey: '_pipeline_created_at',
  replicationMethods: ['INCREMENTAL'],
  parent: pipelines,
  endpoint: '/pipeline/{pipelines.id}/config',
  pages: 'object',
  foreignKeys: ofPipeline,
  permissions: ['view the project'],
  cost: '1 for each pipeline',
  isUnverified: true,
});
