import type { StreamDefinition } from '../define.js';
import { agents } from './agents.js';
import { annotations } from './annotations.js';
import { artifacts } from './artifacts.js';
import { builds } from './builds.js';
import { clusters } from './clusters.js';
import { jobEnv } from './job-env.js';
import { jobLogs } from './job-logs.js';
import { jobs } from './jobs.js';
import { members } from './members.js';
import { organizations } from './organizations.js';
import { pipelines } from './pipelines.js';
import { queues } from './queues.js';
import { schedules } from './schedules.js';
import { suites } from './suites.js';
import { teamMembers } from './team-members.js';
import { teamPipelines } from './team-pipelines.js';
import { teams } from './teams.js';
import { testRuns } from './test-runs.js';
import { tests } from './tests.js';
import { user } from './user.js';

/** The streams of Buildkite, parents before children. */
export const buildkiteStreams: readonly StreamDefinition[] = [
  organizations,
  pipelines,
  builds,
  jobs,
  agents,
  clusters,
  queues,
  teams,
  teamMembers,
  teamPipelines,
  members,
  schedules,
  artifacts,
  annotations,
  jobLogs,
  jobEnv,
  suites,
  testRuns,
  tests,
  user,
];
