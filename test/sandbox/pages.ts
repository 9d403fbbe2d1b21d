import type { Coins } from './coins.js';

/** An answer of the sandbox: a row or page, or how it was refused. */
export const NOT_FOUND = 'not found';
export const INVALID_TOKEN = 'invalid page token';
/** 403. Only of endpoints for which the token has no permission, and of outputs whose URL has expired. */
export const FORBIDDEN = 'forbidden';
export type Refusal = typeof NOT_FOUND | typeof INVALID_TOKEN | typeof FORBIDDEN;

export interface Slice<Item> {
  readonly items: readonly Item[];
  readonly nextPageToken: string | null;
}

export type PagingCoins = Pick<Coins, 'pageTokens' | 'lastPage'>;

/** Only the list of a project's pipelines is on record for an end that is a 404 (circleci-docs#6472). */
export function withoutNotFound({ pageTokens, lastPage }: PagingCoins): PagingCoins {
  return { pageTokens, lastPage: lastPage === 'not found' ? 'plain' : lastPage };
}

/** The items of a list in their order, without the need to have all of them at hand. */
export interface Sequence<Item> {
  readonly length: number;
  at(position: number): Item;
  keyOf(item: Item): string;
  /** Position of the first item behind the one with the key, present or not. */
  after(key: string): number;
}

/** A place in one list: a distance from the top, or the key of the item before. `over` marks the end. */
interface Place {
  list: string;
  offset?: number;
  key?: string;
  over?: boolean;
}

/**
 * One page. With offsets an item that arrives at the top moves the last of one page to the next; with cursors it does
 * not. Which of the two the API does is undocumented.
 */
export function page<Item>(
  list: string,
  sequence: Sequence<Item>,
  token: string | null,
  pageSize: number,
  coins: PagingCoins,
): Slice<Item> | Refusal {
  const place = token === null ? { list, offset: 0 } : decode(token);
  if (place === undefined || place.list !== list) return INVALID_TOKEN;
  if (place.over && coins.lastPage === 'not found') return NOT_FOUND;
  const from = place.key === undefined ? (place.offset ?? 0) : sequence.after(place.key);
  const to = Math.min(sequence.length, from + pageSize);
  const items: Item[] = [];
  for (let position = from; position < to; position++) items.push(sequence.at(position));

  const more = to < sequence.length;
  const full = items.length === pageSize;
  const extra =
    items.length > 0 && (coins.lastPage === 'empty when full' ? full : coins.lastPage !== 'plain');
  if (!more && !extra) return { items, nextPageToken: null };
  const last = items.at(-1);
  const next: Place =
    coins.pageTokens === 'cursor' && last !== undefined
      ? { list, key: sequence.keyOf(last) }
      : { list, offset: from + items.length };
  return { items, nextPageToken: encode(more ? next : { ...next, over: true }) };
}

/** A sequence in memory. */
export function listed<Item>(items: readonly Item[], keyOf: (item: Item) => string): Sequence<Item> {
  return {
    length: items.length,
    at: (position) => items[position] as Item,
    keyOf,
    after: (key) => items.findIndex((item) => keyOf(item) === key) + 1,
  };
}

const encode = (place: Place): string => Buffer.from(JSON.stringify(place)).toString('base64url');

function decode(token: string): Place | undefined {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString()) as Place;
  } catch {
    return undefined;
  }
}
