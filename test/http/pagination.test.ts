import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { HttpError } from '../../src/errors.js';
import type { Answer } from '../../src/http/client.js';
import type { HeaderFields } from '../../src/http/header.js';
import { type Page, type PageStyle, pages, TokenNotFound } from '../../src/http/pagination.js';
import { clientOf, scripted } from './opened.js';
import { type Handler, json } from './server.js';

/** Answers by the path that is asked for; a list of answers is used up in order. */
function answering(
  bodies: Record<string, unknown[]>,
  headers: Record<string, HeaderFields> = {},
): {
  asked: string[];
  get(path: string): Promise<Answer>;
} {
  const asked: string[] = [];
  return {
    asked,
    async get(path) {
      asked.push(path);
      const body = bodies[path]?.shift();
      if (body instanceof Error) throw body;
      return { status: 200, headers: headers[path] ?? {}, body, receivedAt: 0, date: undefined };
    },
  };
}

async function walk(source: AsyncIterable<Page>): Promise<{ pages: Page[]; error: unknown }> {
  const read: Page[] = [];
  try {
    for await (const page of source) read.push(page);
  } catch (error) {
    return { pages: read, error };
  }
  return { pages: read, error: undefined };
}

const notFound = (): HttpError => new HttpError('gone', { failure: 'not-found', path: '/list', status: 404 });

test('follows tokens to the end over HTTP', async () => {
  const server = await scripted(
    json({ items: [{ id: 1 }], next_page_token: 'a+/=' }),
    json({ items: [], next_page_token: 'b' }),
    json({ items: [{ id: 2 }], next_page_token: null }),
  );
  const { pages: read, error } = await walk(pages(clientOf(server), '/list?branch=x', '/list'));
  expect(error).toBeUndefined();
  expect(read.map(({ items, last, next }) => ({ items, last, next }))).toEqual([
    { items: [{ id: 1 }], last: false, next: 'a+/=' },
    { items: [], last: false, next: 'b' },
    { items: [{ id: 2 }], last: true, next: undefined },
  ]);
  expect(server.requests.map((request) => request.url)).toEqual([
    '/api/v2/list?branch=x',
    '/api/v2/list?branch=x&page-token=a%2B%2F%3D',
    '/api/v2/list?branch=x&page-token=b',
  ]);
});

test.each([
  ['null', { items: [], next_page_token: null }],
  ['absent', { items: [] }],
  ['empty', { items: [], next_page_token: '' }],
])('a token that is %s ends the list', async (_, body) => {
  const source = answering({ '/list': [body] });
  expect(await walk(pages(source, '/list', '/list'))).toMatchObject({
    pages: [{ last: true }],
    error: undefined,
  });
  expect(source.asked).toEqual(['/list']);
});

test.each([
  ['an array', [], 'expected an object, found an array'],
  ['null', null, 'expected an object, found null'],
  ['a string', 'x', 'expected an object, found a string'],
  ['no items', { message: 'x' }, "expected an array 'items', found nothing"],
  ['items of another kind', { items: {} }, "expected an array 'items', found an object"],
  ['a null item', { items: [{}, null] }, 'expected an object as items[1], found null'],
  ['a numeric token', { items: [], next_page_token: 7 }, "as 'next_page_token', found a number"],
])('a body that is %s is unreadable', async (_, body, text) => {
  const { pages: read, error } = await walk(pages(answering({ '/list': [body] }), '/list', '/list'));
  expect(read).toEqual([]);
  expect(error).toBeInstanceOf(HttpError);
  expect(error).toMatchObject({
    failure: 'unreadable',
    path: '/list',
    message: expect.stringContaining(text),
  });
});

test('a token that comes twice ends the walk with an error that shows it', async () => {
  const source = answering({
    '/list': [{ items: [{ id: 1 }], next_page_token: 'a' }],
    '/list?page-token=a': [{ items: [{ id: 2 }], next_page_token: 'b' }],
    '/list?page-token=b': [{ items: [{ id: 3 }], next_page_token: 'a' }],
  });
  const { pages: read, error } = await walk(pages(source, '/list', '/list'));
  expect(read).toHaveLength(3);
  expect(error).toMatchObject({ failure: 'unreadable', message: expect.stringContaining("'a' came twice") });
});

test('a token that answers 404 once is asked once more', async () => {
  const source = answering({
    '/list': [{ items: [], next_page_token: 'a' }],
    '/list?page-token=a': [notFound(), { items: [{ id: 1 }] }],
  });
  const { pages: read, error } = await walk(pages(source, '/list', '/list'));
  expect(error).toBeUndefined();
  expect(read.at(-1)?.items).toEqual([{ id: 1 }]);
});

test('a token that answers 404 twice is TokenNotFound', async () => {
  const source = answering({
    '/list': [{ items: [], next_page_token: 'a' }],
    '/list?page-token=a': [notFound(), notFound()],
  });
  const { error } = await walk(pages(source, '/list', '/list'));
  expect(error).toBeInstanceOf(TokenNotFound);
  expect(error).toMatchObject({ failure: 'not-found', status: 404 });
  expect(source.asked).toHaveLength(3);
});

test('a list that is not found itself is asked once and is no TokenNotFound', async () => {
  const source = answering({ '/list': [notFound()] });
  const { error } = await walk(pages(source, '/list', '/list'));
  expect(error).not.toBeInstanceOf(TokenNotFound);
  expect(error).toMatchObject({ failure: 'not-found' });
  expect(source.asked).toHaveLength(1);
});

test('any other error of a page passes through', async () => {
  const source = answering({
    '/list': [{ items: [], next_page_token: 'a' }],
    '/list?page-token=a': [new HttpError('no', { failure: 'forbidden', path: '/list' })],
  });
  expect((await walk(pages(source, '/list', '/list'))).error).toMatchObject({ failure: 'forbidden' });
  expect(source.asked).toHaveLength(2);
});

/** Where `next` is on the server that was asked. */
const fullUrl = (request: IncomingMessage, next: string): string =>
  next.startsWith('/') ? `http://${request.headers.host}${next}` : next;

describe.each<{ style: PageStyle; page: (items: unknown, next?: string) => Handler }>([
  {
    style: 'link',
    page: (items, next) => (request, response) => {
      const link =
        next === undefined ? '' : `<${fullUrl(request, next)}>; rel="next", <https://a/>; rel="last"`;
      json(items, 200, { link })(request, response);
    },
  },
  {
    style: 'cursor',
    page: (items, next) => (request, response) => {
      const links = next === undefined ? { self: 'x' } : { next: fullUrl(request, next), prev: null };
      json({ items, links })(request, response);
    },
  },
])('$style', ({ style, page }) => {
  const second = '/api/v2/list?state[]=a&state%5B%5D=b&page=2';

  test('is followed word for word to the end, with the options of the list', async () => {
    const server = await scripted(page([{ id: 1 }], second), page([{ id: 2 }]));
    const options = { headers: { 'buildkite-version': '2026-08-01' } };
    const list = pages(clientOf(server), '/list?per_page=100', '/list', style, options);
    const { pages: read, error } = await walk(list);
    expect(error).toBeUndefined();
    expect(read.map(({ items, last, next }) => ({ items, last, next }))).toEqual([
      { items: [{ id: 1 }], last: false, next: server.url.origin + second },
      { items: [{ id: 2 }], last: true, next: undefined },
    ]);
    expect(server.requests.map(({ url }) => url)).toEqual(['/api/v2/list?per_page=100', second]);
    for (const { headers } of server.requests) expect(headers['buildkite-version']).toBe('2026-08-01');
  });

  test('to another origin is refused, nothing is sent there', async () => {
    const elsewhere = await scripted(page([]));
    const server = await scripted(page([{ id: 1 }], `${elsewhere.url.href}/list?page=2&signature=hidden`));
    const client = clientOf(server, { source: 'Buildkite' });
    const { pages: read, error } = await walk(pages(client, '/organizations/x', '/organizations/{o}', style));
    expect(read).toHaveLength(1);
    expect(error).toMatchObject({
      failure: 'unreadable',
      path: '/organizations/{o}',
      message: `Buildkite leads away from ${server.url.origin} to ${elsewhere.url.origin} for /organizations/{o}; the token is not sent there.`,
    });
    expect(elsewhere.requests).toHaveLength(0);
  });

  test('that comes twice ends the walk with an error that shows it', async () => {
    const server = await scripted(page([{ id: 1 }], second));
    const { pages: read, error } = await walk(pages(clientOf(server), '/list', '/list', style));
    expect(read).toHaveLength(2);
    expect(error).toMatchObject({
      failure: 'unreadable',
      path: second,
      message: expect.stringContaining(`'${server.url.origin}${second}' came twice`),
    });
  });

  test('that is not found twice is TokenNotFound', async () => {
    const server = await scripted(page([{ id: 1 }], second), json({ message: 'No page' }, 404));
    const { error } = await walk(pages(clientOf(server), '/list', '/list', style));
    expect(error).toBeInstanceOf(TokenNotFound);
    expect(error).toMatchObject({ status: 404, path: second });
    expect(server.requests).toHaveLength(3);
  });
});

test('an object is one page with one row', async () => {
  const source = answering({ '/me': [{ id: 1, items: [{ id: 2 }], next_page_token: 'a' }] });
  const { pages: read } = await walk(pages(source, '/me', '/me', 'object'));
  expect(read).toMatchObject([{ items: [{ id: 1 }], last: true, next: undefined }]);
  expect(source.asked).toEqual(['/me']);
});

test.each<[PageStyle, string, unknown, HeaderFields, string]>([
  ['link', 'an object', { items: [] }, {}, 'expected an array, found an object'],
  ['link', 'a null item', [{}, null], {}, 'expected an object as items[1], found null'],
  ['link', 'a bad header', [], { link: 'next' }, "expected a header 'Link' as in RFC 8288"],
  ['link', 'a path', [], { link: '</x>; rel=next' }, "a full URL for the next page in 'Link', found '/x'"],
  ['cursor', 'an array', [], {}, 'expected an object, found an array'],
  ['cursor', 'no items', { links: {} }, {}, "expected an array 'items', found nothing"],
  [
    'cursor',
    'no object of links',
    { items: [], links: 'x' },
    {},
    "expected an object 'links', found a string",
  ],
  ['cursor', 'a number', { items: [], links: { next: 7 } }, {}, "a string or null as 'links.next'"],
  ['cursor', 'a path', { items: [], links: { next: '/x' } }, {}, "'links.next', found '/x'"],
  ['object', 'an array', [], {}, 'expected an object, found an array'],
])('%s: %s is unreadable', async (style, _, body, headers, text) => {
  const source = answering({ '/list': [body] }, { '/list': headers });
  const { pages: read, error } = await walk(pages(source, '/list', '/list', style));
  expect(read).toEqual([]);
  expect(error).toMatchObject({
    failure: 'unreadable',
    path: '/list',
    message: expect.stringContaining(text),
  });
});

test.each([{ items: [] }, { items: [], links: null }, { items: [], links: { next: null } }])(
  'a cursor ends with %o',
  async (body) => {
    const { pages: read } = await walk(pages(answering({ '/list': [body] }), '/list', '/list', 'cursor'));
    expect(read).toMatchObject([{ last: true }]);
  },
);
