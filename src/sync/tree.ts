import { failureOf, TapError } from '../errors.js';
import type { SelectedRecords } from '../singer/records.js';
import type { Above, StreamDefinition } from '../streams/define.js';
import { leftOut, needs } from './left-out.js';
import { type FoundRow, keyOf, type Reader } from './reader.js';
import type { Run } from './run.js';

/** What a tree needs. */
export interface TreeOptions {
  readonly run: Run;
  readonly reader: Reader;
  /** What messages call whatever the tree belongs to: a slug. */
  readonly name: string;
  /** Of all selected streams of the source. */
  readonly records: SelectedRecords;
  /** The streams of the tree, parents before children. */
  readonly definitions: readonly StreamDefinition[];
  /** Pages of rows that are known already; undefined: they have to be asked for. */
  readonly known?: (
    definition: StreamDefinition,
    above: Above,
  ) => AsyncIterable<readonly FoundRow[]> | undefined;
  /** Whether what hangs below a row is read; unless told, it is. */
  readonly looksBelow?: (definition: StreamDefinition, above: Above) => boolean;
  /** What else hangs below the rows of a stream, by that stream's name. */
  readonly also?: Readonly<Record<string, Beside>>;
}

/** A stream that is not read in full. */
export interface Beside {
  readonly definition: StreamDefinition;
  /** Told each row that it hangs below, with those above it. */
  readonly read: (above: Above) => Promise<void>;
}

/** Reads streams that have no bookmark, in full: each list, and then the lists below each of its rows. */
export class Tree {
  readonly #options: TreeOptions;
  /** Streams that are forbidden, each with the row at the top below which it is: others may allow it. */
  readonly #forbidden = new Set<string>();
  /** Keys of the rows that have come, by stream. */
  readonly #seen = new Map<string, Set<string>>();
  #missing = 0;
  #withoutKey = 0;

  constructor(options: TreeOptions) {
    this.#options = options;
  }

  /**
   * Reads a stream and all that is below it, where any of that is wanted.
   * What cannot be read is reported, and the rest goes on.
   * @throws HttpError when the token is refused, Stopped when the run is told to stop.
   */
  async read(definition: StreamDefinition, above: Above): Promise<void> {
    const wanted = this.#wantedIn(definition, above);
    if (wanted.length === 0) return;
    try {
      for await (const page of this.#pages(definition, above)) {
        const fresh = page.filter((found) => this.#isNew(definition, found));
        for (const found of fresh) await this.#write(definition, found, above);
        // Only requests are made side by side here, and the client knows how many it may send.
        await Promise.all(
          fresh.map((found) => this.#readBelow(definition, { ...above, [definition.name]: found.row })),
        );
      }
    } catch (error) {
      this.#take(error, definition, above, wanted);
    }
  }

  /** Says what was gone before it could be read. */
  report(): void {
    const { run, name } = this.#options;
    if (this.#missing > 0) run.log.info(`${name}: ${this.#missing} lists answered 404; they are gone.`);
    if (this.#withoutKey > 0) {
      run.log.warning(`${name}: ${this.#withoutKey} rows say nothing of their key and were left out.`);
    }
  }

  #pages(definition: StreamDefinition, above: Above): AsyncIterable<readonly FoundRow[]> {
    return this.#options.known?.(definition, above) ?? this.#options.reader.pages(definition, above);
  }

  async #readBelow(definition: StreamDefinition, above: Above): Promise<void> {
    if (this.#options.looksBelow?.(definition, above) === false) return;
    const children = this.#options.definitions.filter(({ parent }) => parent === definition);
    await Promise.all([
      ...children.map((child) => this.read(child, above)),
      this.#readBeside(definition, above),
    ]);
  }

  async #readBeside({ name }: StreamDefinition, above: Above): Promise<void> {
    const beside = this.#options.also?.[name];
    if (beside === undefined) return;
    try {
      await beside.read(above);
    } catch (error) {
      this.#take(error, beside.definition, above, [beside.definition.name]);
    }
  }

  async #write(definition: StreamDefinition, found: FoundRow, above: Above): Promise<void> {
    const { name } = definition;
    const { run, records } = this.#options;
    const own = records.get(name);
    if (own === undefined || this.#forbidden.has(placeOf(definition, above))) return;
    const { row, receivedAt, foreignKeys } = found;
    try {
      run.record(name, own.line(row, foreignKeys, receivedAt));
    } catch (error) {
      if (!(error instanceof TapError)) throw error;
      run.fail(`${this.#options.name}: ${error.line}`);
    }
    const drained = run.writer.drained();
    if (drained !== undefined) await drained;
  }

  /** Whether a row comes for the first time: a list that changes while it is paged repeats rows. */
  #isNew(definition: StreamDefinition, found: FoundRow): boolean {
    const { name } = definition;
    const seen = this.#seen.get(name) ?? new Set<string>();
    this.#seen.set(name, seen);
    const key = keyOf(definition, found);
    if (key === undefined) this.#withoutKey++;
    if (key === undefined || seen.has(key)) return false;
    seen.add(key);
    return true;
  }

  /** Selected streams at or below this one. */
  #wantedIn(definition: StreamDefinition, above: Above): string[] {
    const { records, definitions, also = {} } = this.#options;
    if (this.#forbidden.has(placeOf(definition, above))) return [];
    const below = definitions
      .filter(({ parent }) => parent === definition)
      .flatMap((child) => this.#wantedIn(child, above));
    const beside = also[definition.name]?.definition;
    const own = beside === undefined ? [definition] : [definition, beside];
    return [...own.map(({ name }) => name).filter((name) => records.has(name)), ...below];
  }

  #take(error: unknown, definition: StreamDefinition, above: Above, wanted: readonly string[]): void {
    if (!(error instanceof TapError)) throw error;
    const failure = failureOf(error);
    if (failure === 'unauthorized') throw error;
    const { run, name } = this.#options;
    const names = wanted.join(', ');
    if (failure === 'forbidden') {
      const place = placeOf(definition, above);
      if (this.#forbidden.has(place)) return;
      this.#forbidden.add(place);
      run.fail(`${name}: ${leftOut(wanted, definition)} ${error.line}`);
    } else if (failure === 'not-found' && definition.parent?.parent !== undefined) {
      // What was listed a moment ago may be deleted by now.
      this.#missing++;
    } else if (failure === 'not-found') {
      // What is there but not for this token may be 404 too.
      run.fail(`${name}: ${names} could not be read; ${needs(wanted, definition)}. ${error.line}`);
    } else {
      run.fail(`${name}: ${names} could not be read. ${error.line}`);
    }
  }
}

/** A stream, and the row at the top of the tree that it is read below. */
function placeOf(definition: StreamDefinition, above: Above): string {
  let { parent: top } = definition;
  while (top?.parent !== undefined) top = top.parent;
  return top === undefined ? definition.name : `${definition.name} ${String(above[top.name]?.[top.key[0]])}`;
}
