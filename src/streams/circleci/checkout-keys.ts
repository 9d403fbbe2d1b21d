import { defineStream } from '../define.js';
import { ofProject } from './foreign-keys.js';
import { projects } from './projects.js';

export const checkoutKeys = defineStream({
  name: 'checkout_keys',
  source: 'circleci',
  group: 'project',
  schema: 'circleci/checkout_keys.json',
  key: ['project_slug', 'fingerprint'],
  replicationMethods: ['FULL_TABLE'],
  parent: projects,
  endpoint: '/project/{+projects.slug}/checkout-key',
  pages: 'page-token',
  foreignKeys: ofProject,
  permissions: ['view the project settings, as its administrators may'],
  cost: '1 for each project',
  isUnverified: true,
});
