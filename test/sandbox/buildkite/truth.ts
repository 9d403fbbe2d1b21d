import { buildRow } from './build-rows.js';
import { annotationRow, artifactRows, environmentRow, injectedFrom, logRow } from './child-rows.js';
import type { BuildHistory, OrganizationHistory } from './history.js';
import { latest, slugAt } from './history.js';
import type { Holdings } from './holdings.js';
import type { Row } from './identity.js';
import { jobRow } from './job-rows.js';
import {
  clusterRow,
  currentUserRow,
  organizationRow,
  queueRow,
  teamMemberRow,
  teamPipelineRow,
  teamRow,
} from './organization-rows.js';
import { pipelineRow, scheduleRow } from './pipeline-rows.js';
import { listedAgents, listedPipelines, membersOf } from './respond-organization.js';
import { runRow, suiteRow, testRow } from './suite-rows.js';
import type { View } from './view.js';

export interface TruthOptions {
  /** Builds, what is below them, and test runs that are older are left out. Epoch ms. */
  readonly since?: number;
  /** Of the pipelines, their schedules and builds, and what is below those. Default: all. */
  readonly pipelines?: (slug: string) => boolean;
}

/** The columns that make a key, by stream. */
export const keysOfStreams = {
  buildkite_organizations: ['id'],
  buildkite_pipelines: ['id'],
  buildkite_builds: ['id'],
  buildkite_jobs: ['id'],
  buildkite_agents: ['id'],
  buildkite_clusters: ['id'],
  buildkite_queues: ['id'],
  buildkite_teams: ['id'],
  buildkite_team_members: ['team_id', 'user_id'],
  buildkite_team_pipelines: ['team_id', 'pipeline_id'],
  buildkite_members: ['id'],
  buildkite_schedules: ['id'],
  buildkite_artifacts: ['id'],
  buildkite_annotations: ['id'],
  buildkite_job_logs: ['job_id'],
  buildkite_job_env: ['job_id'],
  buildkite_suites: ['id'],
  buildkite_test_runs: ['id'],
  buildkite_tests: ['id'],
  buildkite_user: ['id'],
} as const;
export type BuildkiteStream = keyof typeof keysOfStreams;
export type BuildkiteTruth = ReadonlyMap<string, ReadonlyMap<string, Row>>;

type Put = (stream: BuildkiteStream, row: Row) => void;

/** What the API shows now, as rows of streams; injected columns are there, and nothing is taken away. */
export function truthOf(holdings: Holdings, options: TruthOptions = {}): BuildkiteTruth {
  const streams = Object.keys(keysOfStreams) as BuildkiteStream[];
  const truth = new Map(streams.map((stream) => [stream as string, new Map<string, Row>()]));
  const put: Put = (stream, row) => {
    const key = keysOfStreams[stream].map((column) => String(row[column])).join(' ');
    truth.get(stream)?.set(key, row);
  };
  const { now, coins, quietFrom, history } = holdings;
  const view: View = { now, coins, quietFrom };
  const [first] = history;
  if (first !== undefined) put('buildkite_user', currentUserRow(first));
  for (const organization of history) {
    putOrganization(put, organization, view);
    putSuites(put, organization, view, options);
    putPipelines(put, organization, view, options);
  }
  return truth;
}

function putOrganization(put: Put, organization: OrganizationHistory, view: View): void {
  put('buildkite_organizations', organizationRow(organization));
  for (const row of membersOf(organization)) put('buildkite_members', row);
  for (const row of listedAgents(organization, view)) put('buildkite_agents', row);
  for (const cluster of organization.clusters) {
    put('buildkite_clusters', clusterRow(organization, cluster));
    for (const queue of cluster.queues)
      put('buildkite_queues', { ...queueRow(organization, cluster, queue), cluster_id: cluster.id });
  }
  for (const team of organization.teams) {
    put('buildkite_teams', teamRow(organization, team));
    for (const index of team.members)
      put('buildkite_team_members', { ...teamMemberRow(organization, team, index), team_id: team.id });
    for (const one of team.pipelines) {
      if (one.pipeline.createdAt <= view.now)
        put('buildkite_team_pipelines', { ...teamPipelineRow(one, view), team_id: team.id });
    }
  }
}

function putSuites(put: Put, organization: OrganizationHistory, view: View, { since }: TruthOptions): void {
  for (const suite of organization.suites) {
    put('buildkite_suites', suiteRow(organization, suite));
    const injected = { suite_id: suite.id, suite_slug: suite.slug };
    for (let index = 0; index < suite.tests; index++) {
      const row = testRow(organization, suite, index, { hasFigures: false });
      put('buildkite_tests', { ...row, ...injected });
    }
    for (const run of suite.runs) {
      if (run.createdAt > view.now || run.createdAt < (since ?? Number.NEGATIVE_INFINITY)) continue;
      put('buildkite_test_runs', { ...runRow(organization, suite, run, view), ...injected });
    }
  }
}

function putPipelines(
  put: Put,
  organization: OrganizationHistory,
  view: View,
  { since = Number.NEGATIVE_INFINITY, pipelines: isMeant = () => true }: TruthOptions,
): void {
  const listed = new Set(listedPipelines(organization, view));
  for (const pipeline of organization.pipelines) {
    if (pipeline.createdAt > view.now || !isMeant(slugAt(pipeline, view.now))) continue;
    if (listed.has(pipeline)) {
      put('buildkite_pipelines', pipelineRow(pipeline, view));
      for (const schedule of pipeline.schedules)
        put('buildkite_schedules', scheduleRow(pipeline, schedule, view));
    }
    // The builds of an archived pipeline stay in the list of the organization.
    for (const build of pipeline.builds)
      if (build.createdAt <= view.now && build.createdAt >= since) putBuild(put, build, view);
  }
}

function putBuild(put: Put, build: BuildHistory, view: View): void {
  put('buildkite_builds', buildRow(build, view));
  const injected = injectedFrom(build, view);
  for (const annotation of build.annotations)
    if (annotation.createdAt <= view.now)
      put('buildkite_annotations', { ...annotationRow(annotation, view), ...injected });
  for (const job of build.jobs) {
    if (job.createdAt > view.now) continue;
    put('buildkite_jobs', { ...jobRow(job, view, 'build'), ...injected });
    for (const row of artifactRows(job, view)) put('buildkite_artifacts', { ...row, ...injected });
    const below = { ...injected, job_id: job.id };
    const log = logRow(job, view);
    // A job that has not begun has neither a log nor an environment worth a row.
    const hasBegun = latest(job.phases, view.now, ({ state }) => state === 'running') !== undefined;
    const environment = environmentRow(job, view);
    if (hasBegun && log !== undefined) put('buildkite_job_logs', { ...log, ...below });
    if (hasBegun && environment !== undefined) put('buildkite_job_env', { ...environment, ...below });
  }
}
