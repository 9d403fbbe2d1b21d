import type { Entry } from './entry.js';
import type { State } from './state.js';

/**
 * The entries of one list while it is synced. What is set shows in the state at once, unless an answer 404
 * is waiting to be believed: a bad token answers 404 too, and nothing may be committed on its word.
 */
export class HeldEntries {
  readonly #state: State;
  /** By stream and partition. */
  readonly #held = new Map<string, Map<string, Entry>>();
  #isDoubted = false;

  constructor(state: State) {
    this.#state = state;
  }

  /** Whether a 404 waits to be believed, so that entries are held back. */
  get isDoubted(): boolean {
    return this.#isDoubted;
  }

  /** The latest entry, be it held back or not. */
  get(stream: string, partition: string): Entry {
    return this.#held.get(stream)?.get(partition) ?? this.#state.entry(stream, partition);
  }

  /** Takes an entry over into the state, or holds it back while there is doubt. */
  set(stream: string, partition: string, entry: Entry): void {
    if (!this.#isDoubted) this.#state.set(stream, partition, entry);
    else {
      const entries = this.#held.get(stream) ?? new Map<string, Entry>();
      this.#held.set(stream, entries.set(partition, entry));
    }
  }

  /** From now on entries are held back until they are believed. */
  doubt(): void {
    this.#isDoubted = true;
  }

  /** Token and list have answered: what was held back is true. */
  believe(): void {
    this.#isDoubted = false;
    for (const [stream, entries] of this.#held) {
      for (const [partition, entry] of entries) this.#state.set(stream, partition, entry);
    }
    this.#held.clear();
  }

  /** They have not: what was held back never happened. */
  disbelieve(): void {
    this.#isDoubted = false;
    this.#held.clear();
  }
}
