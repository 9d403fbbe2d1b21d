import type { Page, Row } from '../http/pagination.js';
import { TokenNotFound } from '../http/pagination.js';
import { endOfSecond, parseTimestamp } from '../time.js';
import type { Need } from './need.js';
import { nameOf, type VisitRequest } from './visit-request.js';

/** What one stream wants of a pass over a list. */
export interface PassPlan {
  /** Oldest `created_at` that the stream asks for, in milliseconds since 1970. */
  readonly floor: number;
  /** Newest `created_at` that it asks for, likewise; Infinity: no end. */
  readonly newest: number;
  /** What it wants of a row; undefined: nothing. */
  need(id: string, created: number): Need | undefined;
}

/** By partition of the list and stream. */
export type PassPlans = ReadonlyMap<string, ReadonlyMap<string, PassPlan>>;

/** What is to be done next, in the order of the list. */
export type PassStep =
  /** Something of this row is wanted. */
  | { readonly kind: 'visit'; readonly request: VisitRequest }
  /** The floor of these streams has been passed. `isDoubtful`: only a 404 says that the list ends here. */
  | {
      readonly kind: 'passed';
      readonly partition: string;
      readonly streams: readonly string[];
      readonly isDoubtful: boolean;
    };

/** How a pass reads the rows of a list. */
export interface PassOptions {
  /** Start of the run. */
  readonly now: number;
  /** What was created before may have expired, so that a list may end there. */
  readonly expiredBefore: number;
  /** What names a row within its partition: empty for one that names nothing, as CircleCI shows what has expired. */
  readonly idOf: (row: Row) => string;
  /** Key under which the state knows what the row belongs to; undefined: nothing that is read. */
  readonly partitionOf: (row: Row) => string | undefined;
  /** Told of every row without id. */
  readonly withoutId: () => void;
}

/**
 * Goes over the pages of a list, newest first, and says what is to be visited.
 * Page tokens may behave like offsets: rows that arrive while the list is read shift the others down,
 * so whatever is newer than the last one taken has been seen and is passed over.
 * @throws HttpError when a page could not be read
 */
export async function* passOver(
  pages: AsyncIterable<Page>,
  plans: PassPlans,
  { now, expiredBefore, idOf, partitionOf, withoutId }: PassOptions,
): AsyncGenerator<PassStep> {
  const pending = new Map([...plans].map(([partition, streams]) => [partition, new Map(streams)]));
  const position = new Position();
  try {
    for await (const page of pages) {
      const { receivedAt } = page.answer;
      let newest = Number.NEGATIVE_INFINITY;
      for (const row of page.items) {
        const id = idOf(row);
        if (id === '') {
          withoutId();
          continue;
        }
        const created = parseTimestamp(row.created_at) ?? position.createdOr(now);
        // What comes on the next page may be younger by less than a second.
        newest = Math.max(newest, endOfSecond(created));
        const partition = partitionOf(row);
        if (partition === undefined) continue;
        if (!position.take(nameOf({ partition, id }), created, row)) continue;
        const needs = needsOf(id, created, pending.get(partition));
        if (needs.size > 0) {
          yield { kind: 'visit', request: { partition, id, created, root: { row, receivedAt }, needs } };
        }
      }
      // A page without rows is older than nothing.
      if (!Number.isFinite(newest)) continue;
      for (const [partition, streams] of passedAt(newest, pending)) {
        yield { kind: 'passed', partition, streams, isDoubtful: false };
        for (const stream of streams) pending.get(partition)?.delete(stream);
        if (pending.get(partition)?.size === 0) pending.delete(partition);
      }
      if (pending.size === 0) return;
    }
  } catch (error) {
    // https://github.com/circleci/circleci-docs/issues/6472: the last page's token may lead to a 404.
    if (!(error instanceof TokenNotFound) || !position.mayBeTheEnd(expiredBefore)) throw error;
    yield* allPassed(pending, true);
    return;
  }
  yield* allPassed(pending, false);
}

/** The streams whose floor lies above a page whose newest row was created at `newest`. */
function passedAt(newest: number, pending: PassPlans): [partition: string, streams: string[]][] {
  const passed: [string, string[]][] = [];
  for (const [partition, plans] of pending) {
    const streams = [...plans].filter(([, { floor }]) => newest < floor).map(([stream]) => stream);
    if (streams.length > 0) passed.push([partition, streams]);
  }
  return passed;
}

function* allPassed(pending: PassPlans, isDoubtful: boolean): Generator<PassStep> {
  for (const [partition, plans] of pending) {
    yield { kind: 'passed', partition, streams: [...plans.keys()], isDoubtful };
  }
}

function needsOf(
  id: string,
  created: number,
  plans: ReadonlyMap<string, PassPlan> | undefined,
): Map<string, Need> {
  const needs = new Map<string, Need>();
  for (const [stream, plan] of plans ?? []) {
    const need = plan.need(id, created);
    if (need !== undefined) needs.set(stream, need);
  }
  return needs;
}

/** How far a pass has come. */
class Position {
  #created = Number.POSITIVE_INFINITY;
  /** What was taken that was created in the same second as the last one: within it a list may have any order. */
  #ties = new Set<string>();
  #isFirstOfProject = false;

  /** Where a row stands whose own time cannot be read: beside the one before it, or at the top. */
  createdOr(top: number): number {
    return Number.isFinite(this.#created) ? this.#created : top;
  }

  /** Moves on to the row; false when it has been taken before. */
  take(name: string, created: number, row: Row): boolean {
    const [reached, own] = [endOfSecond(this.#created), endOfSecond(created)];
    if (own > reached || (own === reached && this.#ties.has(name))) return false;
    if (own < reached) this.#ties = new Set();
    this.#ties.add(name);
    this.#created = created;
    this.#isFirstOfProject = row.number === 1;
    return true;
  }

  /** Whether a list may well end here: the project's first pipeline was seen, or one that may have expired. */
  mayBeTheEnd(expiredBefore: number): boolean {
    return this.#isFirstOfProject || this.#created < expiredBefore;
  }
}
