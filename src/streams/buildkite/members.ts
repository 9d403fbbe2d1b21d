import { defineStream } from '../define.js';
import { ofOrganization } from './foreign-keys.js';
import { organizations } from './organizations.js';

export const members = defineStream({
  name: 'buildkite_members',
  source: 'buildkite',
  schema: 'buildkite/members.json',
  // The id is that of the user, who may belong to several organizations.
  key: ['organization_slug', 'id'],
  replicationMethods: ['FULL_TABLE'],
  parent: organizations,
  endpoint: '/organizations/{buildkite_organizations.slug}/members',
  pages: 'link',
  foreignKeys: ofOrganization,
  permissions: ['read_organizations'],
  cost: '1 for each 100 members',
  isUnverified: true,
});
