import { TapError } from '../errors.js';
import { isObject, type JsonObject } from '../json.js';
import { formatTimestamp, parseTimestamp } from '../time.js';
import { type Entry, emptyEntry, type RangeWalk, type Walk } from './entry.js';

/** Version of the layout inside `tap`; a state with a higher one was written by a newer tap. */
const layoutVersion = 1;

/** What the state knows of one stream: the entry of each project, and members that are not ours. */
export interface StreamState {
  /** By project. */
  readonly entries: Map<string, Entry>;
  /** Goes out as it came in. */
  readonly rest: JsonObject;
}

/**
 * The entries in a stream's bookmark: `since` stands under the project, the rest in its item of `tap`.
 * @param place names the bookmark in errors
 * @param names gets what people call projects
 * @throws TapError that names the place of what cannot be read, or the newer version that wrote it
 */
export function readBookmark(members: JsonObject, place: string, names: Map<string, string>): StreamState {
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

/**
 * The bookmark that `readBookmark` makes the same entries of.
 * @param names what people call projects; what is written is taken out of it
 */
export function writeBookmark({ entries, rest }: StreamState, names: Map<string, string>): JsonObject {
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

/** @throws TapError that says what is no object */
export function asObject(value: unknown, place: string): JsonObject {
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

/** The error for a state that the tap cannot go on from. */
export function unusable(what: string): TapError {
  const sentence = `${what.charAt(0).toUpperCase()}${what.slice(1)}.`;
  return new TapError(sentence, {
    next: 'Give the last STATE that the tap or the target wrote, or none to start from start_date.',
  });
}
