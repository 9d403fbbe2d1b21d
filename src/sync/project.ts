import { HttpError, TapError } from '../errors.js';
import { type Page, pages } from '../http/pagination.js';
import { path, slugPath } from '../http/url.js';
import { aliasesOf, checkToken, getProject, type Project } from '../sources/circleci.js';
import { pipelines } from '../streams/pipelines.js';
import { day, formatTimestamp } from '../time.js';
import { startOfRun } from './clock.js';
import {
  type Bounds,
  type Entry,
  endFullTable,
  type Finding,
  floorOf,
  foldRanged,
  foldVisit,
  foldWalked,
  isGivenUp,
  type Need,
  needOf,
  startFullTable,
} from './entry.js';
import { lookAhead } from './look-ahead.js';
import { type PassPlan, type PassStep, passOver } from './pass.js';
import { ProjectState } from './project-state.js';
import type { Run } from './run.js';
import { boundsOf } from './settings.js';
import { type Visit, Visitor } from './visit.js';

/** What a pass over the list is for: the phases of DESIGN §3, or a backfill. */
type Phase = 'finish' | 'catch up' | 'range';

type Arrived = { readonly kind: 'visited'; readonly visit: Visit } | Exclude<PassStep, { kind: 'visit' }>;

/** Syncs the project that is configured as `slug`, and commits what has been read to the run's state. */
export async function syncProject(run: Run, slug: string): Promise<void> {
  const list = new PipelineList(run, slug);
  list.begin();
  const project = await getProject(run.client, slug);
  if (!run.claim(project, slug)) return;
  for (const alias of [slug, ...aliasesOf(slug), ...aliasesOf(project.slug)]) {
    run.state.rename(alias, project.slug);
  }
  run.begin();
  const firstAnswer = await list.firstAnswer(project.answer);
  const start = startOfRun(firstAnswer.date, firstAnswer.receivedAt);
  if (start.warning !== undefined) run.warnOnce('clock', start.warning);
  const state = new ProjectState(run.state, project.slug);
  const bounds = boundsOf(run.settings, start.now, (stream) => state.get(stream), [...run.records.keys()]);
  await new ProjectSync(run, project, list, state, bounds).sync();
}

/** The pages of a project's pipelines; the first one is asked before the project is known to exist. */
class PipelineList {
  readonly #run: Run;
  readonly #path: string;
  #begun: { rest: AsyncGenerator<Page>; first: Promise<IteratorResult<Page>> } | undefined;

  constructor(run: Run, slug: string) {
    this.#run = run;
    this.#path = path`/project/${slugPath(slug)}/pipeline`;
  }

  begin(): void {
    const rest = pages(this.#run.client, this.#path, pipelines.endpoint);
    const first = rest.next();
    first.catch(() => {});
    this.#begun = { rest, first };
  }

  /** The answer that arrived first: that of the first page, or `other`. */
  async firstAnswer(other: Project['answer']): Promise<Project['answer']> {
    const page = await this.#begun?.first.catch(() => undefined);
    const answer = page?.done === false ? page.value.answer : other;
    return answer.receivedAt < other.receivedAt ? answer : other;
  }

  /** All pages, from the first: the one that was begun, or asked again. */
  async *pages(): AsyncGenerator<Page> {
    const begun = this.#begun;
    this.#begun = undefined;
    if (begun !== undefined) {
      const first = await begun.first;
      if (first.done !== true) yield first.value;
      yield* begun.rest;
    } else {
      yield* pages(this.#run.client, this.#path, pipelines.endpoint);
    }
  }
}

class ProjectSync {
  readonly #run: Run;
  readonly #project: Project;
  readonly #list: PipelineList;
  readonly #state: ProjectState;
  readonly #bounds: Bounds;
  readonly #visitor: Visitor;
  /** Streams that are still read; one that is forbidden leaves. */
  readonly #active: Set<string>;
  /** Open pipelines visited in this run, by stream: they are not asked again. */
  readonly #visitedOpen = new Map<string, Set<string>>();
  /** RECORD lines that were read ahead and wait to be written. */
  #buffered = 0;
  #visited = 0;
  #failed = 0;
  #missing = 0;
  #withoutId = 0;

  constructor(run: Run, project: Project, list: PipelineList, state: ProjectState, bounds: Bounds) {
    this.#run = run;
    this.#project = project;
    this.#list = list;
    this.#state = state;
    this.#bounds = bounds;
    this.#visitor = new Visitor(run.client, run.records, bounds);
    this.#active = new Set(run.records.keys());
    for (const stream of this.#active) this.#visitedOpen.set(stream, new Set());
  }

  async sync(): Promise<void> {
    this.#prepare();
    try {
      const isListRead = await this.#readList();
      if (!this.#bounds.range && (isListRead || !this.#isBudgetSpent())) await this.#askOpen();
    } finally {
      this.#reportLeftOut();
    }
    if (this.#state.isDoubted) await this.#verify();
  }

  #prepare(): void {
    for (const [stream, { selected }] of this.#run.records) {
      const entry = this.#state.get(stream);
      if (selected.method === 'FULL_TABLE' && !this.#bounds.range) {
        this.#state.set(stream, startFullTable(entry));
      } else if (entry.since !== undefined && entry.since > this.#bounds.now + day) {
        this.#run.log.warning(
          `${this.#project.slug}: the bookmark of ${stream}, ${formatTimestamp(entry.since)}, lies more than a ` +
            `day ahead of the server's clock (${formatTimestamp(this.#bounds.now)}); it is not moved back.`,
        );
      }
    }
  }

  /** Whether the whole list was read; what stopped it has been reported. */
  async #readList(): Promise<boolean> {
    try {
      if (this.#bounds.range) await this.#pass('range', this.#rangePlans());
      else {
        const unfinished = this.#finishPlans();
        const finishedDownFrom = new Map(
          [...unfinished.keys()].map((stream) => [stream, this.#state.get(stream).walk?.oldest]),
        );
        if (unfinished.size > 0) await this.#pass('finish', unfinished);
        await this.#pass('catch up', this.#catchUpPlans(finishedDownFrom));
      }
      return true;
    } catch (error) {
      if (!this.#isOurs(error)) throw error;
      this.#run.fail(`${this.#project.slug}: ${error.line} What was read until then is kept.`);
      return false;
    }
  }

  /** Whether the error concerns this project alone, rather than the run or the program. */
  #isOurs(error: unknown): error is TapError {
    if (error instanceof HttpError) return error.failure !== 'unauthorized';
    return error instanceof TapError && !(error instanceof Unverified);
  }

  #finishPlans(): Map<string, PassPlan> {
    return this.#plans((entry) => {
      const { walk } = entry;
      if (walk === undefined) return undefined;
      return (id, created) => (created > walk.oldest ? undefined : needOf(id, created, entry, this.#bounds));
    });
  }

  #catchUpPlans(finishedDownFrom: ReadonlyMap<string, number | undefined>): Map<string, PassPlan> {
    return this.#plans((entry, stream) => {
      const finished = finishedDownFrom.get(stream) ?? Number.NEGATIVE_INFINITY;
      return (id, created) => (created <= finished ? undefined : needOf(id, created, entry, this.#bounds));
    });
  }

  #rangePlans(): Map<string, PassPlan> {
    const { startDate, endDate } = this.#bounds;
    return this.#plans((entry) => {
      const { range } = entry;
      const isSame = range !== undefined && range.start === startDate && range.end === endDate;
      const upTo = isSame ? range.oldest : Number.POSITIVE_INFINITY;
      return (id, created) => (created > upTo ? undefined : needOf(id, created, entry, this.#bounds));
    });
  }

  #plans(
    needFor: (
      entry: Entry,
      stream: string,
    ) => ((id: string, created: number) => Need | undefined) | undefined,
  ): Map<string, PassPlan> {
    const plans = new Map<string, PassPlan>();
    for (const stream of this.#active) {
      const entry = this.#state.get(stream);
      const need = needFor(entry, stream);
      if (need === undefined) continue;
      plans.set(stream, {
        floor: floorOf(entry, this.#bounds),
        need: (id, created) => (this.#active.has(stream) ? need(id, created) : undefined),
      });
    }
    return plans;
  }

  async #pass(phase: Phase, plans: ReadonlyMap<string, PassPlan>): Promise<void> {
    const withoutId = () => this.#withoutId++;
    for await (const arrived of this.#read(
      passOver(this.#list.pages(), plans, { now: this.#bounds.now, withoutId }),
    )) {
      if (arrived.kind === 'visited') await this.#take(arrived.visit, phase === 'range' ? 'range' : 'walk');
      else await this.#commit(phase, arrived.streams, arrived.isDoubtful);
      if (this.#active.size === 0) return;
    }
  }

  async *#read(steps: AsyncIterable<PassStep>): AsyncGenerator<Arrived> {
    const read = async (step: PassStep): Promise<Arrived> => {
      if (step.kind === 'passed') return step;
      const visit = await this.#visitor.visit(step.request);
      this.#buffer(visit.lines.length);
      return { kind: 'visited', visit };
    };
    try {
      yield* lookAhead(steps, read, { ahead: this.#run.lookAhead, hasRoom: () => this.#run.hasRoom });
    } finally {
      // What was read ahead and is not wanted any more makes room for the other projects.
      this.#buffer(-this.#buffered);
    }
  }

  #buffer(lines: number): void {
    this.#buffered += lines;
    this.#run.buffered += lines;
  }

  /** Open pipelines that no pass has met, by id. */
  async #askOpen(): Promise<void> {
    const needed = new Map<string, { created: number; needs: Map<string, Need> }>();
    for (const stream of this.#active) {
      for (const [id, created] of this.#state.get(stream).open) {
        if (this.#visitedOpen.get(stream)?.has(id) === true) continue;
        const { needs } = needed.get(id) ?? { needs: new Map<string, Need>() };
        needed.set(id, { created, needs: needs.set(stream, 'all') });
      }
    }
    const steps = [...needed].map(([id, { created, needs }]): PassStep => {
      return { kind: 'visit', request: { id, created, needs, pipeline: undefined } };
    });
    try {
      for await (const arrived of this.#read(fromArray(steps))) {
        if (arrived.kind === 'visited') await this.#take(arrived.visit, 'open');
      }
    } catch (error) {
      if (!this.#isOurs(error)) throw error;
      this.#run.fail(`${this.#project.slug}: ${error.line}`);
    }
  }

  /** Writes what was read of a pipeline and folds it into the state, in this order. */
  async #take(visit: Visit, by: 'walk' | 'range' | 'open'): Promise<void> {
    this.#visited++;
    this.#missing += visit.missing;
    this.#withoutId += visit.withoutId;
    this.#dropForbidden(visit);
    try {
      for (const { stream, text } of visit.lines) {
        if (!this.#active.has(stream)) continue;
        this.#run.record(stream, text);
        const drained = this.#run.writer.drained();
        if (drained !== undefined) await drained;
      }
    } finally {
      this.#buffer(-visit.lines.length);
    }
    this.#reportErrors(visit);
    if (visit.missing > 0) this.#state.doubt();
    this.#fold(visit, by);
    if (this.#isBudgetSpent()) {
      throw new TapError(
        `${this.#failed} of ${this.#visited} pipelines could not be read, so the project is left for this run.`,
      );
    }
    if (this.#run.isStateDue) {
      if (this.#state.isDoubted) await this.#verify();
      this.#run.writeState();
    }
  }

  #dropForbidden({ results }: Visit): void {
    for (const [stream, result] of results) {
      if (result.kind !== 'forbidden' || !this.#active.delete(stream)) continue;
      this.#run.fail(`${this.#project.slug}: ${stream} are left out. ${result.error.line}`);
    }
  }

  #reportErrors({ request, results }: Visit): void {
    let hasFailed = false;
    for (const [stream, result] of results) {
      if (result.kind === 'forbidden' || result.errors.length === 0) continue;
      hasFailed = true;
      for (const error of result.errors) {
        this.#run.fail(
          `${this.#project.slug}: ${stream} of pipeline ${request.id} could not be read and will be asked ` +
            `again in the next run. ${error.line}`,
        );
      }
    }
    if (hasFailed) this.#failed++;
  }

  #fold({ request, results }: Visit, by: 'walk' | 'range' | 'open'): void {
    for (const [stream, result] of results) {
      if (result.kind === 'forbidden' || !this.#active.has(stream)) continue;
      const before = this.#state.get(stream);
      const after = foldVisit(before, result.finding, this.#bounds, by);
      this.#state.set(stream, after);
      if (before.open.has(request.id)) this.#warnOfGivenUp(stream, result.finding);
      if (before.open.has(request.id) || after.open.has(request.id)) {
        this.#visitedOpen.get(stream)?.add(request.id);
      }
    }
  }

  #warnOfGivenUp(stream: string, finding: Finding): void {
    if (finding.settled || !isGivenUp(finding, this.#bounds)) return;
    this.#run.log.warning(
      `${this.#project.slug}: pipeline ${finding.id} never settled and its newest workflow is older than ` +
        `91 days; ${stream} no longer asks for it.`,
    );
  }

  /** Too much is broken for going on to make sense; a handful says nothing about the rest. */
  #isBudgetSpent(): boolean {
    return this.#failed > 100 || (this.#failed > 5 && this.#failed > this.#visited * 0.05);
  }

  async #commit(phase: Phase, streams: readonly string[], isDoubtful: boolean): Promise<void> {
    if (isDoubtful) this.#state.doubt();
    if (this.#state.isDoubted) await this.#verify();
    for (const stream of streams) {
      if (!this.#active.has(stream)) continue;
      const entry = this.#state.get(stream);
      this.#state.set(stream, this.#committed(phase, stream, entry));
    }
  }

  #committed(phase: Phase, stream: string, entry: Entry): Entry {
    const isFullTable = this.#run.records.get(stream)?.selected.method === 'FULL_TABLE';
    if (phase === 'finish') return foldWalked(entry, entry.walk?.started ?? this.#bounds.now, this.#bounds);
    if (isFullTable) return phase === 'range' ? { ...entry, range: undefined } : endFullTable(entry);
    return phase === 'range'
      ? foldRanged(entry, this.#bounds)
      : foldWalked(entry, this.#bounds.now, this.#bounds);
  }

  /** A 404 below a project is believed only while token and project still answer. */
  async #verify(): Promise<void> {
    try {
      await Promise.all([checkToken(this.#run.client), getProject(this.#run.client, this.#project.slug)]);
      this.#state.believe();
    } catch (error) {
      this.#state.disbelieve();
      if (!(error instanceof HttpError) || error.failure === 'unauthorized') throw error;
      throw new Unverified(
        `Something below ${this.#project.slug} answered 404, and then the token or the project did not answer ` +
          `either, so nothing of it is committed. ${error.line}`,
      );
    }
  }

  #reportLeftOut(): void {
    if (this.#missing > 0 || this.#withoutId > 0) {
      this.#run.log.info(
        `${this.#project.slug}: ${this.#missing} answers 404 below pipelines and ${this.#withoutId} rows without ` +
          'id, as CircleCI shows what has expired, were left out.',
      );
    }
  }
}

/** A 404 that cannot be believed: the project has failed. */
class Unverified extends TapError {
  override readonly name = 'Unverified';
}

async function* fromArray<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}
