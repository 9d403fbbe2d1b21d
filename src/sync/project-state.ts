import type { Entry } from './entry.js';
import type { State } from './state.js';

/**
 * The entries of one project while it is synced. What is set shows in the state at once, unless an answer 404
 * is waiting to be believed: a bad token answers 404 too, and nothing may be committed on its word.
 */
export class ProjectState {
  readonly #state: State;
  readonly #project: string;
  readonly #held = new Map<string, Entry>();
  #isDoubted = false;

  constructor(state: State, project: string) {
    this.#state = state;
    this.#project = project;
  }

  get isDoubted(): boolean {
    return this.#isDoubted;
  }

  get(stream: string): Entry {
    return this.#held.get(stream) ?? this.#state.entry(stream, this.#project);
  }

  set(stream: string, entry: Entry): void {
    if (this.#isDoubted) this.#held.set(stream, entry);
    else this.#state.set(stream, this.#project, entry);
  }

  /** From now on entries are held back until they are believed. */
  doubt(): void {
    this.#isDoubted = true;
  }

  /** Token and project have answered: what was held back is true. */
  believe(): void {
    this.#isDoubted = false;
    for (const [stream, entry] of this.#held) this.#state.set(stream, this.#project, entry);
    this.#held.clear();
  }

  /** They have not: what was held back never happened. */
  disbelieve(): void {
    this.#isDoubted = false;
    this.#held.clear();
  }
}
