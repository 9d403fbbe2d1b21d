import { failedWith } from '../../errors.js';
import type { ApiClient } from '../../http/client.js';
import type { Page, Row } from '../../http/pagination.js';
import type { Log } from '../../log.js';
import type { SelectedRecords } from '../../singer/records.js';
import { builds } from '../../streams/buildkite/builds.js';
import { day } from '../../time.js';
import type { Bounds, Entry } from '../entry.js';
import { leftOut } from '../left-out.js';
import type { WalkedList } from '../list-sync.js';
import { floorOf } from '../need.js';
import { BuildList, numberOf, pipelineSlugOf } from './build-list.js';
import type { Pipelines } from './pipelines.js';

/** What the choice among lists goes by. */
export interface BuildListsOptions {
  readonly client: ApiClient;
  readonly pipelines: Pipelines;
  /** Of the selected streams at and below builds. */
  readonly records: SelectedRecords;
  readonly bounds: Bounds;
  /** What the state knows of these pipelines, by their ids. */
  readonly entries: (partitions: readonly string[]) => readonly Entry[];
}

/** A list of builds, and how it is walked. */
export interface BuildsOf {
  readonly pages: BuildList['pages'];
  readonly walked: WalkedList;
}

/** So many lists of single pipelines may be asked in place of that of the organization. */
const few = 3;
/** Further back than this the builds of an organization fill many pages, which a few pipelines alone do not need. */
const far = 14 * day;
/** Of what is left out so many are named. */
const mostNamed = 5;

/** Chooses the lists that hold the builds of pipelines: that of their organization, or their own. */
export class BuildLists {
  readonly #options: BuildListsOptions;
  /** Ids of builds that do not tell which pipeline they are of. */
  readonly #astray = new Set<string>();
  /** Ids of the pipelines of which a list is forbidden: their builds are, too. */
  readonly #forbidden = new Set<string>();

  constructor(options: BuildListsOptions) {
    this.#options = options;
  }

  /** Whether the token must not list the builds of this pipeline, as far as it was tried. */
  isForbidden(id: string): boolean {
    return this.#forbidden.has(id);
  }

  /**
   * The lists that hold the builds of these pipelines: that of the organization, unless they are a small part of it
   * and either so few that their own lists cost hardly more, or read far back, through many pages of the others.
   * @param back how far they are read, in milliseconds since 1970
   */
  of(partitions: readonly string[], back: number): BuildsOf[] {
    if (partitions.length === 0) return [];
    const { pipelines, bounds } = this.#options;
    const isFar = back < bounds.now - far;
    const isSmallPart = 10 * partitions.length <= pipelines.count && (isFar || partitions.length <= few);
    const isOne = partitions.length === 1 && pipelines.count > 1;
    if (!isSmallPart && !isOne) return [this.#list(undefined, partitions)];
    return partitions.map((id) => this.#list(String(pipelines.above(id).buildkite_pipelines?.slug), [id]));
  }

  /** The lists in which these pipelines catch up: the history of a few is not worth the pages of all. */
  ofCreated(partitions: readonly string[]): BuildsOf[] {
    const isUnread = (id: string) => this.#options.entries([id]).some((entry) => this.#asksForHistory(entry));
    const unread = partitions.filter(isUnread);
    if (2 * unread.length >= this.#options.pipelines.count)
      return this.of(partitions, this.#floorOf(partitions));
    const others = partitions.filter((id) => !isUnread(id));
    return [others, ...unread.map((id) => [id])].flatMap((some) => this.of(some, this.#floorOf(some)));
  }

  /** Warns of builds that could not be read for want of their pipeline. */
  report(log: Log): void {
    if (this.#astray.size === 0) return;
    const named = [...this.#astray].slice(0, mostNamed).join(', ');
    const more = this.#astray.size > mostNamed ? ` and ${this.#astray.size - mostNamed} more` : '';
    log.warning(
      `${this.#options.pipelines.organization}: builds without url, which tells their pipeline, were left out with ` +
        `their jobs: ${named}${more}.`,
    );
  }

  #asksForHistory({ since, from }: Entry): boolean {
    const { range, startDate } = this.#options.bounds;
    return range || since === undefined || (from !== undefined && startDate < from);
  }

  /** How far back any of them reads. */
  #floorOf(partitions: readonly string[]): number {
    const { bounds, entries } = this.#options;
    return Math.min(...entries(partitions).map((entry) => floorOf(entry, bounds)));
  }

  #list(pipeline: string | undefined, partitions: readonly string[]): BuildsOf {
    const { client, pipelines, records } = this.#options;
    // The jobs tell when a build has changed, which is what anything but builds alone goes by.
    const withJobs = [...records.keys()].some((stream) => stream !== builds.name);
    const list = new BuildList({ client, organization: pipelines.organization, pipeline, withJobs });
    const pages: BuildList['pages'] = (window, filter) =>
      this.#learning(this.#named(list.pages(window, filter), partitions));
    const isListed = new Set(partitions);
    const partitionOf = (row: Row) => {
      const id = pipelines.idOf(row);
      return id !== undefined && isListed.has(id) ? id : undefined;
    };
    return { pages, walked: { pages, idOf: numberOf, partitionOf, partitions } };
  }

  /** Learns of the pipelines that builds tell of before they come. */
  async *#learning(pages: AsyncIterable<Page>): AsyncGenerator<Page> {
    for await (const page of pages) {
      for (const row of page.items) if (pipelineSlugOf(row) === undefined) this.#astray.add(String(row.id));
      await this.#options.pipelines.learn(page.items.map(pipelineSlugOf));
      yield page;
    }
  }

  /** @throws HttpError that names the streams where the token must not list builds */
  async *#named(listed: AsyncIterable<Page>, partitions: readonly string[]): AsyncGenerator<Page> {
    try {
      yield* listed;
    } catch (error) {
      if (!failedWith(error, 'forbidden')) throw error;
      for (const id of partitions) this.#forbidden.add(id);
      throw error.advising(leftOut([...this.#options.records.keys()], builds));
    }
  }
}
