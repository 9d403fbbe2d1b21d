import { type HttpError, TapError } from '../errors.js';
import type { SelectedRecords } from '../singer/records.js';
import { isCore, type StreamDefinition } from '../streams/define.js';
import { leftOut } from './left-out.js';
import { Missing } from './missing.js';
import type { Run } from './run.js';
import type { Visit } from './visit.js';

/** More failed rows than this end the sync of a list. */
const mostFailures = 100;
/** A larger share of failed rows among those visited ends it, too. */
const largestShare = 0.05;
/** So many failed rows say nothing about the rest, whatever their share. */
const handful = 5;
/** Failures of one stream below one row that are told one by one: when a host is down, hundreds are alike. */
const mostTold = 10;

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
  /** Of all streams of the core together: without them the list is not worth reading. */
  readonly #core = new Share();
  /** Of each other stream, which can be left out alone. */
  readonly #others: ReadonlyMap<string, Share>;
  readonly #leftOut = new Set<string>();
  readonly #missing = new Missing();
  #withoutId = 0;
  #skipped = 0;

  /** @param records of the streams that are read from the list */
  constructor(run: Run, words: ListWords, records: SelectedRecords) {
    this.#run = run;
    this.#words = words;
    const others = [...records].filter(([, { selected }]) => !isCore(selected.definition));
    this.#others = new Map(others.map(([stream]) => [stream, new Share()]));
  }

  /**
   * Counts a visit, and reports what of it could not be read but for what is forbidden.
   * @param givingUp streams that do not ask for the row any more, whatever became of it
   */
  visit({ request, results, missing, withoutId, skipped }: Visit, givingUp: ReadonlySet<string>): void {
    this.#missing.add(missing);
    this.#withoutId += withoutId;
    this.#skipped += skipped;
    const { name, item } = this.#words;
    // A number says nothing without its pipeline.
    const partition = this.#run.state.nameOf(request.partition) ?? name;
    let hasCoreFailed = false;
    for (const [stream, result] of results) {
      if (result.kind === 'forbidden' || this.#leftOut.has(stream)) continue;
      const { errors } = result;
      const own = this.#others.get(stream);
      if (own === undefined) hasCoreFailed ||= errors.length > 0;
      else own.count(errors.length > 0);
      if (givingUp.has(stream)) this.#givenUp(`${partition}: ${item} ${request.id}`, stream, errors);
      else this.#couldNotRead(`${partition}: ${stream} of ${item} ${request.id}`, errors);
    }
    this.#core.count(hasCoreFailed);
  }

  #couldNotRead(what: string, errors: readonly TapError[]): void {
    for (const error of errors.slice(0, mostTold)) {
      this.#run.fail(`${what} could not be read and will be asked again in the next run. ${error.line}`);
    }
    const others = errors.length - mostTold;
    if (others > 0) this.#run.fail(`${what}: ${others} further failures are not told one by one.`);
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
  #givenUp(row: string, stream: string, [error]: readonly TapError[]): void {
    const why = error === undefined ? 'never settled' : 'cannot be read';
    this.#run.log.warning(
      `${row} ${why} and is too old to change; ${stream} no longer asks for it.` +
        (error === undefined ? '' : ` ${error.line}`),
    );
  }

  /** Whether so much is broken that going on makes no sense. */
  get hasTooManyFailures(): boolean {
    return this.#core.isTooLarge;
  }

  /** @throws TapError that ends the list's sync for this run */
  refuseTooManyFailures(): void {
    if (!this.hasTooManyFailures) return;
    throw new TapError(
      `${this.#core.of(this.#words.item)} could not be read, so the rest is left for this run.`,
    );
  }

  /** Streams beyond the core of which so much is broken that going on with them makes no sense. */
  get broken(): string[] {
    return [...this.#others].filter(([, share]) => share.isTooLarge).map(([stream]) => stream);
  }

  /** The stream is not read any more; what has been read ahead of it is not reported. */
  leftOut(stream: string): void {
    this.#leftOut.add(stream);
    const { name, item } = this.#words;
    const share = this.#others.get(stream)?.of(item);
    this.#run.fail(
      `${name}: ${stream} of ${share} could not be read, so they are left out of the rest of this run.`,
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
    const { total, details, doubts } = this.#missing;
    for (const doubt of doubts) this.#run.log.warning(`${name}: ${doubt}`);
    if (total === 0 && this.#withoutId === 0) return;
    const why = whyWithoutId === undefined ? '' : `, ${whyWithoutId},`;
    this.#run.log.info(
      `${name}: ${total} answers 404 below ${item}s${details} and ${this.#withoutId} rows without id${why} were left out.`,
    );
  }
}

/** How many of some rows could not be read. */
class Share {
  #visited = 0;
  #failed = 0;

  count(hasFailed: boolean): void {
    this.#visited++;
    if (hasFailed) this.#failed++;
  }

  get isTooLarge(): boolean {
    if (this.#failed > mostFailures) return true;
    return this.#failed > handful && this.#failed > this.#visited * largestShare;
  }

  of(item: string): string {
    return `${this.#failed} of ${this.#visited} ${item}s`;
  }
}
