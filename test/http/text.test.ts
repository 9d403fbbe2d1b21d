import { Readable } from 'node:stream';
import { createGzip, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { clientOf, failureOf, scripted } from './opened.js';
import { cut, type Handler, json, text } from './server.js';

const log = 'line 1\nline 2 ä\n';

/** As Buildkite answers `Range: bytes=-n` for the text of a log. */
const ranged =
  (whole: string): Handler =>
  (request, response) => {
    const bytes = Buffer.from(whole);
    const begin = bytes.length - Number(/^bytes=-(\d+)$/.exec(request.headers.range ?? '')?.[1]);
    response.writeHead(206, { 'content-range': `bytes ${begin}-${bytes.length - 1}/${bytes.length}` });
    response.end(bytes.subarray(begin));
  };

describe('a text', () => {
  test('is taken as it is, and its bytes are counted', async () => {
    const server = await scripted(text('{"not":"parsed"}ä', 200, { 'x-request-id': 'r-1' }));
    const answer = await clientOf(server).get('/log', '/log', { as: 'text' });
    expect(answer).toMatchObject({ status: 200, body: '{"not":"parsed"}ä', bytes: 18 });
    expect(answer.headers['x-request-id']).toBe('r-1');
    expect(server.requests[0]?.headers).toMatchObject({
      accept: '*/*',
      'accept-encoding': 'gzip',
      'circle-token': 'secret-token',
    });
  });

  test('may be empty', async () => {
    const server = await scripted(text('', 200));
    const client = clientOf(server);
    expect(await client.get('/log', '/log', { as: 'text' })).toMatchObject({ body: '', bytes: 0 });
    expect(await client.get('/log', '/log', { as: 'text', maxBytes: 9 })).toMatchObject({
      body: '',
      bytes: 0,
    });
  });

  test('of which the end is asked for tells the length of the whole', async () => {
    const server = await scripted(ranged(log));
    const answer = await clientOf(server).get('/log', '/log', {
      as: 'text',
      headers: { Accept: 'text/plain', Range: 'bytes=-10' },
      maxBytes: 10,
    });
    expect(answer).toMatchObject({ status: 206, body: 'line 2 ä\n', bytes: 17 });
    expect(server.requests[0]?.headers).toMatchObject({
      accept: 'text/plain',
      range: 'bytes=-10',
      // A part of what is compressed cannot be decompressed.
      'accept-encoding': 'identity',
    });
    const half = { as: 'text', headers: { range: 'bytes=-2' }, maxBytes: 10 } as const;
    expect(await clientOf(server).get('/log', '/log', half)).toMatchObject({ body: '\n', bytes: 17 });
  });

  test('that has no such end is a failure with its status, and not asked again', async () => {
    const server = await scripted(text('', 416));
    const options = { as: 'text', headers: { range: 'bytes=-10' }, maxBytes: 10 } as const;
    const error = await failureOf(clientOf(server).get('/log', '/log', options));
    expect(error).toMatchObject({ failure: 'unreadable', status: 416, isTooHeavy: false });
    expect(server.requests).toHaveLength(1);
  });

  test('that fails says what the server said', async () => {
    const server = await scripted(json({ message: 'No job found' }, 404));
    const options = { as: 'text', maxBytes: 3 } as const;
    const error = await failureOf(clientOf(server).get('/log', '/log', options));
    expect(error.message).toContain('404 ("No job found")');
  });

  test.each<[string, Handler]>([
    ['500', text('no', 500)],
    ['a cut body', cut({ 'content-length': '1000' })],
    ['a cut gzip body', text(gzipSync(log).subarray(0, 20), 200, { 'content-encoding': 'gzip' })],
    ['429', json({ scope: 'rest', reset: 0.02 }, 429)],
  ])('is asked again after %s', async (_, trouble) => {
    for (const maxBytes of [undefined, 7]) {
      const server = await scripted(trouble, text(log, 200));
      const answer = await clientOf(server).get('/log', '/log', { as: 'text', maxBytes });
      expect(answer.body).toBe(maxBytes === undefined ? log : 'e 2 ä\n');
    }
  });
});

describe('the end of a text of any length', () => {
  const length = 40_000_000;
  const endless = (): Readable => {
    const piece = Buffer.alloc(100_000, 'x');
    return Readable.from(
      (function* () {
        for (let sent = 0; sent < length - 3; sent += piece.length) {
          yield piece.subarray(0, Math.min(piece.length, length - 3 - sent));
        }
        yield Buffer.from('end');
      })(),
    );
  };

  test.each<[string, Handler]>([
    ['plain', (_, response) => void endless().pipe(response.writeHead(200))],
    [
      'compressed',
      (_, response) => {
        const compressed = endless().pipe(createGzip({ level: 1 }));
        compressed.pipe(response.writeHead(200, { 'content-encoding': 'gzip' }));
      },
    ],
  ])('is kept, %s, whatever a body may hold', async (_, handler) => {
    const server = await scripted(handler);
    const client = clientOf(server, { maxBodyBytes: 1000 });
    const answer = await client.get('/log', '/log', { as: 'text', maxBytes: 1_000_000 });
    expect(answer.bytes).toBe(length);
    expect(answer.body).toHaveLength(1_000_000);
    expect(`${answer.body}`.endsWith('xxend')).toBe(true);
  });

  test('that is not asked for is too large', async () => {
    const server = await scripted((_, response) => void endless().pipe(response.writeHead(200)));
    const error = await failureOf(
      clientOf(server, { maxBodyBytes: 1000 }).get('/log', '/log', { as: 'text' }),
    );
    expect(error).toMatchObject({ isTooHeavy: true });
    expect(error.message).toContain('is larger than 1000 bytes');
  });
});
