import { TapError } from '../errors.js';
import { isObject, type JsonObject } from '../json.js';
import { formatTimestamp, parseTimestamp } from '../time.js';
import { type Entry, emptyEntry, type RangeWalk, type Walk } from './entry.js';

/** Version of the layout inside `tap`; a state with a higher one was written by a newer tap. */
const layoutVersion = 1;

/** What the state knows of one stream: the entry of each project, and members that are not ours. */
interface StreamState {
  readonly entries: Map<string, Entry>;
  readonly rest: JsonObject;
}

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

  setName(project: string, name: string): void {
    this.#names.set(project, name);
  }

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

function pythonNote(stream: string): string {
  return (
    `The state was written by singer-io's tap-circle-ci: ${stream} start again from start_date, ` +
    'because that tap kept only the last page of jobs and left older workflows running, ' +
    'which only reading them again can heal.'
  );
}

/** singer-io's tap keeps `{slug: updated_at}`; anything else in it is left over from an interrupted run. */
function readPythonPipelines(members: JsonObject): StreamState {
  const entries = new Map<string, Entry>();
  for (const [slug, value] of Object.entries(members)) {
    const since = parseTimestamp(value);
    if (since !== undefined) entries.set(slug, { ...emptyEntry, since });
  }
  return { entries, rest: {} };
}

function readBookmark(members: JsonObject, place: string, names: Map<string, string>): StreamState {
  const { tap, ...others } = members;
  const entries = new Map<string, Entry>();
  for (const [index, item] of asArray(tap, `tap of ${place}`).entries()) {
    const members = asObject(item, `tap[${index}] of ${place}`);
    const [project, entry] = readEntry(members, `tap[${index}] of ${place}`);
    entries.set(project, entry);
    if (typeof members.name === 'string') names.set(project, members.name);
  }
  const rest: Record<string, unknown> = {};
  for (const [member, value] of Object.entries(others)) {
    // A slug has slashes, an id stands in `tap` too; any other member is not ours to judge.
    if (!member.includes('/') && !entries.has(member)) rest[member] = value;
    else {
      const since = asTime(value, `${JSON.stringify(member)} of ${place}`);
      entries.set(member, { ...(entries.get(member) ?? emptyEntry), since });
    }
  }
  return { entries, rest };
}

function readEntry(item: JsonObject, place: string): [project: string, entry: Entry] {
  const version = item.v;
  if (typeof version !== 'number') throw unusable(`v of ${place} is ${shown(version)}, not a number`);
  if (version > layoutVersion) {
    throw new TapError(
      `The state was written by a newer tap-circle-ci: v of ${place} is ${version}, ` +
        `this version knows ${layoutVersion}.`,
      { next: 'Install the newer version again.' },
    );
  }
  const project = item.project;
  if (typeof project !== 'string') throw unusable(`project of ${place} is ${shown(project)}, not a slug`);
  const walk = asArray(item.walk ?? [], `walk of ${place}`)[0];
  const range = asArray(item.range ?? [], `range of ${place}`)[0];
  const entry: Entry = {
    ...emptyEntry,
    from: asOptionalTime(item.from, `from of ${place}`),
    deep: asOptionalTime(item.deep, `deep of ${place}`),
    walk: walk === undefined ? undefined : readWalk(walk, `walk of ${place}`),
    range: range === undefined ? undefined : readRange(range, `range of ${place}`),
    open: new Map(
      asArray(item.open ?? [], `open of ${place}`).map((pair, index) =>
        readOpen(pair, `open[${index}] of ${place}`),
      ),
    ),
  };
  return [project, entry];
}

function readOpen(value: unknown, place: string): [id: string, created: number] {
  const [id, created] = asArray(value, place);
  if (typeof id !== 'string') throw unusable(`${place} begins with ${shown(id)}, not with a pipeline's id`);
  return [id, asTime(created, `the time in ${place}`)];
}

function readWalk(value: unknown, place: string): Walk {
  const { started, oldest, deep } = asObject(value, place);
  return {
    started: asTime(started, `started in ${place}`),
    oldest: asTime(oldest, `oldest in ${place}`),
    deep: deep === true,
  };
}

function readRange(value: unknown, place: string): RangeWalk {
  const { start, end, started, oldest } = asObject(value, place);
  return {
    start: asTime(start, `start in ${place}`),
    end: asOptionalTime(end, `end in ${place}`),
    started: asTime(started, `started in ${place}`),
    oldest: asTime(oldest, `oldest in ${place}`),
  };
}

function writeBookmark({ entries, rest }: StreamState, names: Map<string, string>): JsonObject {
  const bookmark: Record<string, unknown> = { ...rest };
  const tap: JsonObject[] = [];
  for (const [project, entry] of entries) {
    if (entry.since !== undefined) bookmark[project] = formatTimestamp(entry.since);
    if (isWorthKeeping(entry)) {
      tap.push(writeEntry(project, names.get(project), entry));
      names.delete(project);
    }
  }
  return { ...bookmark, tap };
}

function isWorthKeeping({ since: _, open, ...times }: Entry): boolean {
  return open.size > 0 || Object.values(times).some((time) => time !== undefined);
}

function writeEntry(
  project: string,
  name: string | undefined,
  { from, deep, walk, range, open }: Entry,
): JsonObject {
  return {
    v: layoutVersion,
    project,
    ...(name === undefined ? {} : { name }),
    ...(from === undefined ? {} : { from: iso(from) }),
    ...(deep === undefined ? {} : { deep: iso(deep) }),
    walk: walk === undefined ? [] : [writeWalk(walk)],
    ...(range === undefined ? {} : { range: [writeRange(range)] }),
    open: [...open].map(([id, created]) => [id, iso(created)]),
  };
}

function writeWalk({ started, oldest, deep }: Walk): JsonObject {
  return { started: iso(started), oldest: iso(oldest), ...(deep ? { deep } : {}) };
}

function writeRange({ start, end, started, oldest }: RangeWalk): JsonObject {
  const bounds = { start: iso(start), ...(end === undefined ? {} : { end: iso(end) }) };
  return { ...bounds, started: iso(started), oldest: iso(oldest) };
}

/** Shorter than a bookmark's six digits, because there is one for each open pipeline. */
function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

function asObject(value: unknown, place: string): JsonObject {
  if (isObject(value)) return value;
  throw unusable(`${place} is ${shown(value)}, not an object`);
}

function asArray(value: unknown, place: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw unusable(`${place} is ${shown(value)}, not an array`);
}

function asTime(value: unknown, place: string): number {
  const time = parseTimestamp(value);
  if (time !== undefined) return time;
  throw unusable(`${place} is ${shown(value)}, not a date-time such as 2026-01-31T00:00:00.000000Z`);
}

function asOptionalTime(value: unknown, place: string): number | undefined {
  return value === undefined || value === null ? undefined : asTime(value, place);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function unusable(what: string): TapError {
  const sentence = `${what.charAt(0).toUpperCase()}${what.slice(1)}.`;
  return new TapError(sentence, {
    next: 'Give the last STATE that the tap or the target wrote, or none to start from start_date.',
  });
}
