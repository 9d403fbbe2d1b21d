import type { BuildkiteAnswer } from './answers.js';
import { answered, missing, refused, unauthenticated } from './answers.js';
import type { OrganizationHistory } from './history.js';
import type { BuildkiteRequest, Holdings } from './holdings.js';
import { API, derivedId } from './identity.js';
import { currentUserRow, organizationRow } from './organization-rows.js';
import { linkedPage, sequence } from './paging.js';
import { BadQuery } from './query.js';
import { respondOfBuild } from './respond-build.js';
import { respondOfBuilds } from './respond-builds.js';
import { respondOfOrganization } from './respond-organization.js';
import type { Route } from './routes.js';
import { routeOf } from './routes.js';
import { spelledOut } from './time.js';
import type { View } from './view.js';

/** A request that has found its endpoint. */
export interface Call {
  readonly holdings: Holdings;
  readonly view: View;
  readonly route: Route;
  /** Absolute, on the base that was asked: what the links of a list go on from. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

/** Answers a GET as the API would for a good token. */
export function respond(holdings: Holdings, path: string, request: BuildkiteRequest = {}): BuildkiteAnswer {
  const headers = Object.fromEntries(
    Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const base = request.base ?? API;
  const url = new URL(`${base}${path}`);
  const below = url.pathname.slice(new URL(base).pathname.length);
  // Announced in 2023: a GET with a body is refused.
  if (Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined)
    return refused(403, 'GET requests must not have a body');
  const scopes = request.scopes ?? holdings.options.scopes;
  const expiresAt = request.expiresAt === undefined ? holdings.options.expiresAt : request.expiresAt;
  if (expiresAt !== null && holdings.now >= expiresAt) return unauthenticated();
  const route = routeOf(below);
  if (route === undefined) return refused(404, `No route matches [GET] "/v2${below}"`);
  // Recorded until 2024, and not documented.
  const oauth = { 'x-oauth-scopes': scopes.join(', '), 'x-accepted-oauth-scopes': route.scope ?? '' };
  if (route.scope !== null && !scopes.includes(route.scope)) {
    const refusal = refused(403, `Your access token doesn't have the ${route.scope} scope`);
    return { ...refusal, headers: { ...refusal.headers, ...oauth } };
  }
  const { now, coins, quietFrom } = holdings;
  const call: Call = { holdings, view: { now, coins, quietFrom }, route, url, headers };
  try {
    const answer =
      route.endpoint === '/access-token' ? accessToken(call, scopes, expiresAt) : respondOfRoute(call);
    return { ...answer, headers: { ...answer.headers, ...oauth } };
  } catch (error) {
    if (error instanceof BadQuery) return refused(400, error.message);
    throw error;
  }
}

function respondOfRoute(call: Call): BuildkiteAnswer {
  const { holdings, route, url } = call;
  const { history } = holdings;
  if (route.endpoint === '/organizations') return linkedPage(sequence(history), url, organizationRow);
  if (route.endpoint === '/user') return answered(currentUserRow(history[0] as OrganizationHistory));
  // A wrong organization and one that the owner of the token is not in are the same.
  const organization = history.find(({ slug }) => slug === route.parameters.organization);
  if (organization === undefined) return missing('organization');
  if (route.parameters.number !== undefined || route.parameters.job !== undefined)
    return respondOfBuild(call, organization);
  if (route.endpoint.endsWith('/builds')) return respondOfBuilds(call, organization);
  return respondOfOrganization(call, organization);
}

/** The one endpoint without a scope, and with times that are not ISO. */
function accessToken(
  { holdings }: Call,
  scopes: readonly string[],
  expiresAt: number | null,
): BuildkiteAnswer {
  const { email, name } = currentUserRow(holdings.history[0] as OrganizationHistory);
  return answered({
    uuid: derivedId(`token ${holdings.seed}`),
    scopes,
    description: 'Development Token',
    created_at: '2025-07-16 06:07:42 UTC',
    expires_at: expiresAt === null ? null : spelledOut(expiresAt),
    user: { email, name },
  });
}
