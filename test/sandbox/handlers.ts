import { setTimeout as wait } from 'node:timers/promises';
import type { HttpHandler, PathParams } from 'msw';
import { HttpResponse, http } from 'msw';
import { answer, cutOff } from './answer.js';
import type { Behaviour } from './behaviour.js';
import { createBehaviour, tooManyRequestsBodies } from './behaviour.js';
import type { Endpoint } from './endpoints.js';
import { endpoints } from './endpoints.js';
import type { FaultOptions } from './faults.js';
import { rateLimitHeaders } from './limiter.js';
import { INVALID_TOKEN, NOT_FOUND } from './pages.js';
import { createRandom } from './random.js';
import type { Page } from './rows.js';
import type { Source } from './source.js';

/** The API as one set of msw handlers, for any base URL. */
export function handlers(world: Source, behaviour = createBehaviour({ seed: world.seed })): HttpHandler[] {
  return [...handlersByEndpoint(world, behaviour).values()];
}

export function handlersByEndpoint(world: Source, behaviour: Behaviour): Map<Endpoint, HttpHandler> {
  const names = Object.keys(endpoints) as Endpoint[];
  return new Map(
    names.map((endpoint) => [
      endpoint,
      http.get(endpoints[endpoint], ({ request, params }) =>
        respond({ world, behaviour, endpoint, request, params }),
      ),
    ]),
  );
}

interface Exchange {
  readonly world: Source;
  readonly behaviour: Behaviour;
  readonly endpoint: Endpoint;
  readonly request: Request;
  readonly params: PathParams;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function respond(exchange: Exchange): Promise<Response> {
  const { world, behaviour, endpoint, request } = exchange;
  const verdict = behaviour.take();
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

  const refused = refusal(request, endpoint, world, behaviour);
  const { status, body } = refused ?? find(exchange);
  const text = JSON.stringify(fault === undefined || status !== 200 ? body : distorted(fault, body, request));
  const response = answer(status, text, { ...headers, 'Content-Type': 'application/json;charset=utf-8' });
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
    if (behaviour.anonymous && endpoint !== '/me') return undefined;
    return { status: 401, body: { message: 'You must log in first.' } };
  }
  if (token === behaviour.token && !behaviour.revoked) return undefined;
  // "404 also for invalid or unauthorised tokens, by design" (discuss.circleci.com 33558).
  const hidden =
    world.coins.badToken === '404' && endpoint !== '/me' && endpoint !== '/project/{project-slug}/pipeline';
  if (!hidden) return { status: 401, body: { message: 'Invalid token provided.' } };
  return notFound(endpoint === '/project/{project-slug}' ? 'Project not found' : 'Not Found');
}

function find({ world, endpoint, request, params }: Exchange): Answer {
  const slug = [params.vcs, params.organization, params.repository].join('/');
  const id = String(params.id);
  const token = new URL(request.url).searchParams.get('page-token');
  switch (endpoint) {
    case '/me':
      return found(me(world.seed));
    case '/project/{project-slug}':
      return found(world.project(slug), 'Project not found');
    case '/project/{project-slug}/pipeline':
      // An unknown project is refused by its name; a page token that is over, as any other thing.
      return world.project(slug) === undefined
        ? notFound('Project not found')
        : found(world.pipelines(slug, token));
    case '/project/{project-slug}/pipeline/{number}':
      return found(world.pipelineByNumber(slug, Number(params.number)), 'Pipeline not found');
    case '/pipeline/{id}':
      return found(world.pipeline(id), 'Pipeline not found');
    case '/pipeline/{id}/workflow':
      return found(world.workflows(id, token), 'Pipeline not found');
    case '/workflow/{id}':
      return found(world.workflow(id), 'Workflow not found');
    case '/workflow/{id}/job':
      return found(world.jobs(id, token), 'Workflow not found');
    case 'other':
      return notFound('Not Found');
  }
}

function found(body: object | string | undefined, missing = 'Not Found'): Answer {
  if (body === undefined || body === NOT_FOUND) return notFound(missing);
  // Undocumented. It has to be loud here: a client that sends a token to the wrong list has a fault.
  if (body === INVALID_TOKEN) return { status: 400, body: { message: 'Invalid page token.' } };
  return { status: 200, body };
}

const notFound = (message: string): Answer => ({ status: 404, body: { message } });

function me(seed: number): object {
  return { name: 'Ada Sandbox', login: 'ada', id: createRandom(seed, 'me').uuid(), avatar_url: null };
}

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
  text.startsWith('{') ? 'application/json;charset=utf-8' : text.startsWith('<') ? 'text/html' : 'text/plain';
