import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { dateSetting } from '../config/values.js';
import { Stopped, TapError } from '../errors.js';
import { replaceFile } from '../files/replace-file.js';
import { isObject } from '../json.js';
import { aliasesOf } from '../sources/circleci/api.js';
import type { Entry } from '../sync/entry.js';
import { State } from '../sync/state.js';
import { merge, rewind } from '../sync/state-edit.js';
import { columns } from './columns.js';
import type { Environment } from './environment.js';
import { isStateMessage, readStateFile } from './state-file.js';

/** Options of the commands that make a new state of others. */
export interface EditOptions {
  /** Replace the file instead of printing the new state. */
  readonly inPlace?: boolean;
}

/** Options of `state rewind`. */
export interface RewindOptions extends EditOptions {
  /** A date or a time with its offset, as the settings have them. */
  readonly to: string;
  /** Names of streams; unless told, all are set back. */
  readonly stream?: readonly string[];
  /** Slugs of projects, and names or ids of pipelines of Buildkite; unless told, all are set back. */
  readonly project?: readonly string[];
}

/** Options of `state migrate`. */
export interface MigrateOptions extends EditOptions {
  /** Forget the bookmarks of pipelines too, so that all rows come again. */
  readonly reread?: boolean;
}

/**
 * Prints what a state remembers, a line for each stream and project, or pipeline of Buildkite.
 * @throws TapError when the file is not a state of this tap
 */
export function showState(file: string, { writer, clock }: Environment): void {
  const state = ownState(file);
  const rows = state.streams.flatMap((stream) =>
    state
      .projects(stream)
      .map((key) => [stream, titleOf(state, key), ...describe(state.entry(stream, key), clock())]),
  );
  const header = ['stream', 'project', 'read from', 'since', 'age', 'open', 'in progress'];
  for (const line of columns([header, ...rows])) writer.line(line);
}

/** What people call what the state keeps under a key: the slug of a project, the name of a pipeline of Buildkite. */
function titleOf(state: State, key: string): string {
  return state.nameOf(key) ?? key;
}

function describe({ since, from, walk, range, open }: Entry, now: number): string[] {
  const progress = [
    walk && `begun ${shown(walk.started)}, back to ${shown(walk.oldest)}`,
    range &&
      `backfill from ${shown(range.start)} to ${range.end === undefined ? 'now' : shown(range.end)}, back to ${shown(range.oldest)}`,
  ];
  return [
    shown(from),
    shown(since),
    since === undefined ? '' : age(now - since),
    String(open.size),
    progress.filter((text) => text !== undefined).join('; '),
  ];
}

function shown(time: number | undefined): string {
  return time === undefined ? '' : `${new Date(time).toISOString().slice(0, 16)}Z`;
}

function age(milliseconds: number): string {
  const minutes = Math.round(milliseconds / 60_000);
  if (minutes < 0) return 'in the future';
  if (minutes < 120) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1440)} d`;
}

/**
 * Prints the last state in the output of a tap or a target: STATE messages, or bare state values as targets print
 * them. A torn last line is what a killed program leaves, and is passed over like everything that is no state.
 * @throws TapError when there is none, Stopped when the run was told to stop
 */
export async function lastState(input: Readable, { writer, stop }: Environment): Promise<void> {
  let last: object | undefined;
  const { signal } = stop;
  for await (const line of createInterface({ input, signal, crlfDelay: Number.POSITIVE_INFINITY })) {
    // To parse rows, which most lines of a tap are, or what is no JSON, takes long.
    if (isRow.test(line) || !isObjectText.test(line)) continue;
    last = stateIn(line) ?? last;
  }
  if (signal.aborted) throw new Stopped('told to stop');
  if (last === undefined) {
    throw new TapError('There is no state in the input.', {
      next: 'Give the output of a target, or of the tap: tap-circle-ci state last < output.jsonl',
    });
  }
  writer.line(JSON.stringify(last));
}

const isRow = /^\{"type": ?"RECORD"/;
const isObjectText = /^\s*\{/;

function stateIn(line: string): object | undefined {
  let message: unknown;
  try {
    message = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isObject(message)) return undefined;
  if (isStateMessage(message)) return isObject(message.value) ? message.value : undefined;
  return 'bookmarks' in message ? message : undefined;
}

/**
 * Prints the state with its bookmarks set back to a date.
 * @throws TapError when the file is no state of this tap, the date is none, a stream or project that was named is not
 *   in the state, or nothing is newer than the date
 */
export function rewindState(file: string, options: RewindOptions, environment: Environment): void {
  const state = ownState(file);
  const to = dateSetting('--to', options.to) ?? 0;
  refuseUnknown(file, state, options);
  const projects = options.project?.flatMap((named) => keysOf(state, named));
  const count = rewind(state, to, { streams: options.stream, projects });
  if (count === 0) {
    throw new TapError(`No bookmark ${isNarrowed(options) ? 'of these ' : ''}is later than ${options.to}.`, {
      next: `${contents(state)} See tap-circle-ci state show ${file}.`,
    });
  }
  const bookmarks = count === 1 ? '1 bookmark was' : `${count} bookmarks were`;
  environment.log.info(`${bookmarks} set back to ${options.to}.`);
  put(file, state, options, environment);
}

function isNarrowed({ stream, project }: RewindOptions): boolean {
  return stream !== undefined || project !== undefined;
}

function refuseUnknown(file: string, state: State, { stream = [], project = [] }: RewindOptions): void {
  const unknown =
    stream.find((name) => !state.streams.includes(name)) ??
    project.find((named) => keysOf(state, named).length === 0);
  if (unknown === undefined) return;
  throw new TapError(`${file} knows nothing of ${unknown}.`, { next: contents(state) });
}

/** The keys that are meant by a slug, in either way to write it, by the name of a pipeline of Buildkite or by its id. */
function keysOf(state: State, named: string): string[] {
  return allKeys(state).filter(
    (key) =>
      key === named ||
      state.nameOf(key) === named ||
      aliasesOf(key).includes(named) ||
      aliasesOf(named).includes(key),
  );
}

function allKeys(state: State): string[] {
  return [...new Set(state.streams.flatMap((stream) => state.projects(stream)))];
}

/** What a state has bookmarks of. */
function contents(state: State): string {
  const streams = state.streams.filter((stream) => state.projects(stream).length > 0);
  const titles = allKeys(state).map((key) => titleOf(state, key));
  return streams.length === 0 ? 'It has none.' : `It has ${streams.join(', ')} of ${titles.join(', ')}.`;
}

/**
 * Prints the union of several states: whatever one of them would ask for is asked for.
 * @param files one at least, of which `inPlace` replaces the first
 * @throws TapError naming a file that is no state of this tap
 */
export function mergeStates(files: readonly string[], options: EditOptions, environment: Environment): void {
  const [first = ''] = files;
  put(first, merge(files.map(ownState)), options, environment);
}

/** Prints a state of singer-io's tap in the form of this one. @throws TapError when it is none */
export function migrateState(file: string, options: MigrateOptions, environment: Environment): void {
  const state = new State(readStateFile(file));
  if (state.writtenBy !== 'python') {
    throw new TapError(`${file} is not a state of singer-io's tap-circle-ci.`, {
      next: state.writtenBy === 'us' ? 'It is one of this tap already.' : 'It has no bookmarks.',
    });
  }
  for (const note of state.notes) environment.log.info(note);
  if (options.reread === true) for (const stream of state.streams) state.clear(stream);
  put(file, state, options, environment);
}

function ownState(file: string): State {
  const state = new State(readStateFile(file));
  if (state.writtenBy === 'us') return state;
  throw new TapError(`${file} is not a state of this tap.`, {
    next:
      state.writtenBy === 'python'
        ? `It was written by singer-io's tap: tap-circle-ci state migrate ${file}`
        : 'It has no bookmarks.',
  });
}

function put(file: string, state: State, { inPlace }: EditOptions, { writer }: Environment): void {
  const text = JSON.stringify(state);
  if (inPlace === true) replaceFile(file, `${text}\n`);
  else writer.line(text);
}
