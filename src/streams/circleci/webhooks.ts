import { defineStream } from '../define.js';
import { ofProject } from './foreign-keys.js';
import { projects } from './projects.js';

// Slack, Discord and Teams have their secret in the path of the address, others in its query.
function originOf(url: unknown): string | null {
  if (typeof url !== 'string' || !URL.canParse(url)) return null;
  const { protocol, origin } = new URL(url);
  return protocol === 'http:' || protocol === 'https:' ? origin : null;
}

export const webhooks = defineStream({
  name: 'webhooks',
  source: 'circleci',
  group: 'project',
  schema: 'circleci/webhooks.json',
  key: ['id'],
  replicationMethods: ['FULL_TABLE'],
  parent: projects,
  endpoint: '/webhook?scope-id={projects.id}&scope-type=project',
  pages: 'page-token',
  foreignKeys: ofProject,
  rows: (webhook) => [{ ...webhook, url: originOf(webhook.url) }],
  permissions: ['view the webhooks of the project'],
  cost: '1 for each project',
  isUnverified: true,
});
