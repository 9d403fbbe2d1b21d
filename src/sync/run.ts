import pLimit from 'p-limit';
import { HttpError, Stopped, TapError } from '../errors.js';
import type { ApiClient } from '../http/client.js';
import type { Log } from '../log.js';
import type { Records } from '../singer/records.js';
import type { Writer } from '../singer/writer.js';
import type { Project } from '../sources/circleci.js';
import { second } from '../time.js';
import { syncProject } from './project.js';
import type { SyncSettings } from './settings.js';
import type { State } from './state.js';

/** Projects that are walked side by side. */
const projectsAtOnce = 8;
/** RECORD lines that may wait to be written, over all projects, before no further pipeline is begun. */
const bufferedLines = 20_000;
/** A STATE costs targets a flush, so it does not follow every pipeline. */
const stateInterval = 5 * second;

export interface RunOptions {
  readonly client: ApiClient;
  readonly writer: Writer;
  readonly log: Log;
  readonly state: State;
  /** By stream, parents before children. */
  readonly records: ReadonlyMap<string, Records>;
  readonly settings: SyncSettings;
  readonly slugs: readonly string[];
  readonly maxConcurrency: number;
  readonly onError: 'fail' | 'skip';
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Stops everything that is under way: the client's requests reject with Stopped. */
  readonly stop: () => void;
}

/** What a run leaves behind besides its rows. */
export interface RunReport {
  readonly rows: ReadonlyMap<string, number>;
  /** What could not be read, one sentence each. */
  readonly failures: readonly string[];
  readonly failedProjects: number;
}

/** One run over all projects; what its projects share. */
export class Run {
  readonly client: ApiClient;
  readonly writer: Writer;
  readonly log: Log;
  readonly state: State;
  readonly records: ReadonlyMap<string, Records>;
  readonly settings: SyncSettings;
  /** Pipelines of a project that are read ahead: enough to keep every slot busy with one request each. */
  readonly lookAhead: number;
  /** RECORD lines that wait to be written. */
  buffered = 0;
  readonly #options: RunOptions;
  readonly #rows = new Map<string, number>();
  readonly #failures: string[] = [];
  readonly #claimed = new Map<string, string>();
  readonly #warned = new Set<string>();
  #failedProjects = 0;
  #stateWritten: number;

  constructor(options: RunOptions) {
    this.client = options.client;
    this.writer = options.writer;
    this.log = options.log;
    this.state = options.state;
    this.records = options.records;
    this.settings = options.settings;
    this.lookAhead = 2 * options.maxConcurrency;
    this.#options = options;
    this.#stateWritten = options.clock();
    for (const stream of options.records.keys()) this.#rows.set(stream, 0);
  }

  /**
   * Reads all projects. Rows and states are on their way to stdout when it ends, however it ends.
   * @throws HttpError when the token is refused, Stopped when the run was told to stop.
   */
  async sync(): Promise<RunReport> {
    for (const records of this.records.values()) this.writer.message(records.schemaMessage);
    const limit = pLimit(projectsAtOnce);
    const { slugs } = this.#options;
    const results = await Promise.allSettled(slugs.map((slug) => limit(() => this.#syncProject(slug))));
    this.writeState();
    const reasons = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason);
    // Where one project stopped the run, the others were merely told to stop.
    if (reasons.length > 0) throw reasons.find((reason) => !(reason instanceof Stopped)) ?? reasons[0];
    return { rows: this.#rows, failures: this.#failures, failedProjects: this.#failedProjects };
  }

  async #syncProject(slug: string): Promise<void> {
    try {
      await syncProject(this, slug);
    } catch (error) {
      if (error instanceof TapError && !(error instanceof HttpError && error.failure === 'unauthorized')) {
        this.#failedProjects++;
        this.fail(error.line);
        return;
      }
      // A refused token or a fault of ours concerns every project; the others need not find out by themselves.
      if (!(error instanceof Stopped)) this.#options.stop();
      throw error;
    }
  }

  /** Whether `project` is walked for the first time in this run; two slugs may name one project. */
  claim(project: Project, slug: string): boolean {
    const other = this.#claimed.get(project.id);
    if (other !== undefined) {
      this.log.warning(`project_slugs has ${other} and ${slug}, which are one project; it is read once.`);
      return false;
    }
    this.#claimed.set(project.id, slug);
    return true;
  }

  get hasRoom(): boolean {
    return this.buffered < bufferedLines;
  }

  record(stream: string, line: string): void {
    this.writer.line(line);
    this.#rows.set(stream, (this.#rows.get(stream) ?? 0) + 1);
  }

  /** Notes something that could not be read; the run goes on. */
  fail(what: string): void {
    this.#failures.push(what);
    if (this.#options.onError === 'skip') this.log.warning(what);
    else this.log.error(what);
  }

  warnOnce(topic: string, warning: string): void {
    if (this.#warned.has(topic)) return;
    this.#warned.add(topic);
    this.log.warning(warning);
  }

  get isStateDue(): boolean {
    return Math.abs(this.#options.clock() - this.#stateWritten) >= stateInterval;
  }

  /** Everything that the state covers has been written before. */
  writeState(): void {
    this.writer.message({ type: 'STATE', value: this.state });
    this.#stateWritten = this.#options.clock();
  }
}
