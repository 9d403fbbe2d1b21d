import { expect, test } from 'vitest';
import { answerOf } from '../answers.js';
import { createBulkWorld } from '../bulk.js';
import { get, list, plainSandbox } from '../client.js';
import { endpoints, routeOf } from '../endpoints.js';

const paths: Record<string, string> = {
  '/me': '/me',
  '/me/collaborations': '/me/collaborations',
  '/user/7': '/user/{id}',
  '/organization/7': '/organization/{org-slug-or-id}',
  '/organization/gh/acme': '/organization/{org-slug-or-id}',
  '/organization/gh%2Facme': '/organization/{org-slug-or-id}',
  '/context?owner-slug=gh/acme': '/context',
  '/context/7/environment-variable': '/context/{id}/environment-variable',
  '/context/7/restrictions': '/context/{id}/restrictions',
  '/project/gh/acme/web': '/project/{project-slug}',
  '/project/gh/acme/web/settings': '/project/{project-slug}/settings',
  '/project/gh/acme/web/envvar': '/project/{project-slug}/envvar',
  '/project/gh/acme/web/checkout-key': '/project/{project-slug}/checkout-key',
  '/project/gh/acme/web/schedule': '/project/{project-slug}/schedule',
  '/webhook?scope-id=7&scope-type=project': '/webhook',
  '/project/gh/acme/web/pipeline?page-token=7': '/project/{project-slug}/pipeline',
  '/project/gh/acme/web/pipeline/7': '/project/{project-slug}/pipeline/{number}',
  '/pipeline?org-slug=gh/acme': '/pipeline',
  '/pipeline/7': '/pipeline/{id}',
  '/pipeline/7/config': '/pipeline/{id}/config',
  '/pipeline/7/values': '/pipeline/{id}/values',
  '/pipeline/7/workflow': '/pipeline/{id}/workflow',
  '/workflow/7': '/workflow/{id}',
  '/workflow/7/job': '/workflow/{id}/job',
  '/project/gh/acme/web/job/7': '/project/{project-slug}/job/{number}',
  '/project/gh/acme/web/7/tests': '/project/{project-slug}/{number}/tests',
  '/project/gh/acme/web/7/artifacts': '/project/{project-slug}/{number}/artifacts',
  '/api/v1.1/projects': '/api/v1.1/projects',
  '/api/v1.1/project/github/acme/web/7': '/api/v1.1/project/{project-slug}/{number}',
  '/project/gh/acme/web/insights': 'other',
  '/job/7': 'other',
};

test.each(Object.entries(paths))('%s is %s, with the base URL or without', (path, endpoint) => {
  const base = path.startsWith('/api/') ? '' : '/prefix/api/v2';
  expect(routeOf(path).endpoint).toBe(endpoint);
  expect(routeOf(`${base}${path}`).endpoint).toBe(endpoint);
});

test('every endpoint has a path', () => {
  expect(new Set(Object.values(paths))).toEqual(new Set(endpoints));
});

test('a path with escapes is read segment by segment', () => {
  expect(routeOf('/project/gh/acme/sm%C3%B6r%2Fg%C3%A5s/settings').slug).toBe('gh/acme/smör/gås');
  expect(routeOf('/user/%E0%A4%A').id).toBe('%E0%A4%A');
  expect(routeOf('/organization/gh%2Facme').id).toBe('gh/acme');
  expect(routeOf('/organization/gh/acme').slug).toBe('gh/acme');
});

test('requests are counted by the name of their endpoint', async () => {
  const sandbox = await plainSandbox();
  for (const path of ['/me/collaborations', '/project/gh/acme/web/envvar', '/project/gh/acme/web/1/tests'])
    await get(sandbox, path);
  await fetch(`${sandbox.url.replace('/api/v2', '')}/api/v1.1/projects`, {
    headers: { 'Circle-Token': sandbox.token },
  });
  expect(sandbox.traffic.counts).toMatchObject({
    '/me/collaborations': 1,
    '/project/{project-slug}/envvar': 1,
    '/project/{project-slug}/{number}/tests': 1,
    '/api/v1.1/projects': 1,
    other: 0,
  });
  expect(sandbox.requests.at(-1)).toBe('GET /api/v1.1/projects');
});

test('an endpoint may be forbidden, or not be there, and is then not in the truth', async () => {
  const sandbox = await plainSandbox({ seed: 4, forbidden: ['/context'] });
  const { world } = sandbox;
  const response = await get(sandbox, '/context?owner-slug=gh/acme');
  expect([response.status, await response.json()]).toEqual([403, { message: 'Permission denied.' }]);
  expect(answerOf(world, '/context?owner-slug=gh/acme')).toBe('forbidden');
  expect(world.truth().further.get('contexts')?.size).toBe(0);
  expect(world.truth().further.get('context_restrictions')?.size).toBe(0);

  world.forbidden.clear();
  world.missing.add('/project/{project-slug}/settings');
  expect((await get(sandbox, '/context?owner-slug=gh/acme')).status).toBe(200);
  expect(world.truth().further.get('context_restrictions')?.size).toBeGreaterThan(0);
  expect((await get(sandbox, '/project/gh/acme/web/settings')).status).toBe(404);
  expect(world.truth().further.get('project_settings')?.size).toBe(0);
});

test('public projects can be read without a token, but not how they are set up', async () => {
  const sandbox = await plainSandbox({}, { anonymous: true });
  const status = async (path: string) => (await fetch(sandbox.url + path)).status;
  const [job] = [...sandbox.world.truth().jobs.values()].filter((row) => row.job_number !== undefined);
  expect(await status(`/project/gh/acme/web/${job?.job_number}/tests`)).toBe(200);
  for (const path of ['/project/gh/acme/web/envvar', '/context?owner-slug=gh/acme', '/me/collaborations'])
    expect(await status(path)).toBe(401);
});

test('a bulk world has none of it', async () => {
  const world = createBulkWorld({ pipelines: 3, workflowsPerPipeline: 1, jobsPerWorkflow: 1 });
  expect(answerOf(world, '/me')).toMatchObject({ login: 'ada' });
  expect(answerOf(world, '/me/collaborations')).toEqual([]);
  expect(answerOf(world, '/api/v1.1/projects')).toEqual([]);
  expect(answerOf(world, `/project/${world.slugs[0]}/1/tests`)).toEqual({ items: [], next_page_token: null });
  for (const path of ['/user/7', '/organization/gh/acme', `/project/${world.slugs[0]}/job/1`, '/none'])
    expect(answerOf(world, path)).toBeUndefined();
});

test('a page token of one list is refused by another', async () => {
  const sandbox = await plainSandbox({ seed: 2, pageSize: 2 });
  const path = '/pipeline?org-slug=gh/acme';
  const { next_page_token: token } = (await (await get(sandbox, path)).json()) as { next_page_token: string };
  expect((await get(sandbox, `${path}&page-token=${token}`)).status).toBe(200);
  expect((await get(sandbox, `/project/gh/acme/web/pipeline?page-token=${token}`)).status).toBe(400);
  expect(await list(sandbox, '/project/gh/acme/web/pipeline')).toHaveLength(12);
});
