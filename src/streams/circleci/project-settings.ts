import { defineStream } from '../define.js';
import { ofProject } from './foreign-keys.js';
import { projects } from './projects.js';

export const projectSettings = defineStream({
  name: 'project_settings',
  source: 'circleci',
  group: 'project',
  schema: 'circleci/project_settings.json',
  key: ['project_slug'],
  replicationMethods: ['FULL_TABLE'],
  parent: projects,
  endpoint: '/project/{+projects.slug}/settings',
  pages: 'object',
  foreignKeys: ofProject,
  permissions: ['view the project settings, as its administrators may'],
  cost: '1 for each project',
  isUnverified: true,
});
