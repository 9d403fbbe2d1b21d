import { type HttpError, TapError } from '../errors.js';
import type { Run } from './run.js';
import type { Visit } from './visit.js';

/** More failed pipelines than this end the project's sync, */
const mostFailures = 100;
/** and so does a larger share of those visited, unless they are a handful, which says nothing about the rest. */
const largestShare = 0.05;
const handful = 5;

/** Counts and reports what could not be read of a project. */
export class Tally {
  readonly #run: Run;
  readonly #project: string;
  #visited = 0;
  #failed = 0;
  #missing = 0;
  #withoutId = 0;

  constructor(run: Run, project: string) {
    this.#run = run;
    this.#project = project;
  }

  visit({ request, results, missing, withoutId }: Visit): void {
    this.#visited++;
    this.#missing += missing;
    this.#withoutId += withoutId;
    let hasFailed = false;
    for (const [stream, result] of results) {
      if (result.kind === 'forbidden') continue;
      for (const error of result.errors) {
        hasFailed = true;
        this.#run.fail(
          `${this.#project}: ${stream} of pipeline ${request.id} could not be read and will be asked again in ` +
            `the next run. ${error.line}`,
        );
      }
    }
    if (hasFailed) this.#failed++;
  }

  withoutId(): void {
    this.#withoutId++;
  }

  forbidden(stream: string, error: HttpError): void {
    this.#run.fail(`${this.#project}: ${stream} are left out of this run. ${error.line}`);
  }

  givenUp(stream: string, pipeline: string): void {
    this.#run.log.warning(
      `${this.#project}: pipeline ${pipeline} never settled and its newest workflow is older than 91 days; ` +
        `${stream} no longer asks for it.`,
    );
  }

  /** Whether so much is broken that going on makes no sense. */
  get hasTooManyFailures(): boolean {
    if (this.#failed > mostFailures) return true;
    return this.#failed > handful && this.#failed > this.#visited * largestShare;
  }

  /** @throws TapError that ends the project's sync for this run */
  refuseTooManyFailures(): void {
    if (!this.hasTooManyFailures) return;
    throw new TapError(
      `${this.#failed} of ${this.#visited} pipelines could not be read, so the project is left for this run.`,
    );
  }

  end(): void {
    if (this.#missing === 0 && this.#withoutId === 0) return;
    this.#run.log.info(
      `${this.#project}: ${this.#missing} answers 404 below pipelines and ${this.#withoutId} rows without id, as ` +
        'CircleCI shows what has expired, were left out.',
    );
  }
}
