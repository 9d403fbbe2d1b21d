import { type HttpError, TapError } from '../errors.js';
import type { StreamDefinition } from '../streams/define.js';
import { leftOut } from './left-out.js';
import type { Run } from './run.js';
import type { Visit } from './visit.js';

/** More failed rows than this end the sync of a list. */
const mostFailures = 100;
/** A larger share of failed rows among those visited ends it, too. */
const largestShare = 0.05;
/** So many failed rows say nothing about the rest, whatever their share. */
const handful = 5;

/** What messages call a list and what is in it. */
export interface ListWords {
  /** Whatever the list belongs to: a slug. */
  readonly name: string;
  /** One row of it: pipeline, build, test run. */
  readonly item: string;
  /** Rows that have nothing below them by their kind; undefined where there are none. */
  readonly withoutDetails?: string;
  /** Why a row may have no id, as a clause; undefined where nobody knows. */
  readonly whyWithoutId?: string;
}

/** Counts and reports what could not be read of a list. */
export class Tally {
  readonly #run: Run;
  readonly #words: ListWords;
  #visited = 0;
  #failed = 0;
  #missing = 0;
  #withoutId = 0;
  #skipped = 0;

  constructor(run: Run, words: ListWords) {
    this.#run = run;
    this.#words = words;
  }

  /** Counts a visit, and reports what of it could not be read but for what is forbidden. */
  visit({ request, results, missing, withoutId, skipped }: Visit): void {
    this.#visited++;
    this.#missing += missing;
    this.#withoutId += withoutId;
    this.#skipped += skipped;
    const { name, item } = this.#words;
    let hasFailed = false;
    for (const [stream, result] of results) {
      if (result.kind === 'forbidden') continue;
      for (const error of result.errors) {
        hasFailed = true;
        // A number says nothing without its pipeline.
        const whole = this.#run.state.nameOf(request.partition) ?? name;
        this.#run.fail(
          `${whole}: ${stream} of ${item} ${request.id} could not be read and will be asked again in the next run. ` +
            error.line,
        );
      }
    }
    if (hasFailed) this.#failed++;
  }

  /** Counts a row of the list itself that has no id. */
  withoutId(): void {
    this.#withoutId++;
  }

  /** Reports a stream that is left out from now on; to be called once for each. */
  forbidden(definition: StreamDefinition, error: HttpError): void {
    this.#run.fail(`${this.#words.name}: ${leftOut([definition.name], definition)} ${error.line}`);
  }

  /** Warns of a row that leaves the open list though it may not have been read in its last state. */
  givenUp(stream: string, id: string): void {
    const { name, item } = this.#words;
    this.#run.log.warning(
      `${name}: ${item} ${id} never settled and is too old to change; ${stream} no longer asks for it.`,
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
      `${this.#failed} of ${this.#visited} ${this.#words.item}s could not be read, so the rest is left for this run.`,
    );
  }

  /** Says what was left out without being a failure. */
  end(): void {
    const { name, item, withoutDetails = `${item}s`, whyWithoutId } = this.#words;
    if (this.#skipped > 0) {
      this.#run.log.info(
        `${name}: ${this.#skipped} ${withoutDetails} were passed over; they have no details.`,
      );
    }
    if (this.#missing === 0 && this.#withoutId === 0) return;
    const why = whyWithoutId === undefined ? '' : `, ${whyWithoutId},`;
    this.#run.log.info(
      `${name}: ${this.#missing} answers 404 below ${item}s and ${this.#withoutId} rows without id${why} were left out.`,
    );
  }
}
