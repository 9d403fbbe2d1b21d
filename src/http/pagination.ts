import { failedWith, HttpError } from '../errors.js';
import { isObject, type JsonObject } from '../json.js';
import type { Answer, ApiClient, GetOptions } from './client.js';
import { linkIn } from './link.js';
import { withQuery } from './url.js';

/** A row as the API sent it. */
export type Row = JsonObject;

/**
 * How a list is paged.
 * - `page-token`: body `{items, next_page_token}`, the token goes into the query `page-token`
 * - `link`: the body an array, the next page's URL in the header `Link` with `rel="next"`
 * - `cursor`: body `{items, links: {next}}`, the next page's URL
 * - `object`: no list, the answer is one row
 */
export type PageStyle = 'page-token' | 'link' | 'cursor' | 'object';

/** One page of a list, as the server answered it. */
export interface Page {
  /** In the server's order; may be empty, also where another page follows. */
  readonly items: readonly Row[];
  readonly answer: Answer;
  /** Whether the server has named no further page. */
  readonly last: boolean;
  /** What the server has named for the next page: its token or its URL. */
  readonly next?: string | undefined;
}

/** A page that the server itself had named is not found; the pages before it were. */
export class TokenNotFound extends HttpError {
  override readonly name = 'TokenNotFound';
}

/** What one style of paging finds in an answer. */
type Found = Pick<Page, 'next'> & { readonly items: readonly unknown[] };

interface Style {
  /** What the pages are named by, for texts. */
  readonly named: string;
  /** @throws HttpError for an answer of another shape */
  find(answer: Answer, path: string): Found;
  /** Where the page is that was named `next`. */
  follow(path: string, next: string): string;
}

const styles: Readonly<Record<PageStyle, Style>> = {
  'page-token': {
    named: 'page token',
    find(answer, path) {
      const { items, next_page_token: next } = objectIn(answer, path);
      return { items: arrayIn(answer, path, items), next: textIn(answer, path, 'next_page_token', next) };
    },
    follow: (path, next) => withQuery(path, { 'page-token': next }),
  },
  link: {
    named: 'Link',
    find(answer, path) {
      const { body, headers } = answer;
      if (!Array.isArray(body)) throw unexpected(answer, path, 'an array', kindOf(body));
      const next = linkIn(headers, 'next');
      if (next === 'unreadable') throw unexpected(answer, path, "a header 'Link' as in RFC 8288", 'another');
      return { items: body, next: urlIn(answer, path, 'Link', next.target) };
    },
    follow: (_, next) => next,
  },
  cursor: {
    named: 'link',
    find(answer, path) {
      const { items, links } = objectIn(answer, path);
      const rows = arrayIn(answer, path, items);
      if (links === undefined || links === null) return { items: rows };
      if (!isObject(links)) throw unexpected(answer, path, "an object 'links'", kindOf(links));
      const next = textIn(answer, path, 'links.next', links.next);
      return { items: rows, next: urlIn(answer, path, 'links.next', next) };
    },
    follow: (_, next) => next,
  },
  object: {
    named: 'page',
    find: (answer, path) => ({ items: [objectIn(answer, path)] }),
    follow: (path) => path,
  },
};

/**
 * The pages of a list, in the server's order. A URL that the server names for the next page is followed as
 * it came, filters and all, on the client's own origin.
 *
 * @param path of the first page, or its full URL
 * @param endpoint the path's template, for metrics
 * @param options for the request of each page
 * @throws HttpError as `client.get` does; `unreadable` for an answer of another shape and for a next
 * page that comes twice, after the page that named it; TokenNotFound for a page other than the first
 * that answered 404 twice (https://github.com/circleci/circleci-docs/issues/6472)
 */
export async function* pages(
  client: ApiClient,
  path: string,
  endpoint: string,
  style: PageStyle = 'page-token',
  options?: GetOptions,
): AsyncGenerator<Page> {
  const { find, follow, named } = styles[style];
  const seen = new Set<string>();
  let asked = path;
  for (let isFirst = true; ; isFirst = false) {
    const get = (): Promise<Answer> => client.get(asked, endpoint, options);
    const answer = await (isFirst ? get() : getNamed(get));
    const { next, items } = find(answer, asked);
    yield { items: rowsIn(answer, asked, items), answer, last: next === undefined, next };
    if (next === undefined) return;
    if (seen.has(next)) {
      throw new HttpError(`The list ${path} goes round in circles: the ${named} '${next}' came twice.`, {
        failure: 'unreadable',
        path: pathOf(asked),
        status: answer.status,
      });
    }
    seen.add(next);
    asked = follow(path, next);
  }
}

async function getNamed(get: () => Promise<Answer>): Promise<Answer> {
  try {
    return await get();
  } catch (error) {
    if (!failedWith(error, 'not-found')) throw error;
  }
  try {
    return await get();
  } catch (error) {
    if (!failedWith(error, 'not-found')) throw error;
    const { message, failure, path, status, next } = error;
    throw new TokenNotFound(message, { failure, path, status, next, cause: error });
  }
}

function objectIn(answer: Answer, path: string): JsonObject {
  const { body } = answer;
  if (!isObject(body)) throw unexpected(answer, path, 'an object', kindOf(body));
  return body;
}

function arrayIn(answer: Answer, path: string, items: unknown): readonly unknown[] {
  if (!Array.isArray(items)) throw unexpected(answer, path, "an array 'items'", kindOf(items));
  return items;
}

function rowsIn(answer: Answer, path: string, items: readonly unknown[]): readonly Row[] {
  const rows: Row[] = [];
  for (const [index, item] of items.entries()) {
    if (!isObject(item)) throw unexpected(answer, path, `an object as items[${index}]`, kindOf(item));
    rows.push(item);
  }
  return rows;
}

/** A text that may be missing; an empty one names nothing. */
function textIn(answer: Answer, path: string, member: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value || undefined;
  throw unexpected(answer, path, `a string or null as '${member}'`, kindOf(value));
}

function urlIn(answer: Answer, path: string, member: string, url: string | undefined): string | undefined {
  if (url === undefined || URL.canParse(url)) return url;
  throw unexpected(answer, path, `a full URL for the next page in '${member}'`, `'${url}'`);
}

function unexpected(answer: Answer, asked: string, expected: string, found: string): HttpError {
  const path = pathOf(asked);
  return new HttpError(
    `The answer to ${path} has another shape than a list's page: expected ${expected}, found ${found}.`,
    {
      failure: 'unreadable',
      path,
      status: answer.status,
      next: 'Is the address of the API in the settings right?',
    },
  );
}

/** A page is asked for by its path or by its full URL. */
function pathOf(asked: string): string {
  if (asked.startsWith('/')) return asked;
  const { pathname, search } = new URL(asked);
  return pathname + search;
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
