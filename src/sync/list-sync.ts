import { HttpError, TapError } from '../errors.js';
import type { Page, Row } from '../http/pagination.js';
import type { Records } from '../singer/records.js';
import { day, formatTimestamp } from '../time.js';
import {
  type Bounds,
  type Entry,
  endFullTable,
  foldCaughtUp,
  foldFinished,
  foldRanged,
  foldVisit,
  isGivenUp,
  type Need,
  startFullTable,
  startWalk,
} from './entry.js';
import { HeldEntries } from './held-entries.js';
import { lookAhead } from './look-ahead.js';
import { type PassPlan, type PassPlans, type PassStep, passOver } from './pass.js';
import { catchUpPlan, finishPlan, rangePlan } from './plans.js';
import type { Point } from './progress.js';
import type { Run } from './run.js';
import { Tally } from './tally.js';
import type { Visit } from './visit.js';
import type { VisitRequest } from './visit-request.js';

/** What a pass over the list is for: first what an interrupted walk left, then everything from the top; or a backfill. */
type Phase = 'finish' | 'catch up' | 'range';

type Arrived = { readonly kind: 'visited'; readonly visit: Visit } | Exclude<PassStep, { kind: 'visit' }>;

/** Which part of a list is wanted; a source that has no filters gives more. */
export interface Window {
  /** Oldest `created_at`, */
  readonly from: number;
  /** and newest; Infinity: no end. */
  readonly to: number;
}

/** A list, newest first by `created_at`. */
export interface WalkedList {
  readonly pages: (window: Window) => AsyncIterable<Page>;
  readonly idOf: (row: Row) => string;
  /** Key under which the state knows what a row belongs to; undefined: nothing that is read. */
  readonly partitionOf: (row: Row) => string | undefined;
  readonly partitions: readonly string[];
}

export interface ListSyncOptions {
  readonly run: Run;
  /** What messages call whatever the list belongs to: a slug. */
  readonly name: string;
  /** What messages call one row of it: pipeline, build. */
  readonly item: string;
  /** What progress knows it by. */
  readonly track: string;
  /** The streams that are read from the list, parents before children. */
  readonly records: ReadonlyMap<string, Records>;
  /** Keys under which the state knows what the list's rows belong to, as far as that is known by now. */
  readonly partitions: () => readonly string[];
  readonly bounds: Bounds;
  readonly visit: (request: VisitRequest) => Promise<Visit>;
  /** An answer 404 below the list is believed only if this does not throw. */
  readonly verify: () => Promise<unknown>;
}

/** Reads what a list holds, and what hangs below it, and commits what has been read to the run's state. */
export class ListSync {
  readonly #options: ListSyncOptions;
  readonly #run: Run;
  readonly #bounds: Bounds;
  readonly #entries: HeldEntries;
  /** Streams that are still read; one that is forbidden leaves. */
  readonly #active: Set<string>;
  /** Open rows visited in this run, by stream and partition: they are not asked again. */
  readonly #visitedOpen = new Map<string, Set<string>>();
  /** Characters of RECORD lines that were read ahead and wait to be written. */
  #buffered = 0;
  readonly #tally: Tally;

  constructor(options: ListSyncOptions) {
    const { run, name, item, records, bounds } = options;
    this.#options = options;
    this.#run = run;
    this.#bounds = bounds;
    this.#entries = new HeldEntries(run.state);
    this.#tally = new Tally(run, name, item);
    this.#active = new Set(records.keys());
    for (const stream of this.#active) this.#visitedOpen.set(stream, new Set());
  }

  entry(stream: string, partition: string): Entry {
    return this.#entries.get(stream, partition);
  }

  /** Whether nothing more can be read, because every stream is forbidden. */
  get isOver(): boolean {
    return this.#active.size === 0;
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

  /** Reads the open rows that no pass has met, by their ids. @returns as `read` */
  async readOpen(): Promise<boolean> {
    if (this.#bounds.range || this.#tally.hasTooManyFailures) return true;
    return this.readAll(fromArray(this.#openRequests()));
  }

  /** Says what was left out. */
  report(): void {
    this.#tally.end();
  }

  /** Believes what answered 404, or throws. */
  async end(): Promise<void> {
    if (this.#entries.isDoubted) await this.#verify();
  }

  /** Makes the entries ready for this run; to be called once for each partition. */
  prepare(partitions: readonly string[]): void {
    for (const [stream, { selected }] of this.#options.records) {
      for (const partition of partitions) {
        const entry = startWalk(this.#entries.get(stream, partition), this.#bounds);
        this.#entries.set(stream, partition, entry);
        if (selected.method === 'FULL_TABLE' && !this.#bounds.range) {
          this.#entries.set(stream, partition, startFullTable(entry));
        } else if (entry.since !== undefined && entry.since > this.#bounds.now + day) {
          this.#run.log.warning(
            `${this.#options.name}: the bookmark of ${stream}, ${formatTimestamp(entry.since)}, lies more than a ` +
              `day ahead of the server's clock (${formatTimestamp(this.#bounds.now)}); it is not moved back.`,
          );
        }
      }
    }
  }

  async #readList(list: WalkedList): Promise<void> {
    const bounds = this.#bounds;
    if (bounds.range) {
      const plans = this.#plans(list, (entry) => rangePlan(entry, bounds));
      await this.#pass('range', list, plans);
      return;
    }
    const unfinished = this.#plans(list, (entry) => finishPlan(entry, bounds));
    const walks = new Map(
      [...unfinished].map(([partition, streams]) => [
        partition,
        new Map([...streams.keys()].map((stream) => [stream, this.entry(stream, partition).walk])),
      ]),
    );
    if (unfinished.size > 0) await this.#pass('finish', list, unfinished);
    const plans = this.#plans(list, (entry, stream, partition) =>
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

  #plans(
    { partitions }: WalkedList,
    planOf: (entry: Entry, stream: string, partition: string) => PassPlan | undefined,
  ): PassPlans {
    const plans = new Map<string, Map<string, PassPlan>>();
    for (const partition of partitions) {
      for (const stream of this.#active) {
        const plan = planOf(this.entry(stream, partition), stream, partition);
        if (plan === undefined) continue;
        const streams = plans.get(partition) ?? new Map<string, PassPlan>();
        plans.set(partition, streams.set(stream, this.#whileActive(stream, plan)));
      }
    }
    return plans;
  }

  /** A stream that is forbidden wants nothing more of the list. */
  #whileActive(stream: string, plan: PassPlan): PassPlan {
    const active = this.#active;
    return {
      newest: plan.newest,
      get floor() {
        return active.has(stream) ? plan.floor : Number.POSITIVE_INFINITY;
      },
      need: (id, created) => (active.has(stream) ? plan.need(id, created) : undefined),
    };
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
      } else await this.#commit(phase, arrived);
      if (this.isOver) return;
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

  #openRequests(): VisitRequest[] {
    const requests = new Map<string, VisitRequest & { readonly needs: Map<string, Need> }>();
    for (const stream of this.#active) {
      for (const partition of this.#options.partitions()) {
        for (const [id, created] of this.entry(stream, partition).open) {
          const name = `${partition} ${id}`;
          if (this.#visitedOpen.get(stream)?.has(name) === true) continue;
          const known = requests.get(name);
          const request = known ?? { partition, id, created, root: undefined, needs: new Map() };
          request.needs.set(stream, 'all');
          requests.set(name, request);
        }
      }
    }
    return [...requests.values()];
  }

  /** Writes what was read and folds it into the state, in this order. */
  async #take(visit: Visit, by: 'walk' | 'range' | 'open'): Promise<void> {
    this.#tally.visit(visit);
    this.#dropForbidden(visit);
    try {
      for (const { stream, text, once } of visit.lines) {
        const isForbidden = this.#options.records.has(stream) && !this.#active.has(stream);
        if (isForbidden || !this.#run.isFirst(stream, once)) continue;
        this.#run.record(stream, text);
        const drained = this.#run.writer.drained();
        if (drained !== undefined) await drained;
      }
    } finally {
      this.#buffer(-sizeOf(visit));
    }
    if (visit.missing > 0) this.#entries.doubt();
    this.#fold(visit, by);
    this.#tally.refuseTooManyFailures();
    if (this.#run.isStateDue) {
      if (this.#entries.isDoubted) await this.#verify();
      this.#run.writeState();
    }
  }

  #dropForbidden({ results }: Visit): void {
    for (const [stream, result] of results) {
      if (result.kind !== 'forbidden' || !this.#active.delete(stream)) continue;
      const definition = this.#options.records.get(stream)?.selected.definition;
      this.#tally.forbidden(stream, result.error, definition?.permissions ?? []);
    }
  }

  #fold({ request, results }: Visit, by: 'walk' | 'range' | 'open'): void {
    const { partition, id } = request;
    for (const [stream, result] of results) {
      if (result.kind === 'forbidden' || !this.#active.has(stream)) continue;
      const before = this.entry(stream, partition);
      const after = foldVisit(before, result.finding, this.#bounds, by);
      this.#entries.set(stream, partition, after);
      if (before.open.has(id) && !result.finding.settled && isGivenUp(result.finding, this.#bounds)) {
        this.#tally.givenUp(stream, id);
      }
      if (before.open.has(id) || after.open.has(id)) {
        this.#visitedOpen.get(stream)?.add(`${partition} ${id}`);
      }
    }
  }

  async #commit(phase: Phase, passed: Extract<PassStep, { kind: 'passed' }>): Promise<void> {
    const { partition, streams, isDoubtful } = passed;
    if (isDoubtful) this.#entries.doubt();
    if (this.#entries.isDoubted) await this.#verify();
    for (const stream of streams) {
      if (!this.#active.has(stream)) continue;
      this.#entries.set(stream, partition, this.#committed(phase, stream, this.entry(stream, partition)));
    }
  }

  #committed(phase: Phase, stream: string, entry: Entry): Entry {
    const isFullTable = this.#options.records.get(stream)?.selected.method === 'FULL_TABLE';
    if (phase === 'finish') return foldFinished(entry, this.#bounds);
    if (isFullTable) return phase === 'range' ? { ...entry, range: undefined } : endFullTable(entry);
    return phase === 'range' ? foldRanged(entry, this.#bounds) : foldCaughtUp(entry, this.#bounds);
  }

  /** A 404 below the list is believed only while token and list still answer. */
  async #verify(): Promise<void> {
    try {
      await this.#options.verify();
      this.#entries.believe();
    } catch (error) {
      this.#entries.disbelieve();
      if (!(error instanceof HttpError) || error.failure === 'unauthorized') throw error;
      const { name } = this.#options;
      throw new Unverified(
        `Something below ${name} answered 404, and then ${name} or the token did not answer ` +
          `either, so nothing of it is committed. ${error.line}`,
      );
    }
  }
}

/** A 404 that cannot be believed: the whole list has failed. */
class Unverified extends TapError {
  override readonly name = 'Unverified';
}

/** Whether the error concerns one list alone, rather than the run or the program. */
function isOurs(error: unknown): error is TapError {
  if (error instanceof HttpError) return error.failure !== 'unauthorized';
  return error instanceof TapError && !(error instanceof Unverified);
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

async function* fromArray<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}
