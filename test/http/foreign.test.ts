import { describe, expect, test } from 'vitest';
import { clientOf, failureOf, lines, scripted } from './opened.js';
import { json, type Scripted, serve, silence, text } from './server.js';

/** Everything of the client that must not leave its origin. */
const own = {
  'circle-token': 'secret-token',
  authorization: 'Bearer secret-token',
  cookie: 'a=secret-token',
};
const headers = { ...own, 'user-agent': 'tap/1', 'x-own': 'mine' };

function to(target: Scripted, path = '/log?X-Amz-Signature=hidden', status = 302) {
  return text('', status, { location: `${target.url.href}${path}` });
}

/** The headers that each request to `server` came with, but those that HTTP itself needs. */
function sentTo(server: Scripted): object[] {
  return server.requests.map(({ headers: { host, connection, ...sent } }) => sent);
}

const bare = { accept: '*/*', 'accept-encoding': 'gzip', 'user-agent': 'tap/1' };

describe('an anonymous request', () => {
  test('goes to any origin with the user agent alone, and is logged without its query', async () => {
    const server = await scripted(json({}));
    const elsewhere = await scripted(text('log', 200));
    const url = `${elsewhere.url.href}/log?X-Amz-Signature=hidden`;
    const client = clientOf(server, { headers });
    const answer = await client.get(url, '/output', { as: 'text', anonymous: true });
    expect(answer.body).toBe('log');
    expect(sentTo(elsewhere)).toEqual([bare]);
    expect(elsewhere.requests[0]?.url).toBe('/api/v2/log?X-Amz-Signature=hidden');
    expect(lines().join('')).toContain(`GET ${elsewhere.url.href}/log 200`);
    expect(lines().join('')).not.toContain('hidden');
  });

  test("to the client's own origin has no token either", async () => {
    const server = await scripted(text('log', 200));
    const options = { as: 'text', anonymous: true, headers: { Range: 'bytes=-3', 'x-more': 'y' } } as const;
    await clientOf(server, { headers }).get(`${server.url.href}/log`, '/output', options);
    expect(sentTo(server)).toEqual([{ ...bare, range: 'bytes=-3', 'accept-encoding': 'identity' }]);
  });

  test('follows redirects to any origin, also back, without the token', async () => {
    const server = await scripted(text('log', 200));
    const third = await scripted(to(server));
    const second = await scripted(to(third));
    const client = clientOf(server, { headers });
    await client.get(second.url.href, '/output', { as: 'text', anonymous: true });
    for (const each of [second, third, server]) expect(sentTo(each)).toEqual([bare]);
  });

  test('follows five redirects', async () => {
    const server = await scripted(json({}));
    const elsewhere = await scripted(text('', 307, { location: '/again?X-Amz-Signature=hidden' }));
    const client = clientOf(server);
    const error = await failureOf(client.get(elsewhere.url.href, '/output', { anonymous: true }));
    expect(error.message).toBe('CircleCI redirected /api/v2 more than 5 times.');
    expect(elsewhere.requests).toHaveLength(6);
  });

  test.each(['/log', 'ftp://example.test/log', 'file:///etc/passwd', 'log'])(
    'to %s is refused',
    async (url) => {
      const server = await scripted(json({}));
      const error = await failureOf(clientOf(server).get(url, '/output', { anonymous: true }));
      expect(error.message).toBe('CircleCI names an address for /output that is no http or https URL.');
    },
  );

  test.each([
    [401, 'unreadable', 'rejected the request for /api/v2/log: 401.'],
    [403, 'unreadable', 'rejected the request for /api/v2/log: 403.'],
    [404, 'not-found', 'does not find /api/v2/log: 404.'],
    [500, 'unreadable', 'gave no usable answer to /api/v2/log in 2 attempts: 500.'],
  ])('that ends with %i says nothing about the token', async (status, failure, message) => {
    const server = await scripted(json({}));
    const elsewhere = await scripted(text('denied', status));
    const url = `${elsewhere.url.href}/log?X-Amz-Signature=hidden`;
    const client = clientOf(server, { maxRetries: 1 });
    const error = await failureOf(client.get(url, '/output', { as: 'text', anonymous: true }));
    expect(error).toMatchObject({ failure, status, path: '/api/v2/log' });
    expect(error.message).toBe(`${elsewhere.url.host} ${message}`);
    expect(error.line).not.toMatch(/hidden|Check token|Ask for access/);
  });

  test.each([
    [403, { message: 'Access to http://s3/log?X-Amz-Signature=hidden denied' }],
    [403, '<StringToSign>hidden</StringToSign>'],
    [503, '{"error": "hidden"}'],
    [200, '<html>http://s3/log?sig=hidden</html>'],
  ])('whose address the answer quotes (%i %j) is no word of it in an error', async (status, body) => {
    const server = await scripted(json({}));
    const elsewhere = await scripted(typeof body === 'string' ? text(body, status) : json(body, status));
    const get = clientOf(server, { maxRetries: 0 }).get(elsewhere.url.href, '/output', { anonymous: true });
    const error = await failureOf(get);
    expect(error.line).toContain(status === 200 ? 'with JSON in 1 attempt' : String(status));
    expect(error.line + lines().join('')).not.toContain('hidden');
  });

  test('for what may be empty is answered where it is, and asked again where it is no JSON', async () => {
    const server = await scripted(json({}));
    const options = { anonymous: true, mayBeEmpty: true };
    const empty = await scripted(text('', 200));
    expect((await clientOf(server).get(empty.url.href, '/output', options)).body).toBeUndefined();
    const odd = await scripted(text('<html>', 200), json([]));
    expect((await clientOf(server).get(odd.url.href, '/output', options)).body).toEqual([]);
    const refused = await scripted(text('', 403));
    const error = await failureOf(clientOf(server).get(refused.url.href, '/output', options));
    expect(error.status).toBe(403);
  });

  test('where nobody listens does not blame base_url', async () => {
    const server = await scripted(json({}));
    const gone = await serve();
    await gone.close();
    const client = clientOf(server);
    const error = await failureOf(
      client.get(`${gone.url.href}/log?sig=hidden`, '/output', { anonymous: true }),
    );
    expect(error.message).toContain(`${gone.url.host} cannot be reached`);
    expect(error.line).not.toMatch(/hidden|base_url/);
    expect(client.statistics.requests).toBe(3);
  });

  test("does not use up the client's own pace", async () => {
    const limits = { 'ratelimit-limit': '9', 'ratelimit-remaining': '1', 'ratelimit-reset': '60' };
    const server = await scripted(json({}, 200, limits));
    const elsewhere = await scripted(
      text('slow down', 503),
      text('slow down', 429, { 'retry-after': '0.02' }),
    );
    const client = clientOf(server, { maxRetries: 1, maxConcurrency: 1 });
    await client.get('/me', '/me');
    for (let index = 0; index < 3; index += 1) {
      await failureOf(client.get(elsewhere.url.href, '/output', { anonymous: true }));
    }
    expect((await client.get('/me', '/me')).status).toBe(200);
    expect(client.statistics.waitedForLimit).toBe(0);
  });
});

describe('a redirect to another origin that may be followed', () => {
  test('loses all headers but the user agent and what the request itself may show', async () => {
    const elsewhere = await scripted(text('log', 200));
    const server = await scripted(to(elsewhere));
    const client = clientOf(server, { headers });
    const options = {
      as: 'text',
      followForeign: true,
      headers: { accept: 'text/plain', range: 'bytes=-3', 'buildkite-version': 'x', authorization: 'secret' },
    } as const;
    expect((await client.get('/log', '/log', options)).body).toBe('log');
    expect(server.requests[0]?.headers).toMatchObject({ ...headers, ...options.headers });
    expect(sentTo(elsewhere)).toEqual([
      { accept: 'text/plain', range: 'bytes=-3', 'accept-encoding': 'identity', 'user-agent': 'tap/1' },
    ]);
    expect(elsewhere.requests[0]?.url).toBe('/api/v2/log?X-Amz-Signature=hidden');
    expect(lines().join('')).not.toContain('hidden');
  });

  test('does not get the token back on the way back', async () => {
    const server: Scripted = await scripted(
      (request, response) => to(elsewhere)(request, response),
      (request, response) => to(server)(request, response),
      text('log', 200),
    );
    const elsewhere = await scripted(to(server));
    const client = clientOf(server, { headers });
    await client.get('/log', '/log', { as: 'text', followForeign: true });
    expect(sentTo(elsewhere)).toEqual([bare]);
    expect(sentTo(server)).toEqual([{ ...bare, ...headers }, bare, bare]);
  });

  test('begins anew when what it led to fails', async () => {
    const elsewhere = await scripted(text('', 503), text('log', 200));
    const server = await scripted(to(elsewhere, '/one'), to(elsewhere, '/two'));
    const client = clientOf(server);
    expect((await client.get('/log', '/log', { as: 'text', followForeign: true })).body).toBe('log');
    expect(server.requests).toHaveLength(2);
    expect(elsewhere.requests.map(({ url }) => url)).toEqual(['/api/v2/one', '/api/v2/two']);
  });

  test('is refused where it is no http address, and where it was not allowed', async () => {
    const elsewhere = await scripted(text('log', 200));
    const server = await scripted(
      text('', 302, { location: 'ftp://example.test/log?signature=hidden' }),
      to(elsewhere),
    );
    const client = clientOf(server);
    const error = await failureOf(client.get('/log', '/log', { as: 'text', followForeign: true }));
    expect(error.message).toContain('to ftp://example.test for /api/v2/log; the token is not sent there.');
    expect((await failureOf(client.get('/log', '/log', { as: 'text' }))).message).toContain(
      'leads away from',
    );
    expect(elsewhere.requests).toHaveLength(0);
  });

  test('that never answers ends with the run', async () => {
    const stop = new AbortController();
    const elsewhere = await scripted((request, response) => {
      stop.abort();
      silence(request, response);
    });
    const server = await scripted(to(elsewhere));
    const client = clientOf(server, { signal: stop.signal });
    await expect(client.get('/log', '/log', { followForeign: true })).rejects.toMatchObject({
      name: 'Stopped',
    });
  });
});
