import { defineStream } from '../define.js';
import { ofProject } from './foreign-keys.js';
import { projects } from './projects.js';

export const schedules = defineStream({
  name: 'schedules',
  source: 'circleci',
  group: 'project',
  schema: 'circleci/schedules.json',
  key: ['id'],
  replicationMethods: ['FULL_TABLE'],
  parent: projects,
  endpoint: '/project/{+projects.slug}/schedule',
  pages: 'page-token',
  foreignKeys: ofProject,
  // Projects of the GitHub App have triggers instead.
  asks: ({ projects }) => !String(projects?.slug).startsWith('circleci/'),
  permissions: ['view the schedules of the project'],
  cost: '1 for each project',
});
