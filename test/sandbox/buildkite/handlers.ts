import { setTimeout as wait } from 'node:timers/promises';
import type { HttpHandler } from 'msw';
import { HttpResponse, http } from 'msw';
import { answer, cutOff } from '../answer.js';
import type { FaultOptions } from '../faults.js';
import type { BuildkiteAnswer } from './answers.js';
import { JSON_TYPE, unauthenticated } from './answers.js';
import { BuildkiteBehaviour } from './behaviour.js';
import type { BuildkiteSource } from './holdings.js';
import { derivedId } from './identity.js';

/** The API as msw handlers, for any base URL that ends in /v2. */
export function buildkiteHandlers(
  world: BuildkiteSource,
  behaviour = new BuildkiteBehaviour({ seed: world.seed }),
): HttpHandler[] {
  let requests = 0;
  const respond = ({ request }: { request: Request }) =>
    exchange(world, behaviour, request, derivedId(`request ${++requests}`));
  return [http.get('*/v2/*', respond)];
}

async function exchange(
  world: BuildkiteSource,
  behaviour: BuildkiteBehaviour,
  request: Request,
  requestId: string,
): Promise<Response> {
  const url = new URL(request.url);
  const split = url.pathname.indexOf('/v2/') + '/v2'.length;
  const base = url.origin + url.pathname.slice(0, split);
  const path = url.pathname.slice(split) + url.search;
  const organization = /\/organizations\/([^/?]+)/.exec(path)?.[1];
  const { headers: limits, refusal } = behaviour.take(organization);
  if (behaviour.latencyMs > 0) await wait(behaviour.latencyMs);
  world.tick();

  const date = world.date();
  const common: Record<string, string> = {
    ...(date === undefined ? {} : { Date: date }),
    'X-Request-Id': requestId,
    ...(behaviour.rateLimitHeaders ? limits : {}),
  };
  if (refusal !== undefined)
    return answer(429, JSON.stringify(refusal), { ...common, 'content-type': JSON_TYPE });

  const fault = behaviour.faults.strike(`${request.method} ${url.pathname}${url.search}`);
  if (fault?.kind === 'revoke-token') behaviour.revoked = true;
  if (fault?.kind === 'reset') return HttpResponse.error();
  // The client's own timeout, or the end of the sandbox, ends it.
  if (fault?.kind === 'hang') return new Promise<Response>(() => {});
  if (fault?.kind === 'status') return send(statusOf(fault), common);
  if (fault?.kind === 'html200') {
    const page = '<html><body>Checking your browser</body></html>';
    return send({ status: 200, body: page, headers: { 'content-type': 'text/html' } }, common);
  }
  const found = isLetIn(request, behaviour)
    ? world.get(path, {
        headers: Object.fromEntries(request.headers),
        base,
        ...(behaviour.scopes === undefined ? {} : { scopes: behaviour.scopes }),
        ...(behaviour.expiresAt === undefined ? {} : { expiresAt: behaviour.expiresAt }),
      })
    : unauthenticated();
  if (found.status === 504 && behaviour.heavyPages === 'reset') return HttpResponse.error();
  if (found.status === 504 && behaviour.heavyPages === 'hang') return new Promise<Response>(() => {});
  const shown = fault === undefined ? found : distorted(fault, found, url);
  const response = send(behaviour.linkHeaders ? shown : withoutLink(shown), common);
  return fault?.kind === 'truncate' ? cutOff(response) : response;
}

/** Only the header counts: tokens in the query string are a thing of the past. */
function isLetIn(request: Request, behaviour: BuildkiteBehaviour): boolean {
  const token = request.headers.get('authorization')?.match(/^Bearer (.*)$/i)?.[1];
  return token === behaviour.token && !behaviour.revoked;
}

function statusOf(fault: FaultOptions): BuildkiteAnswer {
  const body = fault.body ?? { message: 'An internal server error occurred.' };
  const type = typeof body === 'string' ? 'text/plain' : JSON_TYPE;
  return { status: fault.status ?? 500, body, headers: { 'content-type': type, ...fault.headers } };
}

/** Answers that are well-formed and wrong. */
function distorted({ kind }: FaultOptions, found: BuildkiteAnswer, url: URL): BuildkiteAnswer {
  if (found.status !== 200) return found;
  if (kind === 'garbage-shape') return { ...found, body: { message: 'not a list' } };
  if (kind !== 'token-loop') return found;
  // The next page is the one that was asked for.
  const { body } = found;
  if (Array.isArray(body)) return { ...found, headers: { ...found.headers, link: `<${url}>; rel="next"` } };
  return { ...found, body: { ...(body as object), links: { next: url.toString() } } };
}

function withoutLink(found: BuildkiteAnswer): BuildkiteAnswer {
  const { link: _, ...headers } = found.headers;
  return { ...found, headers };
}

function send({ status, body, headers }: BuildkiteAnswer, common: Record<string, string>): Response {
  return answer(status, typeof body === 'string' ? body : JSON.stringify(body), { ...common, ...headers });
}
