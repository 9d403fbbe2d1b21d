import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { rowIn, rowsIn } from '../rows-in.js';
import { Limits } from './limits.js';
import { serveBuildkite } from './serve.js';
import { MINUTE } from './time.js';
import type { BuildkiteWorldOptions } from './world.js';
import { createBuildkiteWorld } from './world.js';

const start = Date.UTC(2026, 0, 1);

async function sandboxOf(
  options: Parameters<typeof serveBuildkite>[1] = {},
  world: BuildkiteWorldOptions = {},
) {
  const sandbox = await serveBuildkite(
    createBuildkiteWorld({ builds: 0, start, tickMs: 0, ...world }),
    options,
  );
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(path.startsWith('http') ? path : `${sandbox.url}${path}`, {
      headers: { authorization: `Bearer ${sandbox.token}`, ...headers },
    });
  return { sandbox, get, [Symbol.asyncDispose]: () => sandbox.close() };
}

describe('a served Buildkite', () => {
  it('links its pages on its own address', async () => {
    await using served = await sandboxOf({}, { coins: { archivedPipelines: 'listed' } });
    const { get, sandbox } = served;
    const first = await get('/organizations/acme/pipelines?per_page=3');
    const next = /<([^>]+)>; rel="next"/.exec(first.headers.get('link') ?? '')?.[1] as string;
    expect(next.startsWith(`${sandbox.url}/organizations/acme/pipelines?`)).toBe(true);
    expect([...rowsIn(await first.json()), ...rowsIn(await (await get(next)).json())]).toHaveLength(4);
    expect(sandbox.requests[0]).toBe('GET /v2/organizations/acme/pipelines?per_page=3');
    expect(sandbox.traffic.endpoints).toEqual({ '/organizations/{organization}/pipelines': 2 });
  });

  it('refuses a bad token, a missing scope, an unknown thing and an unknown route', async () => {
    await using served = await sandboxOf({ scopes: ['read_pipelines'] });
    const { get, sandbox } = served;
    const messageOf = async (answer: Response) => [answer.status, rowIn(await answer.json()).message];
    expect(await messageOf(await get('/user', { authorization: 'Bearer wrong' }))).toEqual([
      401,
      expect.stringContaining('Authentication required.'),
    ]);
    expect(await messageOf(await get('/organizations/acme/builds'))).toEqual([
      403,
      "Your access token doesn't have the read_builds scope",
    ]);
    expect(await messageOf(await get('/organizations/acme/pipelines/none'))).toEqual([
      404,
      'No pipeline found',
    ]);
    expect(await messageOf(await get('/nothing'))).toEqual([404, 'No route matches [GET] "/v2/nothing"']);
    sandbox.behaviour.revoked = true;
    expect((await get('/access-token')).status).toBe(401);
  });

  it('says what the token may do, and when it expires, in a format of its own', async () => {
    await using served = await sandboxOf({
      scopes: ['read_user'],
      expiresAt: Date.UTC(2026, 6, 23, 6, 7, 42),
    });
    const { get, sandbox } = served;
    expect(await (await get('/access-token')).json()).toMatchObject({
      scopes: ['read_user'],
      expires_at: '2026-07-23 06:07:42 UTC',
    });
    sandbox.world.now = Date.UTC(2026, 7, 1);
    expect((await get('/access-token')).status).toBe(401);
  });

  it('refuses a GET with a body', async () => {
    await using served = await sandboxOf();
    const { sandbox } = served;
    const status = await new Promise((resolve) => {
      const headers = { authorization: `Bearer ${sandbox.token}`, 'content-length': '2' };
      request(`${sandbox.url}/user`, { method: 'GET', headers }, (answer) => resolve(answer.statusCode)).end(
        '{}',
      );
    });
    expect(status).toBe(403);
  });

  it('gives the end of a log as text', async () => {
    await using served = await sandboxOf();
    const { get, sandbox } = served;
    const { world } = sandbox;
    const { jobs } = world.addBuild({ createdAt: start, jobs: [{}, { isSilent: true }] });
    const path = (index: number) => `/organizations/acme/jobs/${jobs[index]?.id}/log`;
    const whole = rowIn(await (await get(path(0))).json());
    const [content, size] = [String(whole.content), Number(whole.size)];
    expect(content).toContain(`\u001b_bk;t=${start + 5000}\u0007~~~ Preparing`);
    const text = (range: string) => ({ accept: 'text/plain', range });
    const tail = await get(path(0), text('bytes=-20'));
    expect(tail.status).toBe(206);
    expect(tail.headers.get('content-range')).toBe(`bytes ${size - 20}-${size - 1}/${size}`);
    expect(await tail.text()).toBe(content.slice(-20));
    expect((await get(path(0), text('bytes=0-20'))).status).toBe(400);
    expect((await get(path(1), text('bytes=-20'))).status).toBe(416);
    expect((await get('/organizations/acme/jobs/none/log')).status).toBe(404);
  });

  it('fails on demand', async () => {
    await using served = await sandboxOf({ heavyPages: 'reset' }, { heaviestPage: 1 });
    const { get, sandbox } = served;
    sandbox.faults.add({ kind: 'token-loop', match: /pipelines/, times: 1 });
    const looping = await get('/organizations/acme/pipelines');
    expect(looping.headers.get('link')).toBe(`<${sandbox.url}/organizations/acme/pipelines>; rel="next"`);
    sandbox.faults.add({ kind: 'status', status: 503, times: 1 });
    expect((await get('/user')).status).toBe(503);
    sandbox.faults.add({ kind: 'truncate', times: 1 });
    await expect(get('/user').then((answer) => answer.text())).rejects.toThrow();
    sandbox.world.addBuild({ createdAt: start });
    await expect(get('/organizations/acme/builds')).rejects.toThrow();
  });
});

describe('the limits', () => {
  it('refuse by the user or by the organization, whichever is exhausted', async () => {
    await using served = await sandboxOf({ limits: { organization: 2, user: 3 } });
    const { get, sandbox } = served;
    const first = await get('/organizations/acme');
    expect(Object.fromEntries(first.headers)).toMatchObject({
      'ratelimit-scope': 'rest',
      'ratelimit-limit': '2',
      'ratelimit-remaining': '1',
      'ratelimit-reset': '60',
      'ratelimit-user-scope': 'rest_user',
      'ratelimit-user-remaining': '2',
    });
    await get('/organizations/acme');
    const refused = await get('/organizations/acme');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('ratelimit-warning')).not.toBeNull();
    expect(await refused.json()).toMatchObject({
      scope: 'rest',
      limit: 2,
      current: 3,
      reset: expect.any(Number),
    });
    const byUser = await get('/user');
    expect(await byUser.json()).toMatchObject({ scope: 'rest_user', limit: 3, current: 4 });
    sandbox.behaviour.limits = { user: 1 };
    sandbox.behaviour.rateLimitHeaders = false;
    const quiet = await get('/user');
    expect([quiet.status, quiet.headers.get('ratelimit-user-limit')]).toEqual([200, null]);
    expect((await get('/user')).status).toBe(429);
    expect(sandbox.traffic.tooManyRequests).toBe(3);
  });

  it('count anew in the next minute, and each organization for itself', () => {
    const limits = new Limits({ organization: 1 });
    const isRefused = (organization: string, now: number) =>
      limits.take(organization, now).refusal !== undefined;
    expect(isRefused('acme', 0)).toBe(false);
    expect(isRefused('acme', 1)).toBe(true);
    expect(isRefused('globex', 1)).toBe(false);
    expect(isRefused('acme', MINUTE)).toBe(false);
  });
});
