import { defineStream } from '../define.js';
import { contexts } from './contexts.js';
import { ofContext } from './foreign-keys.js';

export const contextRestrictions = defineStream({
  name: 'context_restrictions',
  source: 'circleci',
  group: 'organization',
  schema: 'circleci/context_restrictions.json',
  key: ['context_id', 'id'],
  replicationMethods: ['FULL_TABLE'],
  parent: contexts,
  endpoint: '/context/{contexts.id}/restrictions',
  pages: 'page-token',
  foreignKeys: ofContext,
  permissions: ['view the contexts of the organization'],
  cost: '1 for each context',
  isUnverified: true,
});
