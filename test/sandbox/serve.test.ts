import { getResponse } from 'msw';
import { describe, expect, test } from 'vitest';
import { get, list, outcome, pipelinesPath as pipelines, plainSandbox as sandboxOf } from './client.js';
import { plainCoins } from './coins.js';
import { handlers } from './handlers.js';
import type { Page, PipelineRow } from './rows.js';
import type { Sandbox } from './serve.js';
import { createWorld } from './world.js';

const messageOf = async (response: Response) => ((await response.json()) as { message: string }).message;

test('the same handlers serve msw itself, under any base URL', async () => {
  const world = createWorld({ pipelines: 3, coins: plainCoins });
  const set = handlers(world);
  for (const base of ['https://circleci.com/api/v2', 'http://ci.example.com:8080/prefix/api/v2']) {
    const request = (path: string) =>
      new Request(base + path, { headers: { 'Circle-Token': 'sandbox-token' } });
    expect(await (await getResponse(set, request('/project/gh/acme/web')))?.json()).toMatchObject({
      name: 'web',
    });
    const page = (await (await getResponse(set, request(pipelines)))?.json()) as Page<PipelineRow>;
    expect(page.items).toHaveLength(3);
    const children = await getResponse(set, request(`/pipeline/${page.items[0]?.id}/workflow`));
    expect(children?.status).toBe(200);
    expect((await getResponse(set, request('/none')))?.status).toBe(404);
  }
});

describe('tokens', () => {
  test('are taken from Circle-Token and from Authorization: Bearer', async () => {
    const sandbox = await sandboxOf();
    expect((await get(sandbox, '/me')).status).toBe(200);
    const bearer = await fetch(`${sandbox.url}/me`, { headers: { Authorization: 'Bearer sandbox-token' } });
    expect(bearer.status).toBe(200);
  });

  test('none: 401, also where the header is empty or the token is in the query', async () => {
    const sandbox = await sandboxOf();
    for (const [path, headers] of [
      ['/me', {}],
      ['/me?circle-token=sandbox-token', {}],
      ['/me', { Authorization: 'Bearer ' }],
      [pipelines, {}],
    ] as const) {
      const response = await fetch(sandbox.url + path, { headers });
      expect([response.status, await messageOf(response)]).toEqual([401, 'You must log in first.']);
    }
  });

  test.each([
    ['401', 401],
    ['404', 404],
  ] as const)('a wrong one: 401 on /me and the list, elsewhere by coin %s', async (badToken, elsewhere) => {
    const sandbox = await sandboxOf({ coins: { badToken } });
    const id = [...sandbox.world.truth().pipelines.keys()][0];
    const statuses = [];
    for (const path of [
      '/me',
      pipelines,
      '/project/gh/acme/web',
      `/pipeline/${id}`,
      `/pipeline/${id}/workflow`,
    ]) {
      statuses.push((await get(sandbox, path, { 'Circle-Token': 'wrong' })).status);
    }
    expect(statuses).toEqual([401, 401, elsewhere, elsewhere, elsewhere]);
  });

  test('public projects can be read without one, where that is allowed', async () => {
    const sandbox = await sandboxOf({}, { anonymous: true });
    expect((await fetch(sandbox.url + pipelines)).status).toBe(200);
    expect((await fetch(`${sandbox.url}/me`)).status).toBe(401);
    expect((await get(sandbox, pipelines, { 'Circle-Token': 'wrong' })).status).toBe(401);
  });
});

describe('projects', () => {
  test('answer to the long names of their hosts, with the short one', async () => {
    const sandbox = await sandboxOf();
    const response = await get(sandbox, '/project/github/acme/web');
    expect(await response.json()).toMatchObject({ slug: 'gh/acme/web', organization_slug: 'gh/acme' });
    const rows = await list<PipelineRow>(sandbox, '/project/github/acme/web/pipeline');
    expect(rows?.[0]?.project_slug).toBe('gh/acme/web');
  });

  test('that are renamed answer to both names, with the new one and the same id', async () => {
    const renamedAt = Date.UTC(2024, 5, 1);
    const projects = [{ slug: 'gh/acme/new', formerSlugs: ['gh/acme/old'], renamedAt }];
    const sandbox = await sandboxOf({ projects });
    const ids = new Set<string>();
    for (const [now, path, slug] of [
      [renamedAt - 1, '/project/gh/acme/old', 'gh/acme/old'],
      [renamedAt, '/project/gh/acme/old', 'gh/acme/new'],
      [renamedAt, '/project/gh/acme/new', 'gh/acme/new'],
    ] as const) {
      sandbox.world.now = now;
      const project = (await (await get(sandbox, path)).json()) as { slug: string; id: string };
      ids.add(project.id);
      expect(project.slug).toBe(slug);
      expect((await list<PipelineRow>(sandbox, `${path}/pipeline`))?.[0]?.project_slug).toBe(slug);
    }
    expect(ids.size).toBe(1);
    sandbox.world.now = renamedAt - 1;
    expect((await get(sandbox, '/project/gh/acme/new')).status).toBe(404);
  });

  test('that are unknown are 404, as are ids and paths', async () => {
    const sandbox = await sandboxOf();
    for (const path of ['/project/gh/acme/none', '/project/gh/acme/none/pipeline']) {
      const response = await get(sandbox, path);
      expect([response.status, await messageOf(response)]).toEqual([404, 'Project not found']);
    }
    for (const path of [
      '/pipeline/none',
      '/pipeline/none/workflow',
      '/workflow/none',
      '/workflow/none/job',
      '/none',
    ]) {
      expect((await get(sandbox, path)).status).toBe(404);
    }
  });

  test('have slugs with escapes', async () => {
    const sandbox = await sandboxOf({ projects: ['gh/acme/smörgås bord'] });
    expect((await get(sandbox, '/project/gh/acme/sm%C3%B6rg%C3%A5s%20bord')).status).toBe(200);
  });
});

describe('the Date header', () => {
  test.each([
    ['present', 0, 0],
    ['ahead', 11 * 60, 26 * 60],
    ['behind', -26 * 60, -11],
  ] as const)('%s', async (date, from, to) => {
    const sandbox = await sandboxOf({ coins: { date } });
    const told = Date.parse((await get(sandbox, '/me')).headers.get('date') as string);
    const minutes = (told - sandbox.world.now) / 60_000;
    expect(minutes).toBeGreaterThanOrEqual(Math.min(from, date === 'ahead' ? 11 : from));
    expect(minutes).toBeLessThanOrEqual(to);
  });

  test('absent: nor does Node add one', async () => {
    const sandbox = await sandboxOf({ coins: { date: 'absent' } });
    expect((await get(sandbox, '/me')).headers.has('date')).toBe(false);
  });
});

describe('bodies', () => {
  const encodingOf = async (sandbox: Sandbox, path: string, accept: string) => {
    const response = await get(sandbox, path, { 'Accept-Encoding': accept });
    await response.text();
    return response.headers.get('content-encoding');
  };

  test('over 1 KB are compressed for who accepts it, unless that is off', async () => {
    const sandbox = await sandboxOf();
    expect(await encodingOf(sandbox, pipelines, 'gzip, deflate')).toBe('gzip');
    expect(await encodingOf(sandbox, pipelines, 'identity')).toBeNull();
    expect(await encodingOf(sandbox, '/me', 'gzip')).toBeNull();
    sandbox.behaviour.gzip = false;
    expect(await encodingOf(sandbox, pipelines, 'gzip')).toBeNull();
  });

  test('are the same either way', async () => {
    const sandbox = await sandboxOf();
    const texts = [];
    for (const accept of ['gzip', 'identity'])
      texts.push(await (await get(sandbox, pipelines, { 'Accept-Encoding': accept })).text());
    expect(texts[0]).toBe(texts[1]);
  });
});

describe('traffic', () => {
  test('is recorded and counted by endpoint, and can be forgotten', async () => {
    const sandbox = await sandboxOf();
    const id = [...sandbox.world.truth().pipelines.keys()][0];
    for (const path of ['/me', pipelines, `/pipeline/${id}/workflow`, '/none']) await get(sandbox, path);
    expect(sandbox.requests).toEqual(
      ['/me', pipelines, `/pipeline/${id}/workflow`, '/none'].map((path) => `GET /api/v2${path}`),
    );
    expect(sandbox.traffic.counts).toMatchObject({
      '/me': 1,
      '/project/{project-slug}/pipeline': 1,
      '/pipeline/{id}/workflow': 1,
      other: 1,
    });
    expect(sandbox.traffic.statuses).toEqual({ 200: 3, 404: 1 });
    sandbox.traffic.reset();
    expect([sandbox.requests, sandbox.traffic.total]).toEqual([[], 0]);
  });

  test('knows how many were in flight at once', async () => {
    const sandbox = await sandboxOf();
    sandbox.faults.add({ kind: 'hang' });
    const patience = new AbortController();
    const headers = { 'Circle-Token': sandbox.token };
    const given = Array.from({ length: 7 }, () =>
      outcome(fetch(`${sandbox.url}/me`, { headers, signal: patience.signal })),
    );
    await expect.poll(() => sandbox.traffic.inFlight).toBe(7);
    patience.abort();
    await Promise.all(given);
    expect(sandbox.traffic.mostInFlight).toBe(7);
    await expect.poll(() => sandbox.traffic.inFlight).toBe(0);
  });

  test('each request takes its virtual time', async () => {
    const sandbox = await sandboxOf({ tickMs: [50, 2000] });
    const before = sandbox.world.now;
    for (let count = 0; count < 10; count++) await get(sandbox, '/me');
    expect(sandbox.world.now - before).toBeGreaterThanOrEqual(500);
    expect(sandbox.world.now - before).toBeLessThanOrEqual(20_000);
  });
});
