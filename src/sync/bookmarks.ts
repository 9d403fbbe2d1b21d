import { HttpError, TapError } from '../errors.js';
import type { SelectedRecords } from '../singer/records.js';
import { day, formatTimestamp } from '../time.js';
import type { Bounds, Entry } from './entry.js';
import {
  endFullTable,
  foldCaughtUp,
  foldFinished,
  foldRanged,
  foldVisit,
  isGivenUp,
  startFullTable,
  startWalk,
} from './fold.js';
import { HeldEntries } from './held-entries.js';
import type { Need } from './need.js';
import type { PassPlan, PassPlans, PassStep } from './pass.js';
import type { Run } from './run.js';
import type { Tally } from './tally.js';
import type { Visit } from './visit.js';
import { nameOf, type VisitRequest } from './visit-request.js';

/** What a pass over the list is for: first what an interrupted walk left, then everything from the top; or a backfill. */
export type Phase = 'finish' | 'catch up' | 'range';

/** What the bookmarks of one list need. */
export interface BookmarksOptions {
  readonly run: Run;
  /** What messages call whatever the list belongs to: a slug. */
  readonly name: string;
  /** The streams that are read from the list, parents before children. */
  readonly records: SelectedRecords;
  readonly bounds: Bounds;
  /** Told of streams that are forbidden, and of rows that are given up. */
  readonly tally: Tally;
  /** An answer 404 below the list is believed only if this does not throw. */
  readonly verify: () => Promise<unknown>;
}

/** What one run knows and learns of the streams of a list: their entries, and which of them are still read. */
export class Bookmarks {
  readonly #options: BookmarksOptions;
  readonly #entries: HeldEntries;
  /** Streams that are still read; one that is forbidden leaves. */
  readonly #active: Set<string>;
  /** Open rows visited in this run, by stream: they are not asked again. */
  readonly #visitedOpen = new Map<string, Set<string>>();

  constructor(options: BookmarksOptions) {
    this.#options = options;
    this.#entries = new HeldEntries(options.run.state);
    this.#active = new Set(options.records.keys());
    for (const stream of this.#active) this.#visitedOpen.set(stream, new Set());
  }

  /** What is known by now of a stream in a partition, also what waits to be believed. */
  entry(stream: string, partition: string): Entry {
    return this.#entries.get(stream, partition);
  }

  /** Whether a stream of the list is forbidden by now. */
  isForbidden(stream: string): boolean {
    return this.#options.records.has(stream) && !this.#active.has(stream);
  }

  /** Whether nothing more can be read, because every stream is forbidden. */
  get isOver(): boolean {
    return this.#active.size === 0;
  }

  /** Makes the entries ready for this run; to be called once for each partition. */
  prepare(partitions: readonly string[]): void {
    const { records, bounds, run, name } = this.#options;
    for (const [stream, { selected }] of records) {
      for (const partition of partitions) {
        const entry = startWalk(this.entry(stream, partition), bounds);
        this.#entries.set(stream, partition, entry);
        if (selected.method === 'FULL_TABLE' && !bounds.range) {
          this.#entries.set(stream, partition, startFullTable(entry));
        } else if (entry.since !== undefined && entry.since > bounds.now + day) {
          run.log.warning(
            `${name}: the bookmark of ${stream}, ${formatTimestamp(entry.since)}, lies more than a ` +
              `day ahead of the server's clock (${formatTimestamp(bounds.now)}); it is not moved back.`,
          );
        }
      }
    }
  }

  /** What the streams that are still read want of a pass. */
  plans(
    partitions: readonly string[],
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

  /** Open rows that this run has not met. */
  openRequests(partitions: readonly string[]): VisitRequest[] {
    const requests = new Map<string, VisitRequest & { readonly needs: Map<string, Need> }>();
    for (const stream of this.#active) {
      for (const partition of partitions) {
        for (const [id, created] of this.entry(stream, partition).open) {
          const name = nameOf({ partition, id });
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

  /** Lets go of the streams that the visit found forbidden. */
  dropForbidden({ results }: Visit): void {
    const { records, tally } = this.#options;
    for (const [stream, result] of results) {
      const definition = records.get(stream)?.selected.definition;
      if (result.kind !== 'forbidden' || definition === undefined || !this.#active.delete(stream)) continue;
      tally.forbidden(definition, result.error);
    }
  }

  /** Takes in what a visit has found; its rows have been written. */
  fold({ request, results, missing }: Visit, by: 'walk' | 'range' | 'open'): void {
    const { bounds, tally } = this.#options;
    const { partition, id } = request;
    if (missing > 0) this.#entries.doubt();
    for (const [stream, result] of results) {
      if (result.kind === 'forbidden' || !this.#active.has(stream)) continue;
      const before = this.entry(stream, partition);
      const after = foldVisit(before, result.finding, bounds, by);
      this.#entries.set(stream, partition, after);
      if (before.open.has(id) && !result.finding.settled && isGivenUp(result.finding, bounds)) {
        tally.givenUp(stream, id);
      }
      if (before.open.has(id) || after.open.has(id)) {
        this.#visitedOpen.get(stream)?.add(nameOf(request));
      }
    }
  }

  /** Moves the bookmarks of streams whose floor a pass has passed. @throws as `verify` */
  async commit(phase: Phase, passed: Extract<PassStep, { kind: 'passed' }>): Promise<void> {
    const { partition, streams, isDoubtful } = passed;
    if (isDoubtful) this.#entries.doubt();
    await this.verify();
    for (const stream of streams) {
      if (!this.#active.has(stream)) continue;
      this.#entries.set(stream, partition, this.#committed(phase, stream, this.entry(stream, partition)));
    }
  }

  #committed(phase: Phase, stream: string, entry: Entry): Entry {
    const { records, bounds } = this.#options;
    const isFullTable = records.get(stream)?.selected.method === 'FULL_TABLE';
    if (phase === 'finish') return foldFinished(entry, bounds);
    if (isFullTable) return phase === 'range' ? { ...entry, range: undefined } : endFullTable(entry);
    return phase === 'range' ? foldRanged(entry, bounds) : foldCaughtUp(entry, bounds);
  }

  /**
   * A 404 below the list is believed only while token and list still answer; without one nothing is asked.
   * @throws Unverified when they do not, HttpError when the token is refused
   */
  async verify(): Promise<void> {
    if (!this.#entries.isDoubted) return;
    const { name, verify } = this.#options;
    try {
      await verify();
      this.#entries.believe();
    } catch (error) {
      this.#entries.disbelieve();
      if (!(error instanceof HttpError) || error.failure === 'unauthorized') throw error;
      throw new Unverified(
        `Something below ${name} answered 404, and then ${name} or the token did not answer ` +
          `either, so nothing of it is committed. ${error.line}`,
      );
    }
  }
}

/** A 404 that cannot be believed: the whole list has failed. */
export class Unverified extends TapError {
  override readonly name = 'Unverified';
}
