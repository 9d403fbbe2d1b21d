import type { BuildkiteAnswer } from './answers.js';
import { answered } from './answers.js';
import { BadQuery } from './query.js';

/** The items of a list in their order, without the need to have all of them at hand. */
export interface Sequence<Item> {
  readonly length: number;
  at(position: number): Item;
}

export function sequence<Item>(items: readonly Item[]): Sequence<Item> {
  return { length: items.length, at: (position) => items[position] as Item };
}

export interface PageNumber {
  readonly page: number;
  readonly perPage: number;
}

const DEFAULT = 30;
const MOST = 100;

/** More than 100 per page are cut down to 100. */
export function pageNumberOf(query: URLSearchParams): PageNumber {
  const number = (name: string, otherwise: number) => {
    const value = Number(query.get(name) ?? otherwise);
    return Number.isInteger(value) && value > 0 ? value : otherwise;
  };
  return { page: number('page', 1), perPage: Math.min(MOST, number('per_page', DEFAULT)) };
}

export function itemsOfPage<Item>(list: Sequence<Item>, { page, perPage }: PageNumber): Item[] {
  const from = (page - 1) * perPage;
  const length = Math.max(0, Math.min(perPage, list.length - from));
  return Array.from({ length }, (_, index) => list.at(from + index));
}

/**
 * One page with a `Link` header: `next` and `last` unless it is the last one, `prev` and `first` unless it is the
 * first; an empty header when there is one page only (recorded). A page behind the end is an empty list.
 */
export function linkedPage<Item>(
  list: Sequence<Item>,
  url: URL,
  rowOf: (item: Item) => unknown,
): BuildkiteAnswer {
  const place = pageNumberOf(url.searchParams);
  const rows = itemsOfPage(list, place).map(rowOf);
  return answered(rows, { link: linkHeader(list.length, place, url) });
}

export function linkHeader(length: number, { page, perPage }: PageNumber, url: URL): string {
  const pages = Math.max(1, Math.ceil(length / perPage));
  const to = (number: number, rel: string) => {
    const target = new URL(url);
    target.searchParams.set('page', String(number));
    target.searchParams.set('per_page', String(perPage));
    return `<${target}>; rel="${rel}"`;
  };
  const links = [
    ...(page < pages ? [to(page + 1, 'next'), to(pages, 'last')] : []),
    ...(page > 1 ? [to(page - 1, 'prev'), to(1, 'first')] : []),
  ];
  return links.join(', ');
}

/** `{items, links}` as the list of jobs has it; a cursor names the item before. */
export function cursorPage<Item extends { readonly id: string }>(
  items: readonly Item[],
  url: URL,
  rowOf: (item: Item) => unknown,
): BuildkiteAnswer {
  const query = url.searchParams;
  const perPage = Number(query.get('per_page') ?? DEFAULT);
  if (!Number.isInteger(perPage) || perPage < 1 || perPage > MOST)
    throw new BadQuery('per_page must be between 1 and 100');
  const after = query.get('after');
  const before = query.get('before');
  const cursor = after ?? before;
  const found = cursor === null ? -1 : items.findIndex((item) => cursorOf(item) === cursor);
  if (cursor !== null && found < 0) throw new BadQuery('Invalid cursor');
  const from = after === null && before !== null ? Math.max(0, found - perPage) : found + 1;
  const to = Math.min(items.length, from + perPage);
  const page = items.slice(from, to);
  const link = (name?: 'after' | 'before', item?: Item) => {
    const target = new URL(url);
    target.searchParams.delete('after');
    target.searchParams.delete('before');
    if (name !== undefined && item !== undefined) target.searchParams.set(name, cursorOf(item));
    return target.toString();
  };
  return answered({
    items: page.map(rowOf),
    links: {
      self: url.toString(),
      ...(to < items.length ? { next: link('after', page.at(-1)) } : {}),
      ...(from > 0 ? { first: link(), prev: link('before', page[0]) } : {}),
    },
  });
}

const cursorOf = ({ id }: { readonly id: string }): string =>
  Buffer.from(`after ${id}`).toString('base64url');
