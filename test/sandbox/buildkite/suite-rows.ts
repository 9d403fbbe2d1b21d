import type { OrganizationHistory, RunHistory, SuiteHistory } from './history.js';
import type { Row } from './identity.js';
import { API, derivedId, graphqlId, WEB } from './identity.js';
import { withMilliseconds } from './time.js';
import type { View } from './view.js';

export function suiteRow(
  { id: organizationId, slug: organization }: OrganizationHistory,
  suite: SuiteHistory,
): Row {
  const { id, slug, name } = suite;
  return {
    id,
    graphql_id: graphqlId('Suite', id),
    organization_id: organizationId,
    slug,
    name,
    url: `${API}/analytics/organizations/${organization}/suites/${slug}`,
    web_url: `${WEB}/organizations/${organization}/analytics/suites/${slug}`,
    default_branch: 'main',
    application_name: null,
    color: '#FFF700',
    emoji: '🍋',
    oidc_policy: null,
  };
}

/** A run is pending until it has finished. */
export function runRow(
  organization: OrganizationHistory,
  suite: SuiteHistory,
  run: RunHistory,
  view: View,
): Row {
  const hasFinished = run.finishedAt <= view.now;
  const { url, web_url: webUrl } = suiteRow(organization, suite);
  return {
    id: run.id,
    branch: run.build.rest.branch ?? null,
    commit_sha: run.build.rest.commit ?? null,
    state: hasFinished ? 'finished' : 'running',
    result: hasFinished ? run.result : 'pending',
    url: `${url}/runs/${run.id}`,
    web_url: `${webUrl}/runs/${run.id}`,
    build_id: run.build.id,
    created_at: withMilliseconds(run.createdAt),
  };
}

/** `Buildkite-Version: 2026-08-01` and later adds figures. */
export function testRow(
  organization: OrganizationHistory,
  suite: SuiteHistory,
  index: number,
  options: { hasFigures: boolean },
): Row {
  const id = derivedId(`test ${suite.id} ${index}`);
  const { url, web_url: webUrl } = suiteRow(organization, suite);
  const file = `./spec/models/user_${index}_spec.rb`;
  return {
    id,
    url: `${url}/tests/${id}`,
    web_url: `${webUrl}/tests/${id}`,
    scope: 'User#email',
    name: 'is correctly formatted',
    location: `${file}:42`,
    file_name: file,
    labels: index % 4 === 0 ? ['flaky'] : [],
    ...(options.hasFigures
      ? {
          reliability: 0.98,
          duration_avg: 0.213,
          duration_sum: 23.856,
          duration_min: 0.108,
          duration_max: 1.942,
          executions_count: 112,
          executions_count_by_result: { passed: 110, failed: 2 },
        }
      : {}),
  };
}
