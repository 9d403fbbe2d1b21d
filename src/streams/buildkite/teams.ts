import { defineStream } from '../define.js';
import { ofOrganization } from './foreign-keys.js';
import { organizations } from './organizations.js';

export const teams = defineStream({
  name: 'buildkite_teams',
  source: 'buildkite',
  schema: 'buildkite/teams.json',
  key: ['id'],
  replicationMethods: ['FULL_TABLE'],
  parent: organizations,
  endpoint: '/organizations/{buildkite_organizations.slug}/teams',
  pages: 'link',
  foreignKeys: ofOrganization,
  permissions: ['read_teams'],
  cost: '1 for each 100 teams',
  isUnverified: true,
});
