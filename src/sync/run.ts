import type { Log } from '../log.js';
import type { Metrics } from '../singer/metrics.js';
import type { SelectedRecords } from '../singer/records.js';
import type { Writer } from '../singer/writer.js';
import { second } from '../time.js';
import type { Progress } from './progress.js';
import type { State } from './state.js';

/** Characters of RECORD lines that may wait to be written, over all lists, before nothing further is begun. */
const mostBuffered = 24_000_000;
/** A STATE costs targets a flush, so it does not follow every pipeline. */
const stateInterval = 5 * second;

/** What a run is made of. */
export interface RunOptions {
  readonly writer: Writer;
  readonly log: Log;
  /** The one that came in; it moves on with what is written. */
  readonly state: State;
  readonly metrics: Metrics;
  readonly progress: Progress;
  /** By stream, parents before children. */
  readonly records: SelectedRecords;
  /** Requests in flight at most, of one source. */
  readonly maxConcurrency: number;
  /** Whether what could not be read is an error, or a warning. */
  readonly onError: 'fail' | 'skip';
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** What all that is read in one run shares, whichever source it is of. */
export class Run {
  readonly writer: Writer;
  readonly log: Log;
  readonly state: State;
  readonly records: SelectedRecords;
  readonly progress: Progress;
  /** RECORDs written, by stream. */
  readonly rows = new Map<string, number>();
  /** Rows of a walked list that are read ahead: enough to keep every slot busy with one request each. */
  readonly lookAhead: number;
  /** Characters of RECORD lines that wait to be written. */
  buffered = 0;
  readonly #options: RunOptions;
  /** What could not be read, one sentence each. */
  readonly failures: string[] = [];
  readonly #warned = new Set<string>();
  readonly #written = new Set<string>();
  #hasBegun = false;
  #hasChanged = false;
  #timer: NodeJS.Timeout | undefined;
  #stateWritten: number;

  constructor(options: RunOptions) {
    this.writer = options.writer;
    this.log = options.log;
    this.state = options.state;
    this.records = options.records;
    this.progress = options.progress;
    for (const stream of options.records.keys()) this.rows.set(stream, 0);
    this.lookAhead = 2 * options.maxConcurrency;
    this.#options = options;
    this.#stateWritten = options.clock();
  }

  /** Writes the SCHEMAs, parents first, once a project is known to exist: a bad token leaves stdout empty. */
  begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    // Also while requests wait for a limit: a target stores what it has when a STATE comes.
    this.#timer = setInterval(() => this.#writeChangedState(), stateInterval).unref();
    for (const records of this.records.values()) this.writer.message(records.schemaMessage);
  }

  /** No more STATE by the clock. */
  end(): void {
    clearInterval(this.#timer);
  }

  #writeChangedState(): void {
    if (this.#hasChanged && this.isStateDue) this.writeState();
  }

  /** Whether the SCHEMAs have been written, so that a STATE may follow. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Whether more may be read ahead: a slow reader of stdout slows the requests down, and memory stays flat. */
  get hasRoom(): boolean {
    return this.buffered < mostBuffered;
  }

  /** Writes a RECORD line and counts it. */
  record(stream: string, line: string): void {
    this.writer.line(line);
    this.#hasChanged = true;
    this.#options.metrics.record(stream);
    this.rows.set(stream, (this.rows.get(stream) ?? 0) + 1);
    this.progress.rows++;
  }

  /** Whether `name` is seen for the first time in this run; what has none always is. */
  isFirst(stream: string, name: string | undefined): boolean {
    if (name === undefined) return true;
    const key = `${stream} ${name}`;
    return this.#written.size < this.#written.add(key).size;
  }

  /** Notes something that could not be read; the run goes on. */
  fail(what: string): void {
    this.failures.push(what);
    if (this.#options.onError === 'skip') this.log.warning(what);
    else this.log.error(what);
  }

  /** Warns of something that many parts of a run come upon; of each topic once. */
  warnOnce(topic: string, warning: string): void {
    if (this.#warned.has(topic)) return;
    this.#warned.add(topic);
    this.log.warning(warning);
  }

  /** Whether the last STATE is a few seconds old; a clock that was set back counts as well. */
  get isStateDue(): boolean {
    return Math.abs(this.#options.clock() - this.#stateWritten) >= stateInterval;
  }

  /** Writes a STATE. Everything that the state covers has to be written before. */
  writeState(): void {
    this.writer.message({ type: 'STATE', value: this.state });
    this.#hasChanged = false;
    this.#stateWritten = this.#options.clock();
  }
}
