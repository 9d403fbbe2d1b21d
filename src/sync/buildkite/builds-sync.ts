import type { ApiClient } from '../../http/client.js';
import type { Page, Row } from '../../http/pagination.js';
import type { SelectedRecords } from '../../singer/records.js';
import { getAccessToken, listPipelines } from '../../sources/buildkite/api.js';
import { builds } from '../../streams/buildkite/builds.js';
import { jobs } from '../../streams/buildkite/jobs.js';
import type { StreamDefinition } from '../../streams/define.js';
import { parseTimestamp } from '../../time.js';
import type { Bounds, Entry } from '../entry.js';
import { ListSync } from '../list-sync.js';
import { Missing } from '../missing.js';
import { isDeepDue, type Need, settle } from '../need.js';
import type { Reader } from '../reader.js';
import type { Run } from '../run.js';
import { type Visit, Visitor } from '../visit.js';
import { nameOf, type VisitRequest } from '../visit-request.js';
import { buildKind } from './build-kind.js';
import { type BuildFilter, numberOf } from './build-list.js';
import { BuildLists, type BuildsOf } from './build-lists.js';
import { hasFinishedSince, openStates } from './due.js';
import type { Pipelines } from './pipelines.js';

/** What the builds of one organization are read with. */
export interface BuildsSyncOptions {
  readonly run: Run;
  readonly client: ApiClient;
  readonly reader: Reader;
  readonly pipelines: Pipelines;
  /** Of the selected streams at and below builds, parents before children. */
  readonly records: SelectedRecords;
  /** All streams below builds, parents before children. */
  readonly below: readonly StreamDefinition[];
  readonly bounds: Bounds;
}

/** When so many lists have failed one after the other, the next ones will. */
const mostFailedInARow = 3;

/**
 * Reads the builds of an organization and what hangs below them. Buildkite tells no time of change, but filters:
 * 1. builds in an open state, however old,
 * 2. builds that finished since the last sync,
 * 3. builds created since then, with the look-back, and whatever was never read,
 * 4. builds that were open at the last sync and that none of these has brought, by their numbers.
 */
export class BuildsSync {
  readonly #options: BuildsSyncOptions;
  readonly #sync: ListSync;
  readonly #visitor: Visitor;
  readonly #lists: BuildLists;
  /** Builds that the first two have read: they are not written again in this run. */
  readonly #met = new Set<string>();
  /** Ids of the pipelines of which a list could not be read: without it their bookmarks must not move. */
  readonly #lost = new Set<string>();
  /** Ids of the pipelines whose entries are ready for this run. */
  readonly #prepared = new Set<string>();

  constructor(options: BuildsSyncOptions) {
    const { run, client, reader, pipelines, records, below, bounds } = options;
    this.#options = options;
    const above = (partition: string) => pipelines.above(partition);
    this.#visitor = new Visitor(reader, records, buildKind({ client, below, bounds, above }));
    const { organization } = pipelines;
    const lists = new BuildLists({
      client,
      pipelines,
      records,
      bounds,
      entries: (partitions) => this.#entries(partitions),
    });
    this.#lists = lists;
    this.#sync = new ListSync({
      run,
      name: organization,
      item: 'build',
      track: organization,
      records,
      partitions: () => pipelines.ids.filter((id) => !lists.isForbidden(id)),
      bounds,
      visit: (request) => this.#visitOnce(request),
      verify: () => Promise.all([getAccessToken(client), listPipelines(client, organization)]),
    });
  }

  /** @throws HttpError when the token is refused, Stopped when the run is told to stop. */
  async sync(): Promise<void> {
    await this.#learnOpen();
    this.#prepare();
    try {
      await this.#readChanged();
      await this.#readCreated();
      await this.#sync.readOpen();
    } finally {
      this.#sync.report();
      this.#lists.report(this.#options.run.log);
    }
    await this.#sync.end();
  }

  /** Pipelines that the list leaves out, as it may those that are archived, can still have open builds. */
  async #learnOpen(): Promise<void> {
    const { run, records, pipelines } = this.#options;
    const unlisted: { readonly stream: string; readonly id: string; readonly slug: string }[] = [];
    for (const stream of records.keys()) {
      for (const id of run.state.projects(stream)) {
        const [organization, slug] = run.state.nameOf(id)?.split('/') ?? [];
        if (slug === undefined || organization !== pipelines.organization || pipelines.knows(id)) continue;
        if (run.state.entry(stream, id).open.size > 0) unlisted.push({ stream, id, slug });
      }
    }
    await pipelines.learn(unlisted.map(({ slug }) => slug));
    // Token and list have answered a moment ago, so that what is not there is deleted, and its builds with it.
    const gone = unlisted.filter(({ id, slug }) => pipelines.isGone(id, slug));
    for (const { stream, id } of gone)
      run.state.set(stream, id, { ...run.state.entry(stream, id), open: new Map() });
    if (gone.length === 0) return;
    const slugs = new Set(gone.map(({ slug }) => slug));
    run.log.info(
      `${pipelines.organization}: pipelines that are gone, whose open builds are asked for no more: ` +
        `${[...slugs].join(', ')}.`,
    );
  }

  /** Makes the entries of pipelines ready that have become known since the last time. */
  #prepare(): void {
    const { run, pipelines } = this.#options;
    const ids = pipelines.ids.filter((id) => !this.#prepared.has(id));
    for (const id of ids) this.#prepared.add(id);
    for (const { id, slug } of pipelines.read) run.state.setName(id, `${pipelines.organization}/${slug}`);
    this.#sync.prepare(ids);
  }

  /** What a filter finds whenever it was created. Without it no bookmark may move. */
  async #readChanged(): Promise<void> {
    const { now, range } = this.#options.bounds;
    const since = this.#oldestBookmark();
    if (since === undefined || range) return;
    const everything = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
    // Whoever leaves the open states while they are read is among the finished ones, hence this order.
    const filters: BuildFilter[] = [{ states: openStates }, { finishedFrom: since - settle }];
    for (const filter of filters) {
      await this.#readEach(this.#lists.of(this.#remaining, filter.finishedFrom ?? now), ({ pages }) =>
        this.#sync.readAll(this.#requests(pages(everything, filter), filter), (request) =>
          this.#visitChanged(request),
        ),
      );
    }
  }

  /** Pipelines of which every list so far could be read. */
  get #remaining(): string[] {
    return this.#options.pipelines.ids.filter((id) => !this.#lost.has(id));
  }

  /** Reads one list after the other. One that cannot be read leaves the others alone, several are no fault of theirs. */
  async #readEach(lists: readonly BuildsOf[], read: (list: BuildsOf) => Promise<boolean>): Promise<void> {
    let failedInARow = 0;
    for (const list of lists) {
      const isRead = failedInARow < mostFailedInARow && !this.#sync.isOver && (await read(list));
      failedInARow = isRead ? 0 : failedInARow + 1;
      if (!isRead) for (const id of list.walked.partitions) this.#lost.add(id);
    }
  }

  /** The oldest time since which something that was read may have changed; undefined where nothing was read. */
  #oldestBookmark(): number | undefined {
    const known = this.#entries(this.#options.pipelines.ids)
      .map(readSince)
      .filter((since) => since !== undefined);
    return known.length === 0 ? undefined : Math.min(...known);
  }

  #entries(partitions: readonly string[]): Entry[] {
    const streams = [...this.#options.records.keys()];
    return partitions.flatMap((partition) => streams.map((stream) => this.#sync.entry(stream, partition)));
  }

  async *#requests(pages: AsyncIterable<Page>, filter: BuildFilter): AsyncGenerator<VisitRequest> {
    const { pipelines } = this.#options;
    for await (const { items, answer } of pages) {
      const { receivedAt } = answer;
      for (const row of items) {
        const partition = pipelines.idOf(row);
        const created = parseTimestamp(row.created_at);
        if (partition === undefined || created === undefined) continue;
        const needs = this.#needs(row, partition, created, filter);
        if (needs.size > 0) yield { partition, id: numberOf(row), created, root: { row, receivedAt }, needs };
      }
    }
  }

  #needs(row: Row, partition: string, created: number, filter: BuildFilter): Map<string, Need> {
    const { startDate, endDate = Number.POSITIVE_INFINITY } = this.#options.bounds;
    const needs = new Map<string, Need>();
    if (created < startDate || created >= endDate) return needs;
    for (const stream of this.#options.records.keys()) {
      const since = readSince(this.#sync.entry(stream, partition));
      // What was never read is read whole, with its history.
      if (since === undefined) continue;
      if (filter.finishedFrom === undefined || hasFinishedSince(row, since - settle))
        needs.set(stream, 'all');
    }
    return needs;
  }

  /** Everything that was created since the last sync, and what was never read. */
  async #readCreated(): Promise<void> {
    const { pipelines } = this.#options;
    const known = new Set(this.#lost);
    // Builds may tell of pipelines that the list left out.
    for (let ids = this.#remaining; ids.length > 0; ids = pipelines.ids.filter((id) => !known.has(id))) {
      this.#prepare();
      for (const id of ids) known.add(id);
      await this.#readEach(this.#lists.ofCreated(ids), ({ walked }) => this.#sync.read(walked));
    }
  }

  async #visitChanged(request: VisitRequest): Promise<Visit> {
    const name = nameOf(request);
    if (this.#met.has(name)) return repeated(request);
    this.#met.add(name);
    return this.#visitor.visit(request);
  }

  async #visitOnce(request: VisitRequest): Promise<Visit> {
    return this.#met.has(nameOf(request)) ? repeated(request) : this.#visitor.visit(this.#anew(request));
  }

  /**
   * The deep look-back has builds and their jobs on its pages anyway, and writes them whatever their times say: the
   * meta-data of a build is edited without any. What takes requests of its own goes by times.
   */
  #anew(request: VisitRequest): VisitRequest {
    const { bounds } = this.#options;
    // Where every run looks back that far, none is the deep one.
    if (bounds.lookback >= bounds.rerunWindow) return request;
    const needs = new Map(request.needs);
    for (const stream of [builds.name, jobs.name]) {
      if (!needs.has(stream)) continue;
      if (isDeepDue(this.#sync.entry(stream, request.partition), bounds)) needs.set(stream, 'all');
    }
    return { ...request, needs };
  }
}

/** Since when what was read may have changed; a first sync that was interrupted has read a part. */
function readSince({ since, walk }: Entry): number | undefined {
  return since ?? walk?.started;
}

/** A build that this run has written: what has changed since is the next run's to write, so it is kept open. */
function repeated(request: VisitRequest): Visit {
  const { id, created, needs } = request;
  const finding = { id, created, outcome: 'read', settled: false, newest: Number.POSITIVE_INFINITY } as const;
  const results = new Map(
    [...needs.keys()].map((stream) => [stream, { kind: 'found', finding, errors: [] } as const]),
  );
  return { request, lines: [], results, missing: new Missing(), withoutId: 0, skipped: 0 };
}
