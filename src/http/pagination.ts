import { HttpError } from '../errors.js';
import { isObject, type JsonObject } from '../json.js';
import type { Answer, HttpClient } from './client.js';
import { withQuery } from './url.js';

/** A row as the API sent it. */
export type Row = JsonObject;

export interface Page {
  readonly items: readonly Row[];
  readonly answer: Answer;
  /** Whether the server has named no further page. */
  readonly last: boolean;
}

/** A page that the server itself had named is not found; the pages before it were. */
export class TokenNotFound extends HttpError {
  override readonly name = 'TokenNotFound';
}

/**
 * The pages of a CircleCI v2 list, in the server's order: query `page-token`, body
 * `{items, next_page_token}`.
 *
 * @param endpoint the path's template, for metrics
 * @throws HttpError as `client.get` does; `unreadable` for a body of another shape and for a token
 * that comes twice, after the page that brought it; TokenNotFound for a page other than the first
 * that answered 404 twice (https://github.com/circleci/circleci-docs/issues/6472)
 */
export async function* pages(
  client: Pick<HttpClient, 'get'>,
  path: string,
  endpoint: string,
): AsyncGenerator<Page> {
  const seen = new Set<string>();
  let token: string | undefined;
  do {
    const asked = withQuery(path, { 'page-token': token });
    const answer = await (token === undefined
      ? client.get(path, endpoint)
      : getNamed(client, asked, endpoint));
    const { items, next } = pageIn(answer, asked);
    yield { items, answer, last: next === undefined };
    if (next !== undefined && seen.has(next)) {
      throw new HttpError(`The list ${path} goes round in circles: the page token '${next}' came twice.`, {
        failure: 'unreadable',
        path: asked,
        status: answer.status,
      });
    }
    if (next !== undefined) seen.add(next);
    token = next;
  } while (token !== undefined);
}

async function getNamed(client: Pick<HttpClient, 'get'>, path: string, endpoint: string): Promise<Answer> {
  try {
    return await client.get(path, endpoint);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  try {
    return await client.get(path, endpoint);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const { message, failure, status, next } = error;
    throw new TokenNotFound(message, { failure, path: error.path, status, next, cause: error });
  }
}

function isNotFound(error: unknown): error is HttpError {
  return error instanceof HttpError && error.failure === 'not-found';
}

function pageIn(answer: Answer, path: string): { items: readonly Row[]; next: string | undefined } {
  const { body } = answer;
  if (!isObject(body)) throw unexpected(answer, path, 'an object', kindOf(body));
  const { items, next_page_token: next } = body;
  if (!Array.isArray(items)) throw unexpected(answer, path, "an array 'items'", kindOf(items));
  const rows: Row[] = [];
  const found: readonly unknown[] = items;
  for (const [index, item] of found.entries()) {
    if (!isObject(item)) throw unexpected(answer, path, `an object as items[${index}]`, kindOf(item));
    rows.push(item);
  }
  if (next !== undefined && next !== null && typeof next !== 'string') {
    throw unexpected(answer, path, "a string or null as 'next_page_token'", kindOf(next));
  }
  return { items: rows, next: next || undefined };
}

function unexpected(answer: Answer, path: string, expected: string, found: string): HttpError {
  return new HttpError(
    `The answer to ${path} has another shape than a list's page: expected ${expected}, found ${found}.`,
    {
      failure: 'unreadable',
      path,
      status: answer.status,
      next: 'Check base_url.',
    },
  );
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
