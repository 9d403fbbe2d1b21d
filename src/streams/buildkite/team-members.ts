import { defineStream } from '../define.js';
import { ofTeam } from './foreign-keys.js';
import { teams } from './teams.js';

export const teamMembers = defineStream({
  name: 'buildkite_team_members',
  source: 'buildkite',
  schema: 'buildkite/team_members.json',
  key: ['team_id', 'user_id'],
  replicationMethods: ['FULL_TABLE'],
  parent: teams,
  endpoint: '/organizations/{buildkite_organizations.slug}/teams/{buildkite_teams.id}/members',
  pages: 'link',
  foreignKeys: ofTeam,
  permissions: ['read_teams'],
  cost: '1 for each team',
  isUnverified: true,
});
