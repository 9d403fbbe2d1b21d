import { streams } from '../../../src/streams/index.js';
import { keyOf } from './expected.js';
import type { Row, Rows } from './services.js';

type ForeignKeys = Readonly<Record<string, readonly [stream: string, column: string]>>;

const foreignKeysOf = (stream: string): ForeignKeys =>
  streams.find(({ name }) => name === stream)?.foreignKeys ?? {};

/**
 * Rows with the columns that the tap takes from the rows above them, as far as they lead to them: a step has the id of
 * its job, so it gets the name of its project from there.
 */
export class Above {
  readonly #truth: Rows;
  /** By stream and columns, then by their values. */
  readonly #indexes = new Map<string, ReadonlyMap<string, Row>>();

  constructor(truth: Rows) {
    this.#truth = truth;
  }

  completed(stream: string, row: Row): Row {
    const complete: Record<string, unknown> = { ...row };
    const wanted = foreignKeysOf(stream);
    for (const above of new Set(Object.values(wanted).map(([name]) => name))) {
      const found = this.#find(stream, complete, above);
      if (found === undefined) continue;
      for (const [own, [name, column]] of Object.entries(wanted)) {
        const theirs = name === above ? column : nameIn(above, name, column);
        if (!(own in complete) && theirs !== undefined && found[theirs] !== undefined)
          complete[own] = found[theirs];
      }
    }
    return complete;
  }

  /** The one row of a stream above that has all that a row says of it. */
  #find(stream: string, row: Row, above: string): Row | undefined {
    const pairs = Object.entries(foreignKeysOf(stream)).flatMap(([own, [name, column]]) => {
      const theirs = name === above ? column : nameIn(above, name, column);
      return theirs === undefined || !(own in row) ? [] : [[own, theirs] as const];
    });
    // Two rows of one pipeline are not told apart by what they say of the pipeline.
    if (!pairs.some(([own]) => foreignKeysOf(stream)[own]?.[0] === above)) return undefined;
    const columns = pairs.map(([, theirs]) => theirs);
    return this.#index(above, columns).get(
      keyOf(
        pairs.map(([own]) => own),
        row,
      ),
    );
  }

  #index(stream: string, columns: readonly string[]): ReadonlyMap<string, Row> {
    const name = [stream, ...columns].join(' ');
    const known = this.#indexes.get(name);
    if (known !== undefined) return known;
    const rows = [...(this.#truth.get(stream) ?? new Map<string, Row>()).values()];
    const index = new Map(rows.map((row) => [keyOf(columns, row), row]));
    this.#indexes.set(name, index);
    return index;
  }
}

/** The column of a stream that is taken from a column of another. */
function nameIn(stream: string, above: string, column: string): string | undefined {
  return Object.entries(foreignKeysOf(stream)).find(
    ([, [name, theirs]]) => name === above && theirs === column,
  )?.[0];
}
