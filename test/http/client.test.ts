import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, test, vi } from 'vitest';
import { HttpError, Stopped } from '../../src/errors.js';
import type { HttpClientOptions } from '../../src/http/client.js';
import { Log } from '../../src/log.js';
import { clientOf, failureOf, lines, scripted } from './opened.js';
import { cut, type Handler, json, reset, serve, silence, text } from './server.js';

const ok = json({ ok: true });

/** A run that is told to stop once it has said something. */
function stopsAtFirstLine() {
  const stop = new AbortController();
  const info: string[] = [];
  const write = (line: string): void => {
    info.push(line);
    setImmediate(() => stop.abort());
  };
  return { signal: stop.signal, info, log: new Log({ write }) };
}

describe('an answer', () => {
  test('is parsed and dated; the request has the headers and the base path', async () => {
    const server = await scripted(json({ id: 1 }, 200, { date: 'Fri, 20 Nov 2026 12:00:00 GMT' }));
    const before = Date.now();
    const answer = await clientOf(server).get('/me?a=b', '/me');
    expect(answer).toMatchObject({ status: 200, body: { id: 1 }, date: 'Fri, 20 Nov 2026 12:00:00 GMT' });
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.receivedAt).toBeGreaterThanOrEqual(before);
    expect(server.requests[0]?.url).toBe('/api/v2/me?a=b');
    expect(server.requests[0]?.headers).toMatchObject({
      'circle-token': 'secret-token',
      'accept-encoding': 'gzip',
    });
  });

  test('may be compressed', async () => {
    const server = await scripted((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.end(gzipSync('{"text":"ü"}'));
    });
    expect((await clientOf(server).get('/me', '/me')).body).toEqual({ text: 'ü' });
  });

  test('connections are kept alive and no more than maxConcurrency', async () => {
    const server = await scripted(ok);
    const sockets = new Set<unknown>();
    server.server.on('connection', (socket) => sockets.add(socket));
    const client = clientOf(server, { maxConcurrency: 2 });
    await Promise.all(Array.from({ length: 20 }, () => client.get('/me', '/me')));
    expect(sockets.size).toBe(2);
    expect(client.statistics).toMatchObject({ requests: 20, retries: 0, refused: 0 });
  });

  test('is observed and logged without headers', async () => {
    const seen: unknown[] = [];
    const server = await scripted(text('oops', 500), ok);
    await clientOf(server, { onRequest: (observation) => seen.push(observation) }).get(
      '/job/1?x=2',
      '/job/{n}',
    );
    expect(seen).toMatchObject([
      { endpoint: '/job/{n}', status: 500 },
      { endpoint: '/job/{n}', status: 200 },
    ]);
    expect(lines().join('')).toContain(`DEBUG GET ${server.url.href}/job/1?x=2 500 in `);
    expect(lines().join('')).not.toContain('secret-token');
  });

  test('with Deprecation or Sunset warns once per endpoint', async () => {
    const server = await scripted(
      json({}, 200, { deprecation: 'true', sunset: 'Sat, 01 Jan 2028 00:00:00 GMT' }),
    );
    const client = clientOf(server);
    for (const id of [1, 2]) await client.get(`/old/${id}`, '/old/{id}');
    await client.get('/other', '/other');
    const warnings = lines().filter((line) => line.startsWith('WARNING'));
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toContain('/old/{id}, it will answer until Sat, 01 Jan 2028');
  });
});

describe('is asked again after', () => {
  test.each<[string, Handler]>([
    ['a reset', reset],
    ['a body shorter than its content-length', cut({ 'content-length': '1000' })],
    ['a chunked body without its end', cut({})],
    ['a broken gzip body', text('not gzip', 200, { 'content-encoding': 'gzip' })],
    [
      'a cut gzip body',
      (_, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' });
        response.end(gzipSync('{"items":[]}').subarray(0, 20));
      },
    ],
    ['408', text('', 408)],
    ['425', text('', 425)],
    ['500', json({ message: 'no' }, 500)],
    ['502 in HTML', text('<html>', 502)],
    ['HTML with 200', text('<html>', 200, { 'content-type': 'text/html' })],
    ['an empty 200', text('', 200)],
    ['429', text('Rate limited.', 429)],
    ['429 with a named wait', json({}, 429, { 'retry-after': '0.02' })],
    ['what is not HTTP', (request) => request.socket.end('nonsense\r\n\r\n')],
  ])('%s', async (_, trouble) => {
    const server = await scripted(trouble, ok);
    const client = clientOf(server);
    expect((await client.get('/me', '/me')).body).toEqual({ ok: true });
    expect(client.statistics).toMatchObject({ requests: 2, retries: 1 });
  });

  test('a time-out of one attempt', async () => {
    const server = await scripted(silence, ok);
    const client = clientOf(server, { requestTimeout: 0.2 });
    expect((await client.get('/me', '/me')).status).toBe(200);
    expect(server.requests).toHaveLength(2);
  });

  test('a body that does not end in time', async () => {
    const server = await scripted((_, response) => response.writeHead(200).write('{'), ok);
    expect((await clientOf(server, { requestTimeout: 0.2 }).get('/me', '/me')).status).toBe(200);
    expect(server.requests).toHaveLength(2);
  });

  test('a refusal, before requests that have not been tried', async () => {
    const server = await scripted(json({}, 429, { 'retry-after': '0.02' }), ok);
    const client = clientOf(server, { maxConcurrency: 1 });
    await Promise.all(['/a', '/b', '/c'].map((path) => client.get(path, path)));
    expect(server.requests.map((request) => request.url)).toEqual([
      '/api/v2/a',
      '/api/v2/a',
      '/api/v2/b',
      '/api/v2/c',
    ]);
    expect(client.statistics.refused).toBe(1);
    expect(client.statistics.waitedForLimit).toBeGreaterThan(0);
  });
});

describe('an error', () => {
  test.each([
    [
      401,
      { message: 'Invalid token provided.' },
      'unauthorized',
      'CircleCI did not accept the token: 401 ("Invalid token provided.") for /api/v2/me. Check token.',
    ],
    [
      403,
      { message: 'Permission denied.' },
      'forbidden',
      'CircleCI does not allow the token to read /api/v2/me: 403 ("Permission denied."). Ask for access.',
    ],
    [
      404,
      { message: 'Project not found' },
      'not-found',
      'CircleCI does not find /api/v2/me: 404 ("Project not found").',
    ],
    [400, { error: 'bad' }, 'unreadable', 'CircleCI rejected the request for /api/v2/me: 400 ("bad").'],
    [410, {}, 'unreadable', 'CircleCI rejected the request for /api/v2/me: 410.'],
  ])('%i is final and says what the server said', async (status, body, failure, line) => {
    const server = await scripted(json(body, status));
    const error = await failureOf(clientOf(server).get('/me', '/me'));
    expect(error).toMatchObject({ failure, status, path: '/api/v2/me', line });
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    ['text', 'Go\n  away', '404 ("Go away")'],
    ['nothing', '', '404.'],
    ['a long text', 'x'.repeat(500), `404 ("${'x'.repeat(120)}…")`],
  ])('body of %s is shown short', async (_, body, shown) => {
    const server = await scripted(text(body, 404));
    expect((await failureOf(clientOf(server).get('/me', '/me'))).message).toContain(shown);
  });

  test('after all retries', async () => {
    const server = await scripted(text('down', 503));
    const error = await failureOf(clientOf(server, { maxRetries: 2 }).get('/me', '/me'));
    expect(error).toMatchObject({ failure: 'unreadable', status: 503 });
    expect(error.line).toBe(
      'CircleCI gave no usable answer to /api/v2/me in 3 attempts: 503 ("down"). Run the tap again later.',
    );
    expect(server.requests).toHaveLength(3);
  });

  test('200 in HTML is tried three times', async () => {
    const server = await scripted(text('<html>\n<body>Log in', 200, { 'content-type': 'text/html' }));
    const error = await failureOf(clientOf(server).get('/me', '/me'));
    expect(error.failure).toBe('unreadable');
    expect(error.line).toBe(
      'CircleCI did not answer /api/v2/me with JSON in 3 attempts: text/html, "<html> <body>Log in". Check base_url.',
    );
    expect(server.requests).toHaveLength(3);
  });

  test('time-outs tell the limit', async () => {
    const server = await scripted(silence);
    const error = await failureOf(clientOf(server, { requestTimeout: 0.1, maxRetries: 0 }).get('/me', '/me'));
    expect(error.message).toContain('no complete answer within 0.1 s');
    expect(error.status).toBeUndefined();
  });

  test('a wait of more than an hour', async () => {
    const server = await scripted(json({}, 429, { 'retry-after': '7200' }));
    const error = await failureOf(clientOf(server).get('/me', '/me'));
    expect(error.message).toContain('CircleCI asks to wait 2 h before /api/v2/me is asked again: 429.');
    expect(server.requests).toHaveLength(1);
  });

  test.each<[string, Handler]>([
    ['plain', text('x'.repeat(2000), 200)],
    [
      'compressed',
      (_, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' });
        response.end(gzipSync('x'.repeat(2000)));
      },
    ],
  ])('a body that is too large, %s', async (_, handler) => {
    const server = await scripted(handler);
    const error = await failureOf(clientOf(server, { maxBodyBytes: 1000 }).get('/me', '/me'));
    expect(error.message).toContain("CircleCI's answer to /api/v2/me is larger than 1000 bytes");
    expect(server.requests).toHaveLength(1);
  });

  test('an origin where nobody listens is given up after three attempts', async () => {
    const server = await serve(ok);
    await server.close();
    const client = clientOf(server);
    const error = await failureOf(client.get('/me', '/me'));
    expect(error.message).toContain(`${server.url.host} cannot be reached: connect ECONNREFUSED`);
    expect(error.next).toContain('Check base_url, the network, and the proxy settings');
    expect(client.statistics.requests).toBe(3);
  });

  test('a fault of the program is thrown as it is', async () => {
    const server = await scripted(ok);
    const client = clientOf(server, { headers: { 'bad header': 'x' } });
    await expect(client.get('/me', '/me')).rejects.toMatchObject({ code: 'UND_ERR_INVALID_ARG' });
    expect(client.statistics.retries).toBe(0);
    await expect(client.get('/me', '/me')).rejects.not.toBeInstanceOf(HttpError);
  });
});

describe('a failure is too heavy, so that less may be asked for,', () => {
  const body = (_: unknown, response: ServerResponse): unknown => response.writeHead(200).write('{');
  test.each<[string, boolean, Handler, Partial<HttpClientOptions>]>([
    ['after a time-out', true, silence, { requestTimeout: 0.1 }],
    ['after a time-out of the body', true, body, { requestTimeout: 0.1 }],
    ['after 500', true, text('', 500), {}],
    ['after 504', true, text('', 504), {}],
    ['with too many bytes', true, text('x'.repeat(2000), 200), { maxBodyBytes: 1000 }],
    ['when the body breaks off', true, cut({}), {}],
    ['not when nothing has come', false, reset, {}],
    ['not after 429', false, json({}, 429, { 'retry-after': '0.01' }), {}],
    ['not after 408', false, text('', 408), {}],
    ['not after 400', false, text('', 400), {}],
    ['not after 404', false, text('', 404), {}],
    ['not after HTML', false, text('<html>', 200), {}],
    ['not after a wait that is too long', false, text('', 503, { 'retry-after': '7200' }), {}],
  ])('%s: %s', async (_, expected, handler, options) => {
    const server = await scripted(handler);
    const error = await failureOf(clientOf(server, { maxRetries: 1, ...options }).get('/me', '/me'));
    expect(error.isTooHeavy).toBe(expected);
  });

  test('not where nobody listens', async () => {
    const server = await serve(ok);
    await server.close();
    expect((await failureOf(clientOf(server).get('/me', '/me'))).isTooHeavy).toBe(false);
  });
});

describe('fewer retries of one request', () => {
  test('are kept to', async () => {
    const server = await scripted(text('', 502));
    const client = clientOf(server, { maxRetries: 4 });
    await failureOf(client.get('/me', '/me', { maxRetries: 1 }));
    expect(server.requests).toHaveLength(2);
    expect(lines().join('')).toContain('failed (502), retry 1 of 1 in 0 s.');
    await failureOf(client.get('/me', '/me', { maxRetries: 9 }));
    expect(server.requests).toHaveLength(7);
  });

  test('do not count refusals', async () => {
    const refusal = json({}, 429, { 'retry-after': '0.01' });
    const server = await scripted(refusal, refusal, ok);
    const client = clientOf(server);
    expect((await client.get('/me', '/me', { maxRetries: 0 })).status).toBe(200);
  });
});

describe('a redirect', () => {
  test('on the same origin is followed with the token', async () => {
    const server = await scripted(text('', 302, { location: '/api/v2/you?x=1' }), ok);
    await clientOf(server).get('/me', '/me');
    expect(server.requests[1]?.url).toBe('/api/v2/you?x=1');
    expect(server.requests[1]?.headers['circle-token']).toBe('secret-token');
  });

  test('to another origin is refused, nothing is sent there', async () => {
    const elsewhere = await scripted(ok);
    const server = await scripted(text('', 301, { location: `${elsewhere.url.href}/me?signature=hidden` }));
    const error = await failureOf(clientOf(server).get('/me', '/me'));
    expect(error).toMatchObject({ failure: 'unreadable', next: 'Check base_url.' });
    expect(error.message).toContain(elsewhere.url.origin);
    expect(error.message).not.toContain('hidden');
    expect(elsewhere.requests).toHaveLength(0);
  });

  test('is followed five times', async () => {
    const server = await scripted(text('', 307, { location: '/api/v2/me' }));
    const error = await failureOf(clientOf(server).get('/me', '/me'));
    expect(error.message).toBe('CircleCI redirected /api/v2/me more than 5 times.');
    expect(server.requests).toHaveLength(6);
  });

  test('nor does a path lead elsewhere', async () => {
    const elsewhere = await scripted(ok);
    const server = await scripted(ok);
    const client = clientOf({ url: new URL(server.url.origin) });
    for (const path of [`//${elsewhere.url.host}/me`, `/\\${elsewhere.url.host}/me`, elsewhere.url.href]) {
      const error = await failureOf(client.get(path, '/me'));
      expect(error.message).toContain(`to ${elsewhere.url.origin}`);
    }
    expect(elsewhere.requests).toHaveLength(0);
  });
});

describe('when the run is told to stop', () => {
  test('requests in flight and in the queue reject with Stopped', async () => {
    const stop = new AbortController();
    const server = await scripted(() => stop.abort());
    const client = clientOf(server, { signal: stop.signal, maxConcurrency: 1 });
    const results = await Promise.allSettled(['/a', '/b'].map((path) => client.get(path, path)));
    expect(results).toMatchObject([{ reason: expect.any(Stopped) }, { reason: expect.any(Stopped) }]);
    await expect(client.get('/c', '/c')).rejects.toBeInstanceOf(Stopped);
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    ['to retry', 503, 'failed (503)'],
    ['for a limit', 429, 'CircleCI asks to wait 10 min (429, Retry-After)'],
  ])('a wait %s ends', async (_, status, told) => {
    const { signal, info, log } = stopsAtFirstLine();
    const server = await scripted(json({}, status, { 'retry-after': '600' }));
    const client = clientOf(server, { signal, log });
    await expect(client.get('/me', '/me')).rejects.toBeInstanceOf(Stopped);
    expect(info).toHaveLength(1);
    expect(info[0]).toContain(told);
  });

  test('before it began', async () => {
    const server = await scripted(ok);
    const client = clientOf(server, { signal: AbortSignal.abort() });
    await expect(client.get('/me', '/me')).rejects.toBeInstanceOf(Stopped);
    expect(server.requests).toHaveLength(0);
  });
});

test('a quota that is used up is told once and waited for', async () => {
  const { signal, info, log } = stopsAtFirstLine();
  const limits = { 'ratelimit-limit': '1', 'ratelimit-remaining': '0', 'ratelimit-reset': '60' };
  const server = await scripted(json({}, 200, limits));
  const client = clientOf(server, { signal, log });
  await client.get('/a', '/a');
  await Promise.allSettled([client.get('/b', '/b'), client.get('/c', '/c')]);
  expect(info).toEqual(["INFO CircleCI's rate limit is used up; its requests go on in 60 s.\n"]);
  expect(server.requests).toHaveLength(1);
});

test('the quota of others is told apart', async () => {
  const { signal, info, log } = stopsAtFirstLine();
  const limits = { 'ratelimit-limit': '200', 'ratelimit-remaining': '40', 'ratelimit-reset': '60' };
  const server = await scripted(json({}, 200, limits));
  const client = clientOf(server, { signal, log, source: 'Buildkite', reserve: 0.2 });
  await client.get('/a', '/a');
  await Promise.allSettled([client.get('/b', '/b')]);
  expect(info).toEqual([
    "INFO Buildkite's rate limit is used up but for the 20 % that are left to others; its requests go on in 60 s.\n",
  ]);
});

test('a refusal by the limit of the user names it', async () => {
  const { signal, info, log } = stopsAtFirstLine();
  const limits = { 'ratelimit-reset': '7', 'ratelimit-user-reset': '42' };
  const server = await scripted(json({ message: 'no', scope: 'rest_user', reset: 42 }, 429, limits));
  const client = clientOf(server, { signal, log, source: 'Buildkite' });
  await Promise.allSettled([client.get('/a', '/a')]);
  expect(info).toEqual([
    'INFO Buildkite asks to wait 42 s (429, RateLimit-User-Reset); no request is sent until then.\n',
  ]);
});

test('a proxy in the environment is used', async () => {
  const server = await scripted(ok);
  const proxy = await scripted(ok);
  let tunnels = 0;
  proxy.server.on('connect', (_, socket) => {
    tunnels += 1;
    const upstream = connect(Number(server.url.port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    for (const end of [upstream, socket]) end.on('error', () => {});
  });
  vi.stubEnv('HTTP_PROXY', proxy.url.origin);
  vi.stubEnv('http_proxy', undefined);
  vi.stubEnv('no_proxy', '');
  expect((await clientOf(server).get('/me', '/me')).body).toEqual({ ok: true });
  expect(tunnels).toBe(1);
});
