import { expect, test } from 'vitest';
import { HttpError } from '../../src/errors.js';
import type { Answer } from '../../src/http/client.js';
import { type Page, pages, TokenNotFound } from '../../src/http/pagination.js';
import { client, json, serve } from './server.js';

/** Answers by the path that is asked for; a list of answers is used up in order. */
function answering(bodies: Record<string, unknown[]>): {
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
      return { status: 200, body, receivedAt: 0, date: undefined };
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
  const server = await serve(
    json({ items: [{ id: 1 }], next_page_token: 'a+/=' }),
    json({ items: [], next_page_token: 'b' }),
    json({ items: [{ id: 2 }], next_page_token: null }),
  );
  const { client: http } = client(server.url);
  const { pages: read, error } = await walk(pages(http, '/list?branch=x', '/list'));
  await http.close();
  await server.close();
  expect(error).toBeUndefined();
  expect(read.map(({ items, last }) => ({ items, last }))).toEqual([
    { items: [{ id: 1 }], last: false },
    { items: [], last: false },
    { items: [{ id: 2 }], last: true },
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
