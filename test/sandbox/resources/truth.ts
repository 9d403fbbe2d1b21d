import type { Endpoint } from '../endpoints.js';
import type { Row, Truth } from '../source.js';
import { projectRow, slugAt } from '../views.js';
import { actionsOf } from './actions.js';
import { contextRestrictionRows, contextsOf, contextVariableRows } from './contexts.js';
import type { StartedJob } from './jobs.js';
import { detailsRow, jobWithId } from './jobs.js';
import { collaborationRows, organizationsOf } from './organizations.js';
import { messagesOf, textOf } from './outputs.js';
import { userRow } from './people.js';
import { configRow, pipelineValues } from './pipelines.js';
import {
  checkoutKeyRows,
  environmentVariableRows,
  scheduleRows,
  settingsRow,
  webhookRows,
} from './projects.js';
import { artifactRows, testRows } from './results.js';
import { actionRow } from './steps.js';
import type { View } from './view.js';

/** The further streams: the columns of their keys, and the endpoint that their rows come from. */
export const furtherStreams = {
  organizations: { key: ['id'], endpoint: '/me/collaborations' },
  users: { key: ['id'], endpoint: '/user/{id}' },
  contexts: { key: ['id'], endpoint: '/context' },
  context_environment_variables: {
    key: ['context_id', 'variable'],
    endpoint: '/context/{id}/environment-variable',
  },
  context_restrictions: { key: ['context_id', 'id'], endpoint: '/context/{id}/restrictions' },
  projects: { key: ['id'], endpoint: '/project/{project-slug}' },
  project_settings: { key: ['project_slug'], endpoint: '/project/{project-slug}/settings' },
  project_environment_variables: {
    key: ['project_slug', 'name'],
    endpoint: '/project/{project-slug}/envvar',
  },
  checkout_keys: { key: ['project_slug', 'fingerprint'], endpoint: '/project/{project-slug}/checkout-key' },
  schedules: { key: ['id'], endpoint: '/project/{project-slug}/schedule' },
  webhooks: { key: ['id'], endpoint: '/webhook' },
  pipeline_configs: { key: ['pipeline_id'], endpoint: '/pipeline/{id}/config' },
  pipeline_values: { key: ['pipeline_id'], endpoint: '/pipeline/{id}/values' },
  job_details: { key: ['project_slug', 'job_number'], endpoint: '/project/{project-slug}/job/{number}' },
  job_steps: {
    key: ['_job_id', 'index', 'step'],
    endpoint: '/api/v1.1/project/{project-slug}/{number}',
  },
  job_logs: { key: ['_job_id', 'index', 'step'], endpoint: '/api/v1.1/project/{project-slug}/{number}' },
  test_results: { key: ['_job_id', 'position'], endpoint: '/project/{project-slug}/{number}/tests' },
  artifacts: {
    key: ['_job_id', 'node_index', 'path'],
    endpoint: '/project/{project-slug}/{number}/artifacts',
  },
} as const satisfies Record<string, { key: readonly string[]; endpoint: Endpoint }>;
export type FurtherStream = keyof typeof furtherStreams;

/** Says whether the endpoint of the stream answers. */
type Put = (stream: FurtherStream, rows: Row | readonly Row[] | undefined, injected?: Row) => boolean;

/**
 * The rows of the further streams: keys of members with underscores, injected columns beside them, and nothing but what
 * changes by itself (`latest_workflow`, `output_url`) left out. Those of pipelines, workflows and jobs are of the ones
 * in `truth`.
 */
export function furtherTruth(
  view: View,
  truth: Truth,
  isRefused: (endpoint: Endpoint) => boolean,
): ReadonlyMap<string, ReadonlyMap<string, Row>> {
  const streams = Object.keys(furtherStreams) as FurtherStream[];
  const further = new Map(streams.map((stream) => [stream as string, new Map<string, Row>()]));
  const put: Put = (stream, rows, injected = {}) => {
    if (isRefused(furtherStreams[stream].endpoint)) return false;
    for (const row of [rows ?? []].flat() as Row[]) {
      const whole = { ...row, ...injected };
      const key = furtherStreams[stream].key.map((column) => String(whole[column])).join(' ');
      further.get(stream)?.set(key, whole);
    }
    return true;
  };
  putOrganizations(put, view);
  putProjects(put, view);
  for (const pipeline of view.projects.flatMap(({ pipelines }) => pipelines)) {
    if (!truth.pipelines.has(pipeline.id)) continue;
    const injected = { pipeline_id: pipeline.id, project_slug: slugAt(pipeline.project, view.now) };
    put('pipeline_configs', configRow(view, pipeline), injected);
    const values = pipelineValues(view, pipeline);
    put('pipeline_values', values && { values }, injected);
  }
  for (const id of peopleIn(truth)) put('users', userRow(view, id));
  for (const id of new Set([...truth.jobs.values()].map((row) => row.id))) {
    const place = jobWithId(view, id);
    if (place !== undefined) putJob(put, view, place);
  }
  return further;
}

function putOrganizations(put: Put, view: View): void {
  put(
    'organizations',
    collaborationRows(view).filter(({ id }) => id !== null),
  );
  for (const organization of organizationsOf(view)) {
    for (const context of contextsOf(view, organization)) {
      // Nobody finds out about what is in a context that is not listed.
      if (!put('contexts', context.row, { organization_id: organization.id })) continue;
      put('context_environment_variables', contextVariableRows(view, context));
      put('context_restrictions', contextRestrictionRows(view, context));
    }
  }
}

function putProjects(put: Put, view: View): void {
  for (const project of view.projects) {
    const injected = { project_slug: slugAt(project, view.now) };
    put('projects', { ...projectRow(project, view.now) });
    put('project_settings', settingsRow(view, project), injected);
    put('project_environment_variables', environmentVariableRows(view, project), injected);
    put('checkout_keys', checkoutKeyRows(view, project), injected);
    put('schedules', scheduleRows(view, project));
    put('webhooks', webhookRows(view, project), injected);
  }
}

function putJob(put: Put, view: View, place: StartedJob): void {
  const { job, number, pipeline } = place;
  const injected = {
    _job_id: job.id,
    _pipeline_id: pipeline.id,
    project_slug: slugAt(pipeline.project, view.now),
    job_number: number,
  };
  const { latest_workflow: _, ...details } = detailsRow(view, place);
  put('job_details', details, injected);
  for (const action of actionsOf(view, place)) {
    const row = actionRow(view, place, action);
    put('job_steps', row, injected);
    const messages = messagesOf(view, place, action);
    if (messages.length === 0) continue;
    put('job_logs', { index: action.index, step: action.step, text: textOf(messages) }, injected);
  }
  put(
    'test_results',
    testRows(view, place).map((row, position) => ({ ...row, position })),
    injected,
  );
  put('artifacts', artifactRows(view, place), injected);
}

function peopleIn({ workflows, jobs }: Truth): Set<string> {
  const named = [
    ...[...workflows.values()].flatMap((row) => [row.started_by, row.canceled_by, row.errored_by]),
    ...[...jobs.values()].flatMap((row) => [row.approved_by, row.canceled_by]),
  ];
  return new Set(named.filter((id) => typeof id === 'string'));
}
