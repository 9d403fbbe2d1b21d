import type { JsonObject } from '../json.js';
import { type Entry, emptyEntry } from './entry.js';
import { pythonNote, readPythonPipelines } from './python-state.js';
import { asObject, readBookmark, type StreamState, unusable, writeBookmark } from './state-format.js';

/**
 * The state of all streams and projects, read from and written to Singer's `{"bookmarks": {...}}`.
 * All that belongs to a stream is inside its bookmark, because some targets flush one stream's bookmark
 * without the others; whatever can shrink is an array, because state stores merge key by key.
 */
export class State {
  readonly #streams = new Map<string, StreamState>();
  readonly #bookmarks: JsonObject;
  readonly #rest: JsonObject;
  /** By project. */
  readonly #names = new Map<string, string>();
  /** What the reader of the log should know about the state that came in. */
  readonly notes: readonly string[];
  /** Who wrote the state: `python` is singer-io's tap, `nobody` an empty one. */
  readonly writtenBy: 'us' | 'python' | 'nobody';

  /** @throws TapError naming the place when `value` is not a state that this tap can go on from. */
  constructor(value: unknown = {}) {
    const state = asObject(value, 'The state');
    const { bookmarks = {}, currently_syncing: _, ...rest } = state;
    const others = Object.keys(rest);
    if (!('bookmarks' in state) && others.length > 0) {
      // The members alone: their values may be those of a config.
      throw unusable(`the state has no bookmarks; it has ${others.join(', ')}`);
    }
    this.#rest = rest;
    this.#bookmarks = asObject(bookmarks, 'bookmarks in the state');
    const notes: string[] = [];
    let writtenBy: State['writtenBy'] = 'nobody';
    for (const [stream, bookmark] of Object.entries(this.#bookmarks)) {
      const place = `bookmarks.${stream} in the state`;
      const members = asObject(bookmark, place);
      if ('tap' in members) writtenBy = 'us';
      else if (writtenBy === 'nobody' && Object.keys(members).length > 0) writtenBy = 'python';
      if ('tap' in members) this.#streams.set(stream, readBookmark(members, place, this.#names));
      else if (stream === 'pipelines') this.#streams.set(stream, readPythonPipelines(members));
      else if (stream === 'workflows' || stream === 'jobs') {
        this.#streams.set(stream, { entries: new Map(), rest: {} });
        if (Object.keys(members).length > 0) notes.push(pythonNote(stream));
      }
    }
    this.notes = notes;
    this.writtenBy = writtenBy;
  }

  /** What is known of a stream in a project; the empty entry where nothing is. */
  entry(stream: string, project: string): Entry {
    return this.#streams.get(stream)?.entries.get(project) ?? emptyEntry;
  }

  /** Streams that have a bookmark. */
  get streams(): string[] {
    return [...this.#streams.keys()];
  }

  /** Projects that `stream` has an entry for. */
  projects(stream: string): string[] {
    return [...(this.#streams.get(stream)?.entries.keys() ?? [])];
  }

  /** What people call a project whose key says nothing; undefined where the key is its name. */
  nameOf(project: string): string | undefined {
    return this.#names.get(project);
  }

  /** Lets people read what a key stands for that says nothing, such as an id. */
  setName(project: string, name: string): void {
    this.#names.set(project, name);
  }

  /** The next STATE has this entry. Rows that it covers have to be written before. */
  set(stream: string, project: string, entry: Entry): void {
    const state = this.#streams.get(stream) ?? { entries: new Map(), rest: {} };
    state.entries.set(project, entry);
    this.#streams.set(stream, state);
  }

  /** Forgets all that is known of a stream. */
  clear(stream: string): void {
    this.#streams.set(stream, { entries: new Map(), rest: {} });
  }

  /** Moves what is known under `alias` to the canonical slug; what is known there already stays. */
  rename(alias: string, project: string): void {
    if (alias === project) return;
    for (const { entries } of this.#streams.values()) {
      const entry = entries.get(alias);
      if (entry === undefined) continue;
      entries.delete(alias);
      // A store that merges key by key brings the alias back in every run; it must not pull the bookmark back.
      if (!entries.has(project)) entries.set(project, entry);
    }
  }

  /** The `value` of a STATE message. */
  toJSON(): JsonObject {
    const bookmarks: Record<string, unknown> = { ...this.#bookmarks };
    // Once is enough for people, and the state stays small.
    const names = new Map(this.#names);
    for (const [stream, state] of this.#streams) bookmarks[stream] = writeBookmark(state, names);
    return { ...this.#rest, bookmarks, currently_syncing: null };
  }
}
