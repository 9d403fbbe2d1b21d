import { agentRow, currentJob, isConnected } from './agent-rows.js';
import type { BuildkiteAnswer } from './answers.js';
import { answered, missing } from './answers.js';
import type { OrganizationHistory, PipelineHistory } from './history.js';
import type { Row } from './identity.js';
import { jobRow } from './job-rows.js';
import {
  clusterRow,
  memberRow,
  organizationRow,
  queueRow,
  teamMemberRow,
  teamPipelineRow,
  teamRow,
} from './organization-rows.js';
import { linkedPage, sequence } from './paging.js';
import { pipelineRow, scheduleRow } from './pipeline-rows.js';
import { BadQuery } from './query.js';
import type { Call } from './respond.js';
import { findPipeline } from './respond-builds.js';
import { runRow, suiteRow, testRow } from './suite-rows.js';
import type { View } from './view.js';

/** What an organization has besides builds. */
export function respondOfOrganization(call: Call, organization: OrganizationHistory): BuildkiteAnswer {
  const { view, route, url } = call;
  const { pipeline: slug, team, cluster, suite } = route.parameters;
  if (suite !== undefined) return respondOfSuite(call, organization, suite);
  if (team !== undefined) return respondOfTeam(call, organization, team);
  if (cluster !== undefined) {
    const found = organization.clusters.find(({ id }) => id === cluster);
    if (found === undefined) return missing('cluster');
    return linkedPage(sequence(found.queues), url, (queue) => queueRow(organization, found, queue));
  }
  if (slug !== undefined) {
    const pipeline = findPipeline(organization, slug, view);
    if (pipeline === undefined) return missing('pipeline');
    if (!route.endpoint.endsWith('/schedules')) return answered(pipelineRow(pipeline, view));
    // Newest first.
    const schedules = [...pipeline.schedules].reverse();
    return linkedPage(sequence(schedules), url, (schedule) => scheduleRow(pipeline, schedule, view));
  }
  switch (route.endpoint.split('/').at(-1)) {
    case 'pipelines':
      return linkedPage(sequence(listedPipelines(organization, view)), url, (one) => pipelineRow(one, view));
    case 'members':
      return people(call, membersOf(organization));
    case 'teams':
      return linkedPage(sequence(organization.teams), url, (one) => teamRow(organization, one));
    case 'clusters':
      return linkedPage(sequence(organization.clusters), url, (one) => clusterRow(organization, one));
    case 'suites':
      return linkedPage(sequence(organization.suites), url, (one) => suiteRow(organization, one));
    case 'agents':
      return linkedPage(sequence(listedAgents(organization, view)), url, (row) => row);
    default:
      return answered(organizationRow(organization));
  }
}

export function listedPipelines({ pipelines }: OrganizationHistory, { now, coins }: View): PipelineHistory[] {
  const isArchived = ({ archivedAt }: PipelineHistory) => archivedAt !== undefined && archivedAt <= now;
  return pipelines.filter(
    (pipeline) =>
      pipeline.createdAt <= now && (coins.archivedPipelines === 'listed' || !isArchived(pipeline)),
  );
}

export function listedAgents({ agents }: OrganizationHistory, view: View): Row[] {
  return agents
    .filter((agent) => isConnected(agent, view.now))
    .map((agent) => {
      const job = currentJob(agent, view.now);
      // The job in an agent has no agent: the two would not end.
      return agentRow(agent, view, {
        job: job === undefined ? null : { ...jobRow(job, view, 'jobs'), agent: null },
      });
    });
}

export const membersOf = (organization: OrganizationHistory) =>
  Array.from({ length: organization.members }, (_, index) => memberRow(organization, index));

function respondOfTeam(call: Call, organization: OrganizationHistory, id: string): BuildkiteAnswer {
  const { view, route, url } = call;
  const team = organization.teams.find((one) => one.id === id);
  if (team === undefined) return missing('team');
  if (route.endpoint.endsWith('/members'))
    return people(
      call,
      team.members.map((index) => teamMemberRow(organization, team, index)),
    );
  const shown = team.pipelines.filter(({ pipeline }) => pipeline.createdAt <= view.now);
  return linkedPage(sequence(shown), url, (one) => teamPipelineRow(one, view));
}

/** With pages, or all at once whatever page was asked for. */
function people({ view, url }: Call, rows: readonly object[]): BuildkiteAnswer {
  return view.coins.memberPages === 'pages' ? linkedPage(sequence(rows), url, (row) => row) : answered(rows);
}

function respondOfSuite(call: Call, organization: OrganizationHistory, slug: string): BuildkiteAnswer {
  const { view, route, url, headers } = call;
  const suite = organization.suites.find((one) => one.slug === slug);
  if (suite === undefined) return missing('suite');
  if (route.parameters.run !== undefined) {
    const run = suite.runs.find(({ id, createdAt }) => id === route.parameters.run && createdAt <= view.now);
    return run === undefined ? missing('run') : answered(runRow(organization, suite, run, view));
  }
  if (route.endpoint.endsWith('/runs')) {
    const buildId = url.searchParams.get('build_id');
    const runs = suite.runs
      .filter((run) => run.createdAt <= view.now && (buildId === null || run.build.id === buildId))
      .sort((one, other) => other.createdAt - one.createdAt);
    return linkedPage(sequence(runs), url, (run) => runRow(organization, suite, run, view));
  }
  const version = headers['buildkite-version'];
  if (version !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(version)) throw new BadQuery('Invalid version');
  const hasFigures = version !== undefined && version >= '2026-08-01';
  const positions = Array.from({ length: suite.tests }, (_, index) => index);
  return linkedPage(sequence(positions), url, (index) => testRow(organization, suite, index, { hasFigures }));
}
