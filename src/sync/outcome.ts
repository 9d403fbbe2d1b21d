import { HttpError, TapError } from '../errors.js';
import type { Row } from '../http/pagination.js';
import { pipelines } from '../streams/pipelines.js';
import { isSetUp, isWorkflowSettled, newestOf } from './due.js';
import { type Bounds, type Finding, isRerunnable } from './entry.js';
import type { TimedRow, VisitRequest } from './visit-request.js';

/** What one stream learned from a visit: something to fold, or that its endpoint is forbidden. */
export type StreamResult =
  | { readonly kind: 'found'; readonly finding: Finding; readonly errors: readonly TapError[] }
  | { readonly kind: 'forbidden'; readonly error: HttpError };

/** Gathers what goes wrong while one pipeline is read, and says at the end what it means for each stream. */
export class Outcome {
  readonly request: VisitRequest;
  pipeline: TimedRow | undefined;
  workflows: readonly Row[] = [];
  missing = 0;
  withoutId = 0;
  readonly #bounds: Bounds;
  readonly #errors = new Map<string, TapError[]>();
  readonly #forbidden = new Map<string, HttpError>();
  readonly #gone = new Set<string>();

  constructor(request: VisitRequest, bounds: Bounds) {
    this.request = request;
    this.pipeline = request.pipeline;
    this.#bounds = bounds;
  }

  /**
   * Reads something that `streams` need; what cannot be read becomes their error and yields nothing.
   * A 404 means that there is nothing, or, where `missing` says so, that the whole pipeline is gone.
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

  /** Whether only the pipeline's own state can still keep it open for the streams below it. */
  get mayLeave(): boolean {
    const finding = this.#findingBelow(pipelines.name);
    return this.#areWorkflowsSettled() && !isRerunnable(finding, this.#bounds);
  }

  results(): Map<string, StreamResult> {
    const results = new Map<string, StreamResult>();
    for (const stream of this.request.needs.keys()) {
      const error = this.#forbidden.get(stream);
      if (error !== undefined) results.set(stream, { kind: 'forbidden', error });
      else {
        const finding = stream === pipelines.name ? this.#findingOfPipeline() : this.#findingBelow(stream);
        results.set(stream, { kind: 'found', finding, errors: this.#errors.get(stream) ?? [] });
      }
    }
    return results;
  }

  #findingOfPipeline(): Finding {
    const { id, created } = this.request;
    const row = this.pipeline?.row ?? {};
    return {
      id,
      created,
      outcome: this.#outcomeFor(pipelines.name),
      settled: isSetUp(row),
      newest: newestOf([row], 'updated_at', created),
    };
  }

  #findingBelow(stream: string): Finding {
    const { id, created } = this.request;
    return {
      id,
      created,
      outcome: this.#outcomeFor(stream),
      settled: this.#areWorkflowsSettled() && isSetUp(this.pipeline?.row ?? {}),
      newest: newestOf(this.workflows, 'created_at', created),
    };
  }

  #areWorkflowsSettled(): boolean {
    return this.workflows.every((workflow) => isWorkflowSettled(workflow, this.#bounds.now));
  }

  #outcomeFor(stream: string): Finding['outcome'] {
    if (this.#errors.has(stream)) return 'failed';
    return this.#gone.has(stream) ? 'gone' : 'read';
  }

  #take(streams: readonly string[], error: unknown, missing: 'nothing' | 'gone'): void {
    if (!(error instanceof TapError)) throw error;
    const failure = error instanceof HttpError ? error.failure : 'unreadable';
    if (failure === 'unauthorized') throw error;
    if (failure === 'not-found') this.missing++;
    for (const stream of streams) {
      if (failure === 'not-found' && missing === 'gone') this.#gone.add(stream);
      if (failure === 'forbidden' && error instanceof HttpError) this.#forbidden.set(stream, error);
      if (failure === 'unreadable') this.#errors.set(stream, [...(this.#errors.get(stream) ?? []), error]);
    }
  }
}
