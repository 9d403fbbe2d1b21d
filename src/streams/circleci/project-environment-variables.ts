import { defineStream } from '../define.js';
import { ofProject } from './foreign-keys.js';
import { projects } from './projects.js';

export const projectEnvironmentVariables = defineStream({
  name: 'project_environment_variables',
  source: 'circleci',
  group: 'project',
  schema: 'circleci/project_environment_variables.json',
  key: ['project_slug', 'name'],
  replicationMethods: ['FULL_TABLE'],
  parent: projects,
  endpoint: '/project/{+projects.slug}/envvar',
  pages: 'page-token',
  foreignKeys: ofProject,
  permissions: ['view the project settings, as its administrators may'],
  cost: '1 for each project',
  isUnverified: true,
});
