import { expect, it } from 'vitest';
import type { ApiClient } from '../../src/http/client.js';
import { getObject } from '../../src/http/object.js';

const answering = (body: unknown) => {
  const client: Pick<ApiClient, 'get'> = {
    get: async () => ({ status: 200, headers: {}, body, receivedAt: 7, date: undefined }),
  };
  // It asks nothing else of a client.
  return client as ApiClient;
};

it('an object comes with the time of its answer', async () => {
  const found = await getObject(answering({ id: 'b1' }), '/build/1', '/build/{number}', 'build');
  expect(found).toMatchObject({ row: { id: 'b1' }, receivedAt: 7, answer: { status: 200 } });
});

it.each([[null], [[]], ['text'], [1], [undefined]])('%j is no object, and that is said', async (body) => {
  await expect(getObject(answering(body), '/build/1', '/build/{number}', 'build')).rejects.toMatchObject({
    message: 'GET /build/1 answered no build.',
    failure: 'unreadable',
    path: '/build/1',
    // With a status it is not taken for an answer that was too much.
    status: 200,
  });
});
