import { defineStream } from '../define.js';
import { contexts } from './contexts.js';
import { ofContext } from './foreign-keys.js';

export const contextEnvironmentVariables = defineStream({
  name: 'context_environment_variables',
  source: 'circleci',
  group: 'organization',
  schema: 'circleci/context_environment_variables.json',
  key: ['context_id', 'variable'],
  replicationMethods: ['FULL_TABLE'],
  parent: contexts,
  endpoint: '/context/{contexts.id}/environment-variable',
  pages: 'page-token',
  foreignKeys: ofContext,
  permissions: ['view the contexts of the organization'],
  cost: '1 for each context',
});
