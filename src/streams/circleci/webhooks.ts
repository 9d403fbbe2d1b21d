import { defineStream } from '../define.js';
import { ofProject } from './foreign-keys.js';
import { projects } from './projects.js';

// Some receivers take their API key in the query of the address.
function withoutQuery(url: unknown): string | null {
  if (typeof url !== 'string' || !URL.canParse(url)) return null;
  const { origin, pathname } = new URL(url);
  return origin + pathname;
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
  rows: (webhook) => [{ ...webhook, url: withoutQuery(webhook.url) }],
  permissions: ['view the webhooks of the project'],
  cost: '1 for each project',
  isUnverified: true,
});
