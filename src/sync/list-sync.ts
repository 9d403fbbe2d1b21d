import { failedWith, TapError } from '../errors.js';
import type { Page, Row } from '../http/pagination.js';
import type { SelectedRecords } from '../singer/records.js';
import { Bookmarks, type Phase, Unverified } from './bookmarks.js';
import type { Bounds, Entry } from './entry.js';
import { lookAhead } from './look-ahead.js';
import { type PassPlans, type PassStep, passOver } from './pass.js';
import { catchUpPlan, finishPlan, rangePlan } from './plans.js';
import type { Point } from './progress.js';
import type { Run } from './run.js';
import { type ListWords, Tally } from './tally.js';
import type { Visit } from './visit.js';
import type { VisitRequest } from './visit-request.js';

type Arrived = { readonly kind: 'visited'; readonly visit: Visit } | Exclude<PassStep, { kind: 'visit' }>;

/** Which part of a list is wanted; a source that has no filters gives more. */
export interface Window {
  /** Oldest `created_at`, in milliseconds since 1970. */
  readonly from: number;
  /** Newest `created_at`, likewise; Infinity: no end. */
  readonly to: number;
}

/** A list, newest first by `created_at`. */
export interface WalkedList {
  /** Its pages, all or those that hold what was created in the window. */
  readonly pages: (window: Window) => AsyncIterable<Page>;
  /** What names a row within its partition; empty for one that names nothing. */
  readonly idOf: (row: Row) => string;
  /** Key under which the state knows what a row belongs to; undefined: nothing that is read. */
  readonly partitionOf: (row: Row) => string | undefined;
  /** All partitions that are read from it. */
  readonly partitions: readonly string[];
}

/** What the sync of one list needs; its words are for messages. */
export interface ListSyncOptions extends ListWords {
  readonly run: Run;
  /** What progress knows it by. */
  readonly track: string;
  /** The streams that are read from the list, parents before children. */
  readonly records: SelectedRecords;
  /** Keys under which the state knows what the list's rows belong to, as far as that is known by now. */
  readonly partitions: () => readonly string[];
  readonly bounds: Bounds;
  /** Reads a row and what hangs below it; what cannot be read is a part of the visit. */
  readonly visit: (request: VisitRequest) => Promise<Visit>;
  /** An answer 404 below the list is believed only if this does not throw. */
  readonly verify: () => Promise<unknown>;
}

/** Reads what a list holds, and what hangs below it, and commits what has been read to the run's state. */
export class ListSync {
  readonly #options: ListSyncOptions;
  readonly #run: Run;
  readonly #bounds: Bounds;
  readonly #bookmarks: Bookmarks;
  readonly #tally: Tally;
  /** Characters of RECORD lines that were read ahead and wait to be written. */
  #buffered = 0;

  constructor(options: ListSyncOptions) {
    const { run, bounds } = options;
    this.#options = options;
    this.#run = run;
    this.#bounds = bounds;
    this.#tally = new Tally(run, options, options.records);
    this.#bookmarks = new Bookmarks({ ...options, tally: this.#tally });
  }

  /** What is known by now of a stream in a partition. */
  entry(stream: string, partition: string): Entry {
    return this.#bookmarks.entry(stream, partition);
  }

  /** Makes the entries ready for this run; to be called once for each partition. */
  prepare(partitions: readonly string[]): void {
    this.#bookmarks.prepare(partitions);
  }

  /** Reads the list as far as the bookmarks ask for it. @returns whether it was read whole; what stopped it has been reported. */
  async read(list: WalkedList): Promise<boolean> {
    return this.#guard(() => this.#readList(list), ' What was read until then is kept.');
  }

  /** Reads rows that are known already. @returns as `read` */
  async readAll(requests: AsyncIterable<VisitRequest>, visit = this.#options.visit): Promise<boolean> {
    return this.#guard(async () => {
      for await (const arrived of this.#read(asSteps(requests), visit)) {
        if (arrived.kind === 'visited') await this.#take(arrived.visit, 'open');
      }
    });
  }

  /** Whether nothing more is read in this run: so much has failed, or every stream is forbidden. */
  get isOver(): boolean {
    return this.#tally.hasTooManyFailures || this.#bookmarks.isOver;
  }

  /** Reads the open rows that no pass has met, by their ids. @returns as `read` */
  async readOpen(): Promise<boolean> {
    if (this.#bounds.range || this.#tally.hasTooManyFailures) return true;
    return this.readAll(inTurn(this.#bookmarks.openRequests(this.#options.partitions())));
  }

  /** Says what was left out. */
  report(): void {
    this.#tally.end();
  }

  /** Believes what answered 404, or throws. */
  async end(): Promise<void> {
    await this.#bookmarks.verify();
  }

  async #readList(list: WalkedList): Promise<void> {
    const bounds = this.#bounds;
    const bookmarks = this.#bookmarks;
    if (bounds.range) {
      const plans = bookmarks.plans(list.partitions, (entry) => rangePlan(entry, bounds));
      await this.#pass('range', list, plans);
      return;
    }
    const unfinished = bookmarks.plans(list.partitions, (entry) => finishPlan(entry, bounds));
    const walks = new Map(
      [...unfinished].map(([partition, streams]) => [
        partition,
        new Map([...streams.keys()].map((stream) => [stream, this.entry(stream, partition).walk])),
      ]),
    );
    if (unfinished.size > 0) await this.#pass('finish', list, unfinished);
    const plans = bookmarks.plans(list.partitions, (entry, stream, partition) =>
      catchUpPlan(entry, bounds, walks.get(partition)?.get(stream)),
    );
    await this.#pass('catch up', list, plans);
  }

  /** Whether it went to the end; an error that concerns this list alone is reported. */
  async #guard(read: () => Promise<void>, consequence = ''): Promise<boolean> {
    try {
      await read();
      return true;
    } catch (error) {
      if (!isOurs(error)) throw error;
      this.#run.fail(`${this.#options.name}: ${error.line}${consequence}`);
      return false;
    }
  }

  async #pass(phase: Phase, list: WalkedList, plans: PassPlans): Promise<void> {
    const { now, rerunWindow } = this.#bounds;
    const window = windowOf(plans, this.#bounds);
    const steps = passOver(list.pages(window), plans, {
      now,
      expiredBefore: now - rerunWindow,
      idOf: list.idOf,
      partitionOf: list.partitionOf,
      withoutId: () => this.#tally.withoutId(),
    });
    for await (const arrived of this.#read(steps)) {
      if (arrived.kind === 'visited') {
        await this.#take(arrived.visit, phase === 'range' ? 'range' : 'walk');
        this.#run.progress.reach(this.#options.track, pointOf(arrived.visit.request), window.from);
      } else await this.#bookmarks.commit(phase, arrived);
      if (this.#bookmarks.isOver) return;
    }
  }

  async *#read(steps: AsyncIterable<PassStep>, visit = this.#options.visit): AsyncGenerator<Arrived> {
    const read = async (step: PassStep): Promise<Arrived> => {
      if (step.kind === 'passed') return step;
      const visited = await visit(step.request);
      this.#buffer(sizeOf(visited));
      return { kind: 'visited', visit: visited };
    };
    try {
      yield* lookAhead(steps, read, { ahead: this.#run.lookAhead, hasRoom: () => this.#run.hasRoom });
    } finally {
      // What was read ahead and is not wanted any more makes room for the other lists.
      this.#buffer(-this.#buffered);
    }
  }

  #buffer(characters: number): void {
    this.#buffered += characters;
    this.#run.buffered += characters;
  }

  /** Writes what was read and folds it into the state, in this order. */
  async #take(visit: Visit, by: 'walk' | 'range' | 'open'): Promise<void> {
    this.#tally.visit(visit, this.#bookmarks.givingUp(visit));
    this.#bookmarks.dropForbidden(visit);
    try {
      for (const { stream, text, once } of visit.lines) {
        if (this.#bookmarks.isLeftOut(stream) || !this.#run.isFirst(stream, once)) continue;
        this.#run.record(stream, text);
        const drained = this.#run.writer.drained();
        if (drained !== undefined) await drained;
      }
    } finally {
      this.#buffer(-sizeOf(visit));
    }
    this.#bookmarks.fold(visit, by);
    this.#tally.refuseTooManyFailures();
    this.#bookmarks.dropBroken();
    if (this.#run.isStateDue) {
      await this.#bookmarks.verify();
      this.#run.writeState();
    }
  }
}

/** Whether the error concerns one list alone, rather than the run or the program. */
function isOurs(error: unknown): error is TapError {
  if (error instanceof Unverified || failedWith(error, 'unauthorized')) return false;
  return error instanceof TapError;
}

/** What all plans together ask for. */
function windowOf(plans: PassPlans, { endDate = Number.POSITIVE_INFINITY }: Bounds): Window {
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (const streams of plans.values()) {
    for (const { floor, newest } of streams.values()) {
      from = Math.min(from, floor);
      to = Math.max(to, newest);
    }
  }
  return { from, to: Math.min(to, endDate) };
}

function sizeOf({ lines }: Visit): number {
  return lines.reduce((sum, { text }) => sum + text.length, 0);
}

function pointOf({ created, root }: VisitRequest): Point {
  const number = root?.row.number;
  return { created, number: typeof number === 'number' ? number : undefined };
}

async function* asSteps(requests: AsyncIterable<VisitRequest>): AsyncGenerator<PassStep> {
  for await (const request of requests) yield { kind: 'visit', request };
}

async function* inTurn<Item>(items: Iterable<Item>): AsyncGenerator<Item> {
  yield* items;
}
