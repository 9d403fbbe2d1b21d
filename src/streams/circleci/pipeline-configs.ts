import { defineStream } from '../define.js';
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
  foreignKeys: {
    pipeline_id: ['pipelines', 'id'],
    _pipeline_created_at: ['pipelines', 'created_at'],
    project_slug: ['projects', 'slug'],
  },
  permissions: ['view the project'],
  cost: '1 for each pipeline',
  isUnverified: true,
});
