import type { Page, Row } from '../http/pagination.js';
import { TokenNotFound } from '../http/pagination.js';
import { formatTimestamp, parseTimestamp } from '../time.js';
import { type Need, rerunWindow } from './entry.js';
import type { VisitRequest } from './visit-request.js';

/** What one stream wants of a pass over the project's pipelines. */
export interface PassPlan {
  /** Oldest `created_at` that the stream asks for. */
  readonly floor: number;
  need(id: string, created: number): Need | undefined;
}

export type PassStep =
  | { readonly kind: 'visit'; readonly request: VisitRequest }
  /** The floor of these streams has been passed. `isDoubtful`: only a 404 says that the list ends here. */
  | { readonly kind: 'passed'; readonly streams: readonly string[]; readonly isDoubtful: boolean };

/**
 * Goes over the pages of a project's pipelines, newest first, and says what is to be visited.
 * Page tokens may behave like offsets: pipelines that arrive while the list is read shift the others down,
 * so whatever is newer than the last one taken has been seen and is passed over.
 * @param withoutId told of every row with a null id, as the API shows what has expired
 * @throws HttpError when a page could not be read
 */
export async function* passOver(
  pages: AsyncIterable<Page>,
  plans: ReadonlyMap<string, PassPlan>,
  { now, withoutId }: { now: number; withoutId: () => void },
): AsyncGenerator<PassStep> {
  const pending = new Map(plans);
  const position = new Position();
  try {
    for await (const page of pages) {
      const extracted = formatTimestamp(page.answer.receivedAt);
      let newest = Number.NEGATIVE_INFINITY;
      for (const row of page.items) {
        const { id } = row;
        if (typeof id !== 'string' || id === '') {
          withoutId();
          continue;
        }
        const pipeline = { id, created: parseTimestamp(row.created_at) ?? position.createdOr(now) };
        newest = Math.max(newest, pipeline.created);
        if (!position.take(pipeline, row)) continue;
        const needs = needsOf(pipeline, pending);
        if (needs.size > 0) {
          yield { kind: 'visit', request: { ...pipeline, pipeline: { row, extracted }, needs } };
        }
      }
      // A page without pipelines is older than nothing.
      const isOlder = ({ floor }: PassPlan) => Number.isFinite(newest) && newest < floor;
      const streams = [...pending].filter(([, plan]) => isOlder(plan)).map(([stream]) => stream);
      if (streams.length > 0) yield { kind: 'passed', streams, isDoubtful: false };
      for (const stream of streams) pending.delete(stream);
      if (pending.size === 0) return;
    }
  } catch (error) {
    // https://github.com/circleci/circleci-docs/issues/6472: the last page's token may lead to a 404.
    if (!(error instanceof TokenNotFound) || !position.mayBeTheEnd(now)) throw error;
    yield { kind: 'passed', streams: [...pending.keys()], isDoubtful: true };
    return;
  }
  yield { kind: 'passed', streams: [...pending.keys()], isDoubtful: false };
}

function needsOf(
  { id, created }: { id: string; created: number },
  plans: ReadonlyMap<string, PassPlan>,
): Map<string, Need> {
  const needs = new Map<string, Need>();
  for (const [stream, plan] of plans) {
    const need = plan.need(id, created);
    if (need !== undefined) needs.set(stream, need);
  }
  return needs;
}

/** How far a pass has come. */
class Position {
  #created = Number.POSITIVE_INFINITY;
  /** Pipelines taken that were created in the same millisecond as the last one. */
  #ties = new Set<string>();
  #isFirstOfProject = false;

  /** Where a pipeline stands whose own time cannot be read: beside the one before it, or at the top. */
  createdOr(top: number): number {
    return Number.isFinite(this.#created) ? this.#created : top;
  }

  /** Moves on to the pipeline; false when it has been taken before. */
  take({ id, created }: { id: string; created: number }, row: Row): boolean {
    if (created > this.#created || (created === this.#created && this.#ties.has(id))) return false;
    if (created < this.#created) this.#ties = new Set();
    this.#ties.add(id);
    this.#created = created;
    this.#isFirstOfProject = row.number === 1;
    return true;
  }

  /** Whether a list may well end here: the project's first pipeline was seen, or one that may have expired. */
  mayBeTheEnd(now: number): boolean {
    return this.#isFirstOfProject || this.#created < now - rerunWindow;
  }
}
