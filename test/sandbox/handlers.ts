import { setTimeout as wait } from 'node:timers/promises';
import type { HttpHandler } from 'msw';
import { HttpResponse, http } from 'msw';
import { answer, cutOff } from './answer.js';
import { answerTo, outputOf } from './answers.js';
import type { Behaviour } from './behaviour.js';
import { createBehaviour, tooManyRequestsBodies } from './behaviour.js';
import type { Endpoint, Route } from './endpoints.js';
import { routeOf } from './endpoints.js';
import type { FaultOptions } from './faults.js';
import { rateLimitHeaders } from './limiter.js';
import { FORBIDDEN, INVALID_TOKEN, NOT_FOUND } from './pages.js';
import { OUTPUT_PATH } from './resources/outputs.js';
import type { Page } from './rows.js';
import type { Source } from './source.js';

/** The API as one set of msw handlers, for any base URL, and the origin of outputs. */
export function handlers(world: Source, behaviour = createBehaviour({ seed: world.seed })): HttpHandler[] {
  return [apiHandler(world, behaviour), outputHandler(world, behaviour)];
}

export function apiHandler(world: Source, behaviour: Behaviour): HttpHandler {
  return http.get(/\/api\/(?:v2|v1\.1)\//, ({ request }) => {
    const { pathname, search } = new URL(request.url);
    const route = routeOf(pathname + search);
    return respond({
      world,
      behaviour,
      request,
      verdict: behaviour.take(),
      find: () => refusal(request, route.endpoint, world, behaviour) ?? found(world, route),
    });
  });
}

/** Outputs have no limit, and no token: their URL is all that is looked at. */
export function outputHandler(world: Source, behaviour: Behaviour): HttpHandler {
  return http.get(`*${OUTPUT_PATH}*`, ({ request }) =>
    respond({ world, behaviour, request, verdict: undefined, find: () => outputAnswer(world, request) }),
  );
}

interface Exchange {
  readonly world: Source;
  readonly behaviour: Behaviour;
  readonly request: Request;
  readonly verdict: ReturnType<Behaviour['take']>;
  readonly find: () => Answer;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function respond(exchange: Exchange): Promise<Response> {
  const { world, behaviour, request, verdict } = exchange;
  if (behaviour.latencyMs > 0) await wait(behaviour.latencyMs);
  world.tick();

  const date = world.date();
  const headers: Record<string, string> = {
    ...(date === undefined ? {} : { Date: date }),
    ...(verdict === undefined ? {} : rateLimitHeaders(verdict, behaviour.rateLimitHeaders)),
  };
  if (verdict !== undefined && !verdict.allowed) {
    const retryAfter = behaviour.retryAfter
      ? { 'Retry-After': String(Math.max(1, Math.ceil(verdict.retryAfterMs / 1000))) }
      : {};
    const text = tooManyRequestsBodies[behaviour.tooManyRequestsBody];
    return answer(429, text, { ...headers, ...retryAfter, 'Content-Type': contentType(text) });
  }

  const { pathname, search } = new URL(request.url);
  const fault = behaviour.faults.strike(`${request.method} ${pathname}${search}`);
  if (fault?.kind === 'revoke-token') behaviour.revoked = true;
  if (fault?.kind === 'reset') return HttpResponse.error();
  // The client's own timeout, or the end of the sandbox, ends it.
  if (fault?.kind === 'hang') return new Promise<Response>(() => {});
  if (fault?.kind === 'status') return faultyStatus(fault, headers);
  if (fault?.kind === 'html200') {
    return answer(200, '<html><body>Checking your browser</body></html>', {
      ...headers,
      'Content-Type': 'text/html; charset=utf-8',
    });
  }

  const { status, body } = exchange.find();
  const sent = fault === undefined || status !== 200 ? body : distorted(fault, body, request);
  const text = typeof sent === 'string' ? sent : JSON.stringify(sent);
  const response = answer(status, text, { ...headers, 'Content-Type': contentType(text) });
  return fault?.kind === 'truncate' ? cutOff(response) : response;
}

/** Texts as they are on record. A token in the query string is not looked at: the API refuses those. */
function refusal(
  request: Request,
  endpoint: Endpoint,
  world: Source,
  behaviour: Behaviour,
): Answer | undefined {
  const bearer = request.headers.get('authorization')?.match(/^Bearer (.*)$/i)?.[1];
  const token = request.headers.get('circle-token') ?? bearer;
  if (token === undefined || token === '') {
    if (behaviour.anonymous && !ownersOnly.has(endpoint)) return undefined;
    return { status: 401, body: { message: 'You must log in first.' } };
  }
  if (token === behaviour.token && !behaviour.revoked) return undefined;
  // "404 also for invalid or unauthorised tokens, by design" (discuss.circleci.com 33558).
  const hidden =
    world.coins.badToken === '404' && endpoint !== '/me' && endpoint !== '/project/{project-slug}/pipeline';
  if (!hidden) return { status: 401, body: { message: 'Invalid token provided.' } };
  return notFound(endpoint === '/project/{project-slug}' ? 'Project not found' : 'Not Found');
}

/** What is not of a project that is public, or is about how it is set up. */
const ownersOnly = new Set<Endpoint>([
  '/me',
  '/me/collaborations',
  '/user/{id}',
  '/organization/{org-slug-or-id}',
  '/context',
  '/context/{id}/environment-variable',
  '/context/{id}/restrictions',
  '/project/{project-slug}/settings',
  '/project/{project-slug}/envvar',
  '/project/{project-slug}/checkout-key',
  '/project/{project-slug}/schedule',
  '/webhook',
  '/pipeline',
  '/api/v1.1/projects',
]);

function found(world: Source, route: Route): Answer {
  const body = answerTo(world, route);
  if (body === FORBIDDEN) return { status: 403, body: { message: 'Permission denied.' } };
  // Undocumented. It has to be loud here: a client that sends a token to the wrong list has a fault.
  if (body === INVALID_TOKEN) return { status: 400, body: { message: 'Invalid page token.' } };
  if (body === undefined || body === NOT_FOUND) return notFound(missingThing(world, route));
  return { status: 200, body };
}

function missingThing(world: Source, { endpoint, slug }: Route): string {
  // An unknown project is refused by its name; of a page token that is over nothing more is said than this.
  if (endpoint === '/project/{project-slug}/pipeline' && world.project(slug) !== undefined)
    return 'Not Found';
  return missingThings.get(endpoint) ?? 'Not Found';
}

const missingThings: ReadonlyMap<Endpoint, string> = new Map([
  ['/project/{project-slug}', 'Project not found'],
  ['/project/{project-slug}/pipeline', 'Project not found'],
  ['/project/{project-slug}/pipeline/{number}', 'Pipeline not found'],
  ['/pipeline/{id}', 'Pipeline not found'],
  ['/pipeline/{id}/config', 'Pipeline not found'],
  ['/pipeline/{id}/values', 'Pipeline not found'],
  ['/pipeline/{id}/workflow', 'Pipeline not found'],
  ['/workflow/{id}', 'Workflow not found'],
  ['/workflow/{id}/job', 'Workflow not found'],
  ['/project/{project-slug}/job/{number}', 'Job not found'],
]);

const notFound = (message: string): Answer => ({ status: 404, body: { message } });

/** As Amazon's storage answers: it refuses a request that brings a second way to sign, such as a bearer's token. */
function outputAnswer(world: Source, request: Request): Answer {
  if (request.headers.has('authorization')) {
    return storageError(400, 'InvalidArgument', 'Only one auth mechanism allowed');
  }
  const body = outputOf(world, new URL(request.url));
  if (body === FORBIDDEN) return storageError(403, 'AccessDenied', 'Request has expired');
  if (typeof body === 'string') return storageError(404, 'NoSuchKey', 'The specified key does not exist.');
  return { status: 200, body };
}

const storageError = (status: number, code: string, message: string): Answer => ({
  status,
  body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
});

function faultyStatus(fault: FaultOptions, headers: Record<string, string>): Response {
  const body = fault.body ?? { message: 'An internal server error occurred.' };
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return answer(fault.status ?? 500, text, {
    ...headers,
    'Content-Type': contentType(text),
    ...fault.headers,
  });
}

/** Answers that are well-formed and wrong. */
function distorted({ kind }: FaultOptions, body: unknown, request: Request): unknown {
  if (kind === 'garbage-shape') return { items: { message: 'not a list' }, next_page_token: null };
  if (kind !== 'token-loop') return body;
  const page = body as Page<unknown>;
  const token = new URL(request.url).searchParams.get('page-token') ?? page.next_page_token;
  return { ...page, next_page_token: token };
}

const contentType = (text: string) =>
  /^[{[]/.test(text)
    ? 'application/json;charset=utf-8'
    : text.startsWith('<?xml')
      ? 'application/xml'
      : text.startsWith('<')
        ? 'text/html'
        : 'text/plain';
