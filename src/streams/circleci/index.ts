import type { StreamDefinition } from '../define.js';
import { artifacts } from './artifacts.js';
import { checkoutKeys } from './checkout-keys.js';
import { contextEnvironmentVariables } from './context-environment-variables.js';
import { contextRestrictions } from './context-restrictions.js';
import { contexts } from './contexts.js';
import { jobDetails } from './job-details.js';
import { jobLogs } from './job-logs.js';
import { jobSteps } from './job-steps.js';
import { jobs } from './jobs.js';
import { organizations } from './organizations.js';
import { pipelineConfigs } from './pipeline-configs.js';
import { pipelineValues } from './pipeline-values.js';
import { pipelines } from './pipelines.js';
import { projectEnvironmentVariables } from './project-environment-variables.js';
import { projectSettings } from './project-settings.js';
import { projects } from './projects.js';
import { schedules } from './schedules.js';
import { testResults } from './test-results.js';
import { users } from './users.js';
import { webhooks } from './webhooks.js';
import { workflows } from './workflows.js';

/** The streams of CircleCI, parents before children. */
export const circleciStreams: readonly StreamDefinition[] = [
  pipelines,
  workflows,
  jobs,
  organizations,
  users,
  contexts,
  contextEnvironmentVariables,
  contextRestrictions,
  projects,
  projectSettings,
  projectEnvironmentVariables,
  checkoutKeys,
  schedules,
  webhooks,
  pipelineConfigs,
  pipelineValues,
  jobDetails,
  jobSteps,
  jobLogs,
  testResults,
  artifacts,
];
