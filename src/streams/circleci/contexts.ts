import { defineStream } from '../define.js';
import { ofOrganization } from './foreign-keys.js';
import { organizations } from './organizations.js';

export const contexts = defineStream({
  name: 'contexts',
  source: 'circleci',
  group: 'organization',
  schema: 'circleci/contexts.json',
  key: ['id'],
  replicationMethods: ['FULL_TABLE'],
  parent: organizations,
  endpoint: '/context?owner-id={organizations.id}',
  pages: 'page-token',
  foreignKeys: ofOrganization,
  // /me/collaborations may list an organization without an id.
  asks: ({ organizations }) => typeof organizations?.id === 'string',
  permissions: ['view the contexts of the organization'],
  cost: '1 for each organization',
});
