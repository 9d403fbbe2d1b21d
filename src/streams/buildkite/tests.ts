import { defineStream } from '../define.js';
import { ofSuite } from './foreign-keys.js';
import { suites } from './suites.js';

export const tests = defineStream({
  name: 'buildkite_tests',
  source: 'buildkite',
  schema: 'buildkite/tests.json',
  key: ['id'],
  replicationMethods: ['FULL_TABLE'],
  parent: suites,
  endpoint: '/analytics/organizations/{buildkite_organizations.slug}/suites/{buildkite_suites.slug}/tests',
  pages: 'link',
  // Without it there are no metrics: https://buildkite.com/docs/apis/rest-api/test-engine/tests
  headers: { 'buildkite-version': '2026-08-01' },
  foreignKeys: ofSuite,
  permissions: ['read_suites'],
  cost: '1 for each 100 tests',
  isUnverified: true,
});
