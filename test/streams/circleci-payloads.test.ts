import { circleciStreams } from '../../src/streams/circleci/index.js';
import { testPayloads } from './payloads.js';

const rows = {
  pipelines: {
    'devlake/pipelines.json': '[].data',
    'pycircleci/get_project_pipelines_response.json': '[]',
  },
  workflows: {
    'devlake/workflows.json': '[].data',
    'pycircleci/get_pipeline_workflow_response.json': '[]',
    'pycircleci/get_workflow_response.json': '',
  },
  jobs: {
    'devlake/jobs.json': '[].data',
    'pycircleci/get_workflow_jobs_response.json': '[]',
  },
  organizations: {
    'devlake/users.json': '[].data',
    'pycircleci/get_user_collaborations_response.json': '[]',
  },
  users: {
    'pycircleci/get_user_id_info_response.json': '',
  },
  contexts: {
    'pycircleci/get_context_response.json': '',
    'pycircleci/get_contexts_response.json': '[]',
  },
  context_environment_variables: {
    'pycircleci/get_context_envvars_response.json': '[]',
  },
  projects: {
    'devlake/projects.json': '[].data',
    'pycircleci/get_project_response.json': '',
  },
  schedules: {
    'pycircleci/get_schedule_response.json': '',
    'pycircleci/get_schedules_response.json': '[]',
  },
  job_details: {
    'pycircleci/get_job_details_response.json': '',
  },
  job_steps: {
    'pycircleci/get_build_info_response.json': '',
  },
  // The rest is of v1.1, whose rows differ a little from those of v2.
  project_environment_variables: {
    'pycircleci/get_envvar_response.json': '',
    'pycircleci/list_envvars_response.json': '[]',
  },
  checkout_keys: {
    'pycircleci/get_checkout_key_response.json': '',
    'pycircleci/list_checkout_keys_response.json': '[]',
  },
  test_results: {
    'pycircleci/get_test_metadata_response.json': '.tests[]',
  },
  artifacts: {
    'pycircleci/get_artifacts_response.json': '[]',
  },
};

const others = {
  'the tap reads no insights': [
    'pycircleci/get_flaky_tests_response.json',
    'pycircleci/get_project_branches_response.json',
    'pycircleci/get_project_workflow_job_metrics_response.json',
    'pycircleci/get_project_workflow_jobs_metrics_response.json',
    'pycircleci/get_project_workflow_metrics_response.json',
    'pycircleci/get_project_workflow_test_metrics_response.json',
    'pycircleci/get_project_workflows_metrics_response.json',
  ],
  'endpoints of v1.1 that have other rows than those of v2': [
    'pycircleci/get_projects_response.json',
    'pycircleci/get_user_info_response.json',
    'pycircleci/get_user_repos_response.json',
  ],
};

testPayloads('the payloads of CircleCI', { folder: 'circleci', streams: circleciStreams, rows, others });
