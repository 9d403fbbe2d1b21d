import { buildkiteStreams } from '../../src/streams/buildkite/index.js';
import { testPayloads } from './payloads.js';

const rows = {
  buildkite_organizations: {
    'docs/organizations__get-an-organization.json': '',
    'docs/organizations__list-organizations.json': '[]',
  },
  buildkite_pipelines: {
    'docs/builds__get-a-build.json': '.pipeline',
    'docs/builds__list-builds-for-a-pipeline.json': '[].pipeline',
    'docs/pipelines__get-a-pipeline.json': '',
    'docs/pipelines__list-pipelines.json': '[]',
  },
  buildkite_builds: {
    'docs/builds__get-a-build.json': '',
    'docs/builds__list-builds-for-a-pipeline.json': '[]',
    'go-buildkite-tests/builds__TestBuildsUnmarshalWebhook.json': '.build',
    'go-buildkite-tests/builds__TestJSONUnMarshallBuild-2.json': '',
    'go-buildkite-tests/builds__TestJSONUnMarshallBuild-3.json': '',
    'go-buildkite-tests/builds__TestJSONUnMarshallBuild-4.json': '',
    'go-buildkite-tests/builds__TestJSONUnMarshallBuild-5.json': '',
  },
  buildkite_jobs: {
    'docs/builds__get-a-build-2.json': '',
    'docs/builds__get-a-build.json': '.jobs[]',
    'docs/builds__list-builds-for-a-pipeline.json': '[].jobs[]',
    'docs/jobs__get-a-job.json': '',
    'docs/jobs__list-jobs.json': '.items[]',
    'docs/jobs__retry-a-job.json': '',
    'docs/jobs__unblock-a-job.json': '',
    'go-buildkite-tests/builds__TestJSONUnMarshallBuild-5.json': '.jobs[]',
    'go-buildkite-tests/jobs__TestJobsService_GetJob-2.json': '',
    'go-buildkite-tests/jobs__TestJobsService_GetJobByOrg-3.json': '',
    'go-buildkite-tests/jobs__TestJobsService_ListByBuild.json': '.items[]',
  },
  buildkite_agents: {
    'docs/agents__get-an-agent.json': '',
    'docs/agents__list-agents.json': '[]',
  },
  buildkite_clusters: {
    'docs/clusters__get-a-cluster.json': '',
    'docs/clusters__list-clusters.json': '[]',
    'go-buildkite-tests/clusters__TestClustersService_Get-2.json': '',
    'go-buildkite-tests/clusters__TestClustersService_List.json': '[]',
  },
  buildkite_queues: {
    'docs/clusters__queues__get-a-queue.json': '',
    'docs/clusters__queues__list-queues.json': '[]',
    'go-buildkite-tests/cluster_queues__TestClusterQueuesService_Get-2.json': '',
    'go-buildkite-tests/cluster_queues__TestClusterQueuesService_List.json': '[]',
  },
  buildkite_teams: {
    'docs/teams__get-a-team.json': '',
    'docs/teams__list-teams.json': '[]',
    'go-buildkite-tests/teams__TestTeamsService_GetTeam-3.json': '',
    'go-buildkite-tests/teams__TestTeamsService_List.json': '[]',
    'go-buildkite-tests/teams__TestTeamsService_ListForUser-2.json': '[]',
  },
  buildkite_team_members: {
    'docs/teams__members__get-a-team-member.json': '',
    'docs/teams__members__list-team-members.json': '[]',
  },
  buildkite_team_pipelines: {
    'docs/teams__pipelines__get-a-team-pipeline.json': '',
    'docs/teams__pipelines__list-team-pipelines.json': '[]',
    'go-buildkite-tests/team_pipelines__TestTeamPipelinesService_Get-2.json': '',
    'go-buildkite-tests/team_pipelines__TestTeamPipelinesService_List.json': '[]',
  },
  buildkite_members: {
    'docs/organizations__members__get-an-organization-member.json': '',
    'docs/organizations__members__list-organization-members.json': '[]',
    'go-buildkite-tests/members__TestMemberService_List.json': '[]',
  },
  buildkite_schedules: {
    'docs/pipeline_schedules__get-a-pipeline-schedule.json': '',
    'docs/pipeline_schedules__list-pipeline-schedules.json': '[]',
    'go-buildkite-tests/pipeline_schedules__TestPipelineSchedulesService_List.json': '[]',
  },
  buildkite_artifacts: {
    'docs/artifacts__get-an-artifact.json': '',
    'docs/artifacts__list-artifacts-for-a-build.json': '[]',
    'docs/artifacts__list-artifacts-for-a-job.json': '[]',
    'go-buildkite-tests/artifacts__TestArtifactsService_Get.json': '',
  },
  buildkite_annotations: {
    'docs/annotations__list-annotations-for-a-build.json': '[]',
    'docs/annotations__list-annotations-for-a-job.json': '[]',
    'go-buildkite-tests/annotations__TestAnnotationsService_ListByBuild.json': '[]',
    'go-buildkite-tests/annotations__TestAnnotationsService_ListByBuild_WithSummaryOptions-2.json': '[]',
    'go-buildkite-tests/annotations__TestAnnotationsService_ListByJob-3.json': '[]',
  },
  buildkite_job_env: {
    'docs/jobs__get-a-job-s-environment-variables.json': '',
  },
  buildkite_suites: {
    'docs/test_engine__suites__get-a-suite.json': '',
    'docs/test_engine__suites__list-all-suites.json': '[]',
    'go-buildkite-tests/test_suites__TestTestSuitesService_Get-2.json': '',
    'go-buildkite-tests/test_suites__TestTestSuitesService_List.json': '[]',
  },
  buildkite_test_runs: {
    'docs/test_engine__runs__get-a-run.json': '',
    'docs/test_engine__runs__list-all-runs.json': '[]',
    'go-buildkite-tests/test_runs__TestTestRunsService_Get-2.json': '',
    'go-buildkite-tests/test_runs__TestTestRunsService_List.json': '[]',
  },
  buildkite_tests: {
    'docs/test_engine__build_tests__list-tests-for-a-build.json': '[]',
    'docs/test_engine__quarantine__muted-tests.json': '[]',
    'docs/test_engine__quarantine__skipped-tests.json': '[]',
    'docs/test_engine__tests__find-a-test-with-scope-and-name.json': '',
    'docs/test_engine__tests__get-a-test.json': '',
    'docs/test_engine__tests__list-tests.json': '[]',
    'go-buildkite-tests/build_tests__TestBuildTestsService_List.json': '[]',
    'go-buildkite-tests/tests__TestTestsService_Find-4.json': '',
    'go-buildkite-tests/tests__TestTestsService_Get-3.json': '',
    'go-buildkite-tests/tests__TestTestsService_List.json': '[]',
    'go-buildkite-tests/tests__TestTestsService_List_NilOptionsAndReliability-2.json': '[]',
  },
};

const others = {
  'the tap reads no audit events, which only Enterprise organizations have': [
    'docs/organizations__audit_events__get-an-audit-event.json',
    'docs/organizations__audit_events__list-audit-events.json',
  ],
  'the tap has no stream of rules': [
    'docs/rules__get-a-rule.json',
    'docs/rules__list-rules.json',
    'go-buildkite-tests/rules__TestRulesService_Get-2.json',
    'go-buildkite-tests/rules__TestRulesService_List.json',
  ],
  'the tap has no stream of step uploads': [
    'go-buildkite-tests/step_uploads__TestStepUploadsService_Get-2.json',
    'go-buildkite-tests/step_uploads__TestStepUploadsService_ListByBuild.json',
  ],
  'the tap has no stream of the suites of a team': [
    'docs/teams__suites__get-a-team-suite.json',
    'docs/teams__suites__list-team-suites.json',
  ],
  'the tap has no stream of executions': [
    'docs/test_engine__runs__get-failed-execution-data.json',
    'go-buildkite-tests/test_runs__TestTestRunsService_GetFailedExecutions-3.json',
    'go-buildkite-tests/test_runs__TestTestRunsService_GetFailedExecutions_WithFailureExpanded-4.json',
  ],
  'a deprecated endpoint: flaky is a label of tests now': [
    'docs/test_engine__flaky_tests__legacy-flaky-tests-endpoint-deprecated.json',
    'go-buildkite-tests/flaky_tests__TestFlakyTestsService_List.json',
  ],
  'the tap asks for the text of a log, not for the JSON around it': [
    'docs/jobs__get-a-job-s-log-output.json',
    'go-buildkite-tests/jobs__TestJobsService_GetJobLog-4.json',
  ],
  'the tap downloads no artifact': ['docs/artifacts__download-an-artifact.json'],
  'settings of webhooks': [
    'docs/pipelines__disable-github-webhook-processing.json',
    'docs/pipelines__get-github-webhook-processing-state.json',
  ],
  'answers about the API itself': [
    'docs/access_token__get-the-current-token.json',
    'docs/meta__get-meta-information.json',
    'docs/organizations__rate_limits__get-rate-limits.json',
    'docs/rate_limits__exceeding-the-rate-limit.json',
    'docs/rest_api__openapi-specification.json',
    'docs/rest_api__schema.json',
    'go-buildkite-tests/rate_limits__TestRateLimitService_Get.json',
  ],
  GraphQL: [
    'docs/graphql__graphql_resource_limits__organization-level-time-based-rate-limit.json',
    'docs/graphql__graphql_resource_limits__per-user-rate-limit.json',
    'docs/graphql__graphql_resource_limits__single-query-limit.json',
    'docs/graphql__graphql_resource_limits__view-query-complexity.json',
  ],
  'its created_at has the hour 56': ['docs/user__get-the-current-user.json'],
  'a made-up pipeline with the fields of a step': [
    'go-buildkite-tests/pipelines__TestPipelinesService_Get.json',
  ],
};

testPayloads('the payloads of Buildkite', { folder: 'buildkite', streams: buildkiteStreams, rows, others });
