import { defineStream } from '../define.js';
import { ofOrganization } from './foreign-keys.js';
import { organizations } from './organizations.js';

export const suites = defineStream({
  name: 'buildkite_suites',
  source: 'buildkite',
  schema: 'buildkite/suites.json',
  key: ['id'],
  replicationMethods: ['FULL_TABLE'],
  parent: organizations,
  endpoint: '/analytics/organizations/{buildkite_organizations.slug}/suites',
  pages: 'link',
  foreignKeys: ofOrganization,
  permissions: ['read_suites'],
  cost: '1 for each 100 suites',
  isUnverified: true,
});
