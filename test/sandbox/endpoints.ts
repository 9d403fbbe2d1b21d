/** The endpoints that the sandbox has, named as CircleCI's documentation names them; those of v2 below its base URL. */
export const endpoints = [
  '/me',
  '/me/collaborations',
  '/user/{id}',
  '/organization/{org-slug-or-id}',
  '/context',
  '/context/{id}/environment-variable',
  '/context/{id}/restrictions',
  '/project/{project-slug}',
  '/project/{project-slug}/settings',
  '/project/{project-slug}/envvar',
  '/project/{project-slug}/checkout-key',
  '/project/{project-slug}/schedule',
  '/webhook',
  '/project/{project-slug}/pipeline',
  '/project/{project-slug}/pipeline/{number}',
  '/pipeline',
  '/pipeline/{id}',
  '/pipeline/{id}/config',
  '/pipeline/{id}/values',
  '/pipeline/{id}/workflow',
  '/workflow/{id}',
  '/workflow/{id}/job',
  '/project/{project-slug}/job/{number}',
  '/project/{project-slug}/{number}/tests',
  '/project/{project-slug}/{number}/artifacts',
  '/api/v1.1/projects',
  '/api/v1.1/project/{project-slug}/{number}',
  'other',
] as const;
export type Endpoint = (typeof endpoints)[number];

/** A request as far as the sandbox looks at it. */
export interface Route {
  readonly endpoint: Endpoint;
  /** Of the project, or of the organization; empty where the path has none. */
  readonly slug: string;
  readonly id: string;
  readonly number: number;
  readonly query: URLSearchParams;
}

/** Whether a path is one of the API, whatever is in front of it. */
export const isApiPath = (path: string): boolean => path.includes('/api/v2/') || path.includes('/api/v1.1/');

/** The endpoint of a path: below the base URL of v2, or with that base in front, or with `/api/v1.1/`. */
export function routeOf(pathWithQuery: string): Route {
  const [path = '', ...query] = pathWithQuery.split('?');
  const segments = belowBase(path)
    .split('/')
    .filter((segment) => segment !== '');
  const found = (patterns.get(`${segments[0]}/${segments.length}`) ?? []).find((pattern) =>
    pattern.segments.every((name, position) => name.startsWith('{') || name === segments[position]),
  );
  const parameters = new Map<string, string>();
  found?.segments.forEach((name, position) => {
    if (name.startsWith('{')) parameters.set(name.slice(1, -1), decoded(segments[position] as string));
  });
  return {
    endpoint: found?.endpoint ?? 'other',
    slug: ['vcs', 'organization', 'repository'].flatMap((name) => parameters.get(name) ?? []).join('/'),
    id: parameters.get('id') ?? '',
    number: Number(parameters.get('number')),
    query: new URLSearchParams(query.join('?')),
  };
}

function belowBase(path: string): string {
  const base = path.indexOf('/api/v2/');
  if (base >= 0) return path.slice(base + '/api/v2'.length);
  return path.slice(Math.max(0, path.indexOf('/api/v1.1/')));
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

interface Pattern {
  readonly endpoint: Endpoint;
  readonly segments: readonly string[];
}

/** By the first segment and their number: it spares a look at every endpoint for each request. */
const patterns = new Map<string, Pattern[]>();
for (const endpoint of endpoints) {
  for (const path of pathsOf(endpoint)) {
    const segments = path.split('/').slice(1);
    const key = `${segments[0]}/${segments.length}`;
    patterns.set(key, [...(patterns.get(key) ?? []), { endpoint, segments }]);
  }
}

/** A project has a slug of three segments; an organization one of two, or an id. */
function pathsOf(endpoint: Endpoint): string[] {
  if (endpoint === 'other') return [];
  const path = endpoint.replace('{project-slug}', '{vcs}/{organization}/{repository}');
  if (!path.includes('{org-slug-or-id}')) return [path];
  return ['{id}', '{vcs}/{organization}'].map((slug) => path.replace('{org-slug-or-id}', slug));
}
