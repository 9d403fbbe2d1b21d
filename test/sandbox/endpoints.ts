/** The endpoints that the sandbox has, named as CircleCI's documentation names them, with the path of their handler. */
export const endpoints = {
  '/me': '*/api/v2/me',
  '/project/{project-slug}': '*/api/v2/project/:vcs/:organization/:repository',
  '/project/{project-slug}/pipeline': '*/api/v2/project/:vcs/:organization/:repository/pipeline',
  '/project/{project-slug}/pipeline/{number}':
    '*/api/v2/project/:vcs/:organization/:repository/pipeline/:number',
  '/pipeline/{id}': '*/api/v2/pipeline/:id',
  '/pipeline/{id}/workflow': '*/api/v2/pipeline/:id/workflow',
  '/workflow/{id}': '*/api/v2/workflow/:id',
  '/workflow/{id}/job': '*/api/v2/workflow/:id/job',
  other: '*/api/v2/*',
} as const;
export type Endpoint = keyof typeof endpoints;

/** The endpoint of a path, found without msw: it spares a look at every handler for each request. */
export function endpointOf(path: string): Endpoint {
  const [kind, ...rest] = path.slice(path.indexOf('/api/v2/') + '/api/v2/'.length).split('/');
  if (kind === 'me' && rest.length === 0) return '/me';
  if (kind === 'project' && rest.length === 3) return '/project/{project-slug}';
  if (kind === 'project' && rest.length === 4 && rest[3] === 'pipeline')
    return '/project/{project-slug}/pipeline';
  if (kind === 'project' && rest.length === 5 && rest[3] === 'pipeline')
    return '/project/{project-slug}/pipeline/{number}';
  if (kind === 'pipeline' && rest.length === 1) return '/pipeline/{id}';
  if (kind === 'pipeline' && rest.length === 2 && rest[1] === 'workflow') return '/pipeline/{id}/workflow';
  if (kind === 'workflow' && rest.length === 1) return '/workflow/{id}';
  if (kind === 'workflow' && rest.length === 2 && rest[1] === 'job') return '/workflow/{id}/job';
  return 'other';
}
