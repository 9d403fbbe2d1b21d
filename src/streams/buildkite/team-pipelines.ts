import { defineStream } from '../define.js';
import { ofTeam } from './foreign-keys.js';
import { teams } from './teams.js';

export const teamPipelines = defineStream({
  name: 'buildkite_team_pipelines',
  source: 'buildkite',
  schema: 'buildkite/team_pipelines.json',
  key: ['team_id', 'pipeline_id'],
  replicationMethods: ['FULL_TABLE'],
  parent: teams,
  endpoint: '/organizations/{buildkite_organizations.slug}/teams/{buildkite_teams.id}/pipelines',
  pages: 'link',
  foreignKeys: ofTeam,
  permissions: ['read_teams'],
  cost: '1 for each team',
  isUnverified: true,
});
