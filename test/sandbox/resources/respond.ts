import type { Route } from '../endpoints.js';
import type { ProjectHistory } from '../history.js';
import type { Refusal } from '../pages.js';
import { NOT_FOUND } from '../pages.js';
import type { Row } from '../source.js';
import { contextNamed, contextRestrictionRows, contextsOf, contextVariableRows } from './contexts.js';
import { detailsRow, jobNumbered } from './jobs.js';
import { collaborationRows, organizationNamed, organizationRow } from './organizations.js';
import { userRow } from './people.js';
import { configRow, organizationPipelines, pipelineValues } from './pipelines.js';
import {
  checkoutKeyRows,
  environmentVariableRows,
  followedProjectRow,
  scheduleRows,
  settingsRow,
  webhookRows,
} from './projects.js';
import { artifactRows, testRows } from './results.js';
import { spelled, spelledConfig, spelledSchedule } from './spelling.js';
import { buildRow } from './steps.js';
import type { View } from './view.js';
import { pageOf, projectNamed } from './view.js';

type Answer = object | Refusal | undefined;

/** The answer to a request for anything but pipelines, workflows and jobs; undefined is a 404. */
export function respond(view: View, route: Route): Answer {
  const { endpoint, slug, id, number, query } = route;
  const token = query.get('page-token');
  switch (endpoint) {
    case '/me/collaborations':
      return collaborationRows(view).map((row) => spelled(view, 'collaboration', row));
    case '/user/{id}':
      return userRow(view, id);
    case '/organization/{org-slug-or-id}':
      return found(organizationNamed(view, id === '' ? slug : id), organizationRow);
    case '/context':
      return contextList(view, query);
    case '/context/{id}/environment-variable':
      return found(contextNamed(view, id), (context) =>
        pageOf(view, `variables ${id}`, contextVariableRows(view, context), token, key('variable')),
      );
    case '/context/{id}/restrictions':
      return found(contextNamed(view, id), (context) =>
        pageOf(view, `restrictions ${id}`, contextRestrictionRows(view, context), token),
      );
    case '/webhook':
      return webhookList(view, query);
    case '/pipeline':
      return organizationPipelines(view, query.get('org-slug'), token);
    case '/pipeline/{id}/config':
      return found(pipelineWith(view, id), (pipeline) => found(configRow(view, pipeline), spelledConfig));
    case '/pipeline/{id}/values':
      return found(pipelineWith(view, id), (pipeline) => pipelineValues(view, pipeline));
    case '/project/{project-slug}/job/{number}':
      return found(jobNumbered(view, slug, number), (job) => detailsRow(view, job));
    case '/project/{project-slug}/{number}/tests':
      return found(jobNumbered(view, slug, number), (place) =>
        pageOf(view, `tests ${place.job.id}`, testRows(view, place), token),
      );
    case '/project/{project-slug}/{number}/artifacts':
      return found(jobNumbered(view, slug, number), (place) =>
        pageOf(view, `artifacts ${place.job.id}`, artifactRows(view, place), token),
      );
    case '/api/v1.1/projects':
      return view.projects
        .filter(({ followed }) => followed)
        .map((project) => followedProjectRow(view, project, query.get('shallow') === 'true'));
    case '/api/v1.1/project/{project-slug}/{number}':
      return found(jobNumbered(view, slug, number), (job) => buildRow(view, job));
    default:
      return found(projectNamed(view, slug), (project) => settingsAnswer(view, project, route));
  }
}

/** What is below a project. */
function settingsAnswer(view: View, project: ProjectHistory, { endpoint, query }: Route): Answer {
  const token = query.get('page-token');
  switch (endpoint) {
    case '/project/{project-slug}/settings':
      return settingsRow(view, project);
    case '/project/{project-slug}/envvar': {
      const rows = environmentVariableRows(view, project);
      const wire = rows.map((row) => spelled(view, 'environmentVariable', row));
      return pageOf(view, `variables ${project.id}`, wire, token, key('name'));
    }
    case '/project/{project-slug}/checkout-key': {
      const rows = checkoutKeyRows(view, project, query.get('digest') ?? undefined);
      const wire = rows.map((row) => spelled(view, 'checkoutKey', row));
      return pageOf(view, `keys ${project.id}`, wire, token, key('fingerprint'));
    }
    case '/project/{project-slug}/schedule':
      return found(scheduleRows(view, project), (rows) =>
        pageOf(view, `schedules ${project.id}`, rows.map(spelledSchedule), token, key('id')),
      );
    default:
      return NOT_FOUND;
  }
}

/** The owner is named by its id or its slug; on a server only by its id, as an account. */
function contextList(view: View, query: URLSearchParams): Answer {
  const owner = query.get('owner-id') ?? query.get('owner-slug') ?? '';
  return found(organizationNamed(view, owner), (organization) => {
    const rows = contextsOf(view, organization).map(({ row }) => row);
    return pageOf(view, `contexts ${organization.id}`, rows, query.get('page-token'), key('id'));
  });
}

/** Both parameters are required, and `project` is the only scope that there is. */
function webhookList(view: View, query: URLSearchParams): Answer {
  if (query.get('scope-type') !== 'project') return undefined;
  const scope = query.get('scope-id');
  return found(
    view.projects.find(({ id }) => id === scope),
    (project) => {
      const wire = webhookRows(view, project).map((row) => spelled(view, 'webhook', row));
      return pageOf(view, `webhooks ${scope}`, wire, query.get('page-token'), key('id'));
    },
  );
}

const pipelineWith = ({ projects }: View, id: string) =>
  projects.flatMap(({ pipelines }) => pipelines).find((pipeline) => pipeline.id === id);

const key = (column: string) => (row: Row) => String(row[column]);

function found<Thing>(thing: Thing | undefined, answerFor: (thing: Thing) => Answer): Answer {
  return thing === undefined ? undefined : answerFor(thing);
}
