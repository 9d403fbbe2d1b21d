import { type HttpError, TapError } from '../errors.js';
import type { Run } from './run.js';
import type { Visit } from './visit.js';

/** More failed rows than this end the sync of a list, */
const mostFailures = 100;
/** and so does a larger share of those visited, unless they are a handful, which says nothing about the rest. */
const largestShare = 0.05;
const handful = 5;

/** Counts and reports what could not be read of a list. */
export class Tally {
  readonly #run: Run;
  /** Whose list it is, */
  readonly #name: string;
  /** and what its rows are. */
  readonly #item: string;
  #visited = 0;
  #failed = 0;
  #missing = 0;
  #withoutId = 0;
  #skipped = 0;

  constructor(run: Run, name: string, item: string) {
    this.#run = run;
    this.#name = name;
    this.#item = item;
  }

  visit({ request, results, missing, withoutId, skipped }: Visit): void {
    this.#visited++;
    this.#missing += missing;
    this.#withoutId += withoutId;
    this.#skipped += skipped;
    let hasFailed = false;
    for (const [stream, result] of results) {
      if (result.kind === 'forbidden') continue;
      for (const error of result.errors) {
        hasFailed = true;
        // A number says nothing without its pipeline.
        const name = this.#run.state.nameOf(request.partition) ?? this.#name;
        this.#run.fail(
          `${name}: ${stream} of ${this.#item} ${request.id} could not be read and will be asked again in ` +
            `the next run. ${error.line}`,
        );
      }
    }
    if (hasFailed) this.#failed++;
  }

  withoutId(): void {
    this.#withoutId++;
  }

  forbidden(stream: string, error: HttpError, permissions: readonly string[]): void {
    const needed = permissions.join(' and ');
    this.#run.fail(`${this.#name}: ${stream} are left out of this run; they need ${needed}. ${error.line}`);
  }

  givenUp(stream: string, pipeline: string): void {
    this.#run.log.warning(
      `${this.#name}: pipeline ${pipeline} never settled and its newest workflow is older than 91 days; ` +
        `${stream} no longer asks for it.`,
    );
  }

  /** Whether so much is broken that going on makes no sense. */
  get hasTooManyFailures(): boolean {
    if (this.#failed > mostFailures) return true;
    return this.#failed > handful && this.#failed > this.#visited * largestShare;
  }

  /** @throws TapError that ends the list's sync for this run */
  refuseTooManyFailures(): void {
    if (!this.hasTooManyFailures) return;
    throw new TapError(
      `${this.#failed} of ${this.#visited} ${this.#item}s could not be read, so the rest is left for this run.`,
    );
  }

  end(): void {
    if (this.#skipped > 0) {
      this.#run.log.info(
        `${this.#name}: ${this.#skipped} approvals and jobs without a number were passed over; they have no details.`,
      );
    }
    if (this.#missing === 0 && this.#withoutId === 0) return;
    this.#run.log.info(
      `${this.#name}: ${this.#missing} answers 404 below ${this.#item}s and ${this.#withoutId} rows without ` +
        'id, as what has expired is shown, were left out.',
    );
  }
}
