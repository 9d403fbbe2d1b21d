import { get as httpGet } from 'node:http';
import { describe, expect, test } from 'vitest';
import { get, outcome, pipelinesPath as pipelines, plainSandbox as sandboxOf } from './client.js';
import type { Page, PipelineRow } from './rows.js';

describe('faults', () => {
  test('status: with body and headers, as often as told, where it matches', async () => {
    const sandbox = await sandboxOf();
    const fault = sandbox.faults.add({
      kind: 'status',
      match: /\/pipeline\?page-token=/,
      times: 1,
      status: 502,
      body: '<html>Bad gateway</html>',
      headers: { 'Retry-After': '3' },
    });
    const first = (await (await get(sandbox, pipelines)).json()) as Page<PipelineRow>;
    const second = `${pipelines}?page-token=${first.next_page_token}`;
    const failed = await get(sandbox, second);
    expect([failed.status, failed.headers.get('content-type'), failed.headers.get('retry-after')]).toEqual([
      502,
      'text/html',
      '3',
    ]);
    expect(await failed.text()).toBe('<html>Bad gateway</html>');
    expect((await get(sandbox, second)).status).toBe(200);
    expect(fault.hits).toBe(1);
  });

  test('by probability: the same requests in every run of a seed', async () => {
    const statuses = async () => {
      const sandbox = await sandboxOf();
      sandbox.faults.add({ kind: 'status', probability: 0.5 });
      const seen = [];
      for (let count = 0; count < 20; count++) seen.push((await get(sandbox, '/me')).status);
      return seen;
    };
    const seen = await statuses();
    expect(new Set(seen)).toEqual(new Set([200, 500]));
    expect(await statuses()).toEqual(seen);
  });

  test('reset: the connection ends without an answer', async () => {
    const sandbox = await sandboxOf();
    sandbox.faults.add({ kind: 'reset', times: 1 });
    expect(await outcome(get(sandbox, '/me'))).toBe('ECONNRESET');
    expect(await outcome(get(sandbox, '/me'))).toBe(200);
  });

  test('truncate: half of the body that was announced', async () => {
    const sandbox = await sandboxOf();
    sandbox.faults.add({ kind: 'truncate', times: 1 });
    const { announced, received, complete } = await new Promise<{
      announced: number;
      received: number;
      complete: boolean;
    }>((resolve, reject) => {
      const headers = { 'Circle-Token': sandbox.token };
      httpGet(`${sandbox.url}${pipelines}`, { headers, agent: false }, (response) => {
        let received = 0;
        response.on('data', (chunk: Buffer) => {
          received += chunk.length;
        });
        response.on('error', () => {});
        response.on('close', () => {
          resolve({
            announced: Number(response.headers['content-length']),
            received,
            complete: response.complete,
          });
        });
      }).on('error', reject);
    });
    expect(complete).toBe(false);
    expect(received).toBe(announced >> 1);
    expect(await outcome(get(sandbox, pipelines))).toBe(200);
  });

  test('html200: a page that is not JSON', async () => {
    const sandbox = await sandboxOf();
    sandbox.faults.add({ kind: 'html200', times: 1 });
    const response = await get(sandbox, '/me');
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'text/html; charset=utf-8',
    ]);
    expect(await response.text()).toMatch(/^<html>/);
  });

  test('hang: no answer until the client gives up, or the sandbox ends', async () => {
    const sandbox = await sandboxOf();
    sandbox.faults.add({ kind: 'hang' });
    const headers = { 'Circle-Token': sandbox.token };
    const given = fetch(`${sandbox.url}/me`, { headers, signal: AbortSignal.timeout(50) });
    await expect(given).rejects.toThrow('aborted due to timeout');
    const ended = outcome(get(sandbox, '/me'));
    await expect.poll(() => sandbox.traffic.total).toBe(2);
    await sandbox.close();
    expect(await ended).toMatch(/ECONNRESET|UND_ERR_SOCKET/);
  });

  test('token-loop: the next token is the one that was asked for', async () => {
    const sandbox = await sandboxOf();
    sandbox.faults.add({ kind: 'token-loop', match: /page-token/ });
    const pageAt = async (token: string) =>
      (await (
        await get(sandbox, `${pipelines}${token === '' ? '' : `?page-token=${token}`}`)
      ).json()) as Page<PipelineRow>;
    const first = await pageAt('');
    const second = await pageAt(first.next_page_token as string);
    expect(second.next_page_token).toBe(first.next_page_token);
    expect(second.items).not.toEqual(first.items);
  });

  test('garbage-shape: items is not a list', async () => {
    const sandbox = await sandboxOf();
    sandbox.faults.add({ kind: 'garbage-shape' });
    const { items } = (await (await get(sandbox, pipelines)).json()) as { items: unknown };
    expect(Array.isArray(items)).toBe(false);
  });

  test('revoke-token: from then on the token is a wrong one', async () => {
    const sandbox = await sandboxOf({ coins: { badToken: '404' } });
    const id = [...sandbox.world.truth().pipelines.keys()][0];
    const fault = sandbox.faults.add({ kind: 'revoke-token', match: /workflow/, times: 1 });
    const statuses = [];
    for (const path of ['/me', `/pipeline/${id}/workflow`, `/pipeline/${id}`, '/me'])
      statuses.push((await get(sandbox, path)).status);
    expect(statuses).toEqual([200, 404, 404, 401]);
    fault.remove();
    sandbox.behaviour.revoked = false;
    expect((await get(sandbox, '/me')).status).toBe(200);
  });

  test('a function may choose, and a fault may be removed', async () => {
    const sandbox = await sandboxOf();
    const fault = sandbox.faults.add({ kind: 'status', match: (request) => request === 'GET /api/v2/me' });
    expect((await get(sandbox, '/me')).status).toBe(500);
    expect((await get(sandbox, '/me?x')).status).toBe(200);
    fault.remove();
    expect((await get(sandbox, '/me')).status).toBe(200);
  });
});

describe('limits', () => {
  test.each([
    ['message', 'application/json;charset=utf-8', '{"message":"Rate limit exceeded."}'],
    ['text', 'text/plain', 'Rate limited.'],
    ['empty', 'application/json;charset=utf-8', '{}'],
  ] as const)('a 429 with the body on record: %s', async (tooManyRequestsBody, type, body) => {
    const limiter = { kind: 'fixed-window', limit: 1, windowMs: 86_400_000 } as const;
    const sandbox = await sandboxOf({}, { limiter, tooManyRequestsBody, rateLimitHeaders: 'both' });
    const allowed = await get(sandbox, '/me');
    expect(allowed.status).toBe(200);
    expect(allowed.headers.get('ratelimit-remaining')).toBe('0');
    const refused = await get(sandbox, '/me');
    expect([refused.status, refused.headers.get('content-type'), await refused.text()]).toEqual([
      429,
      type,
      body,
    ]);
    expect(refused.headers.get('retry-after')).toMatch(/^86\d{3}$/);
    expect(refused.headers.get('x-ratelimit-limit-day')).toBe('1');
    expect(sandbox.traffic.tooManyRequests).toBe(1);
  });

  test('may be changed while it runs, and may not say when to come back', async () => {
    const sandbox = await sandboxOf({}, { retryAfter: false });
    expect((await get(sandbox, '/me')).status).toBe(200);
    sandbox.behaviour.limiter = { kind: 'token-bucket', perSecond: 0.0001, burst: 1 };
    expect((await get(sandbox, '/me')).status).toBe(200);
    const refused = await get(sandbox, '/me');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, null]);
    sandbox.behaviour.limiter = { kind: 'none' };
    expect((await get(sandbox, '/me')).status).toBe(200);
  });
});
