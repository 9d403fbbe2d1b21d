import { failedWith, failureOf, type HttpError, TapError } from '../errors.js';
import type { TimedRow } from '../http/object.js';
import type { Row } from '../http/pagination.js';
import type { Finding } from './fold.js';
import type { VisitRequest } from './visit-request.js';

/** What one stream learned from a visit: something to fold, or that its endpoint is forbidden. */
export type StreamResult =
  | { readonly kind: 'found'; readonly finding: Finding; readonly errors: readonly TapError[] }
  | { readonly kind: 'forbidden'; readonly error: HttpError };

/** What a source makes of the rows that a visit has read. */
export type Judge = (stream: string, gathered: Gathered) => Pick<Finding, 'settled' | 'newest'>;

/** Gathers what is found and what goes wrong during a visit, and says at the end what it means for each stream. */
export class Gathered {
  readonly request: VisitRequest;
  /** The row that is visited; undefined until it is known. */
  root: TimedRow | undefined;
  /** Rows of lists directly below it, by stream. */
  readonly listed = new Map<string, readonly Row[]>();
  /** Answers 404. */
  missing = 0;
  /** Rows that name nothing. */
  withoutId = 0;
  /** Rows that have nothing below them by their kind. */
  skipped = 0;
  readonly #errors = new Map<string, TapError[]>();
  readonly #forbidden = new Map<string, HttpError>();
  readonly #gone = new Set<string>();

  constructor(request: VisitRequest) {
    this.request = request;
    this.root = request.root;
  }

  /**
   * Reads something that `streams` need; what cannot be read becomes their error and yields nothing.
   * A 404 means that there is nothing, or, where `missing` says so, that the visited row itself is gone.
   * @throws whatever ends the run: a refused token, Stopped, a fault of the program.
   */
  async attempt<Item>(
    streams: readonly string[],
    missing: 'nothing' | 'gone',
    read: () => Promise<Item[]>,
  ): Promise<Item[]> {
    try {
      return await read();
    } catch (error) {
      this.#take(streams, error, missing);
      return [];
    }
  }

  /** The same for what needs no request. */
  collect<Item>(streams: readonly string[], make: () => Item[]): Item[] {
    try {
      return make();
    } catch (error) {
      this.#take(streams, error, 'nothing');
      return [];
    }
  }

  /** Whether anything could not be read. */
  get hasFailed(): boolean {
    return this.#errors.size + this.#forbidden.size + this.#gone.size > 0;
  }

  /** What all of that means for each stream that needed something. */
  results(judge: Judge): Map<string, StreamResult> {
    const { id, created, needs } = this.request;
    const results = new Map<string, StreamResult>();
    for (const stream of needs.keys()) {
      const error = this.#forbidden.get(stream);
      if (error !== undefined) results.set(stream, { kind: 'forbidden', error });
      else {
        const finding = { id, created, outcome: this.#outcomeFor(stream), ...judge(stream, this) };
        results.set(stream, { kind: 'found', finding, errors: this.#errors.get(stream) ?? [] });
      }
    }
    return results;
  }

  #outcomeFor(stream: string): Finding['outcome'] {
    if (this.#errors.has(stream)) return 'failed';
    return this.#gone.has(stream) ? 'gone' : 'read';
  }

  #take(streams: readonly string[], error: unknown, missing: 'nothing' | 'gone'): void {
    if (!(error instanceof TapError)) throw error;
    const failure = failureOf(error);
    if (failure === 'unauthorized') throw error;
    if (failure === 'not-found') this.missing++;
    for (const stream of streams) {
      if (failure === 'not-found' && missing === 'gone') this.#gone.add(stream);
      if (failedWith(error, 'forbidden')) this.#forbidden.set(stream, error);
      if (failure === 'unreadable') this.#errors.set(stream, [...(this.#errors.get(stream) ?? []), error]);
    }
  }
}
