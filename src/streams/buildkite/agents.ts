import { isObject } from '../../json.js';
import { defineStream } from '../define.js';
import { ofOrganization } from './foreign-keys.js';
import { organizations } from './organizations.js';

/** The job has a row of its own. */
function idOf(job: unknown): unknown {
  return isObject(job) ? (job.id ?? null) : null;
}

export const agents = defineStream({
  name: 'buildkite_agents',
  source: 'buildkite',
  schema: 'buildkite/agents.json',
  key: ['id'],
  replicationMethods: ['FULL_TABLE'],
  parent: organizations,
  endpoint: '/organizations/{buildkite_organizations.slug}/agents',
  pages: 'link',
  foreignKeys: ofOrganization,
  rows: (agent) => [{ ...agent, job_id: idOf(agent.job) }],
  permissions: ['read_agents'],
  cost: '1 for each 100 agents',
});
