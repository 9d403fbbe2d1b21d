import type { Endpoint, Route } from './endpoints.js';
import { routeOf } from './endpoints.js';
import type { Refusal } from './pages.js';
import { FORBIDDEN, NOT_FOUND } from './pages.js';
import { createRandom } from './random.js';
import type { Source } from './source.js';

/**
 * The body that a request is answered with; undefined or a {@link Refusal} where it is refused. Paths are those below
 * the base URL of v2; those of v1.1 are whole (`/api/v1.1/…`), and so are the URLs of outputs.
 */
export function answerOf(world: Source, pathWithQuery: string): unknown {
  if (isOutputUrl(world, pathWithQuery)) return outputOf(world, new URL(pathWithQuery));
  return answerTo(world, routeOf(pathWithQuery));
}

/** Whether a URL is that of the output of a step, which is on another origin than the API. */
export function isOutputUrl(world: Source, pathOrUrl: string): boolean {
  return world.outputOrigin !== undefined && pathOrUrl.startsWith(`${world.outputOrigin}/`);
}

/** The messages that a step has printed, or the refusal of a URL that is over. */
export function outputOf(world: Source, url: URL): object | Refusal {
  return world.output?.(url) ?? NOT_FOUND;
}

export function answerTo(world: Source, route: Route): unknown {
  const { endpoint, slug, id, number, query } = route;
  if (world.missing?.has(endpoint)) return NOT_FOUND;
  if (world.forbidden?.has(endpoint)) return FORBIDDEN;
  const token = query.get('page-token');
  switch (endpoint) {
    case '/me':
      return me(world.seed);
    case '/project/{project-slug}':
      return world.project(slug);
    case '/project/{project-slug}/pipeline':
      return world.pipelines(slug, token);
    case '/project/{project-slug}/pipeline/{number}':
      return world.pipelineByNumber(slug, number);
    case '/pipeline/{id}':
      return world.pipeline(id);
    case '/pipeline/{id}/workflow':
      return world.workflows(id, token);
    case '/workflow/{id}':
      return world.workflow(id);
    case '/workflow/{id}/job':
      return world.jobs(id, token);
    default:
      return world.answer === undefined ? nothing(endpoint) : world.answer(route);
  }
}

export function me(seed: number): { id: string; login: string; name: string; avatar_url: null } {
  return { name: 'Ada Sandbox', login: 'ada', id: createRandom(seed, 'me').uuid(), avatar_url: null };
}

/** What a world without the further resources has: lists without items. */
function nothing(endpoint: Endpoint): object | undefined {
  if (bareLists.has(endpoint)) return [];
  return lists.has(endpoint) ? { items: [], next_page_token: null } : undefined;
}

const bareLists = new Set<Endpoint>(['/me/collaborations', '/api/v1.1/projects']);
const lists = new Set<Endpoint>([
  '/context',
  '/context/{id}/environment-variable',
  '/context/{id}/restrictions',
  '/project/{project-slug}/envvar',
  '/project/{project-slug}/checkout-key',
  '/project/{project-slug}/schedule',
  '/webhook',
  '/pipeline',
  '/project/{project-slug}/{number}/tests',
  '/project/{project-slug}/{number}/artifacts',
]);
