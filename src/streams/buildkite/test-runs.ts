import { defineStream } from '../define.js';
import { ofSuite } from './foreign-keys.js';
import { suites } from './suites.js';

export const testRuns = defineStream({
  name: 'buildkite_test_runs',
  source: 'buildkite',
  schema: 'buildkite/test_runs.json',
  key: ['id'],
  replicationKey: 'created_at',
  replicationMethods: ['INCREMENTAL'],
  parent: suites,
  endpoint: '/analytics/organizations/{buildkite_organizations.slug}/suites/{buildkite_suites.slug}/runs',
  pages: 'link',
  foreignKeys: ofSuite,
  permissions: ['read_suites'],
  cost: '1 for each 100 runs',
  isUnverified: true,
});
