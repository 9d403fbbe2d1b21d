import { HttpError, TapError } from '../errors.js';
import { aliasesOf, checkToken, getProject, type Project } from '../sources/circleci.js';
import { day, formatTimestamp } from '../time.js';
import { startOfRun } from './clock.js';
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
import { lookAhead } from './look-ahead.js';
import { type PassPlan, type PassStep, passOver } from './pass.js';
import { PipelineList } from './pipeline-list.js';
import { catchUpPlan, finishPlan, rangePlan } from './plans.js';
import type { Point } from './progress.js';
import { ProjectState } from './project-state.js';
import type { Run } from './run.js';
import { boundsOf } from './settings.js';
import { Tally } from './tally.js';
import { type Visit, Visitor } from './visit.js';
import type { VisitRequest } from './visit-request.js';

/** What a pass over the list is for: first what an interrupted walk left, then everything from the top; or a backfill. */
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
  const bounds = boundsOf(run.settings, start.now);
  await new ProjectSync(run, slug, project, list, bounds).sync();
}

class ProjectSync {
  readonly #run: Run;
  /** As configured; `#project` has what CircleCI calls it. */
  readonly #slug: string;
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
  readonly #tally: Tally;

  constructor(run: Run, slug: string, project: Project, list: PipelineList, bounds: Bounds) {
    this.#run = run;
    this.#slug = slug;
    this.#project = project;
    this.#list = list;
    this.#state = new ProjectState(run.state, project.slug);
    this.#bounds = bounds;
    this.#visitor = new Visitor(run.client, run.records, bounds);
    this.#tally = new Tally(run, project.slug);
    this.#active = new Set(run.records.keys());
    for (const stream of this.#active) this.#visitedOpen.set(stream, new Set());
  }

  async sync(): Promise<void> {
    this.#prepare();
    try {
      const isListRead = await this.#readList();
      if (!this.#bounds.range && (isListRead || !this.#tally.hasTooManyFailures)) await this.#askOpen();
    } finally {
      this.#tally.end();
    }
    if (this.#state.isDoubted) await this.#verify();
  }

  #prepare(): void {
    for (const [stream, { selected }] of this.#run.records) {
      const entry = startWalk(this.#state.get(stream), this.#bounds);
      this.#state.set(stream, entry);
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
      const bounds = this.#bounds;
      if (bounds.range) {
        const plans = this.#plans((entry) => rangePlan(entry, bounds));
        await this.#pass('range', plans);
      } else {
        const unfinished = this.#plans((entry) => finishPlan(entry, bounds));
        const finished = new Map(
          [...unfinished.keys()].map((stream) => [stream, this.#state.get(stream).walk]),
        );
        if (unfinished.size > 0) await this.#pass('finish', unfinished);
        const plans = this.#plans((entry, stream) => catchUpPlan(entry, bounds, finished.get(stream)));
        await this.#pass('catch up', plans);
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

  #plans(planOf: (entry: Entry, stream: string) => PassPlan | undefined): Map<string, PassPlan> {
    const plans = new Map<string, PassPlan>();
    for (const stream of this.#active) {
      const plan = planOf(this.#state.get(stream), stream);
      if (plan === undefined) continue;
      const active = this.#active;
      plans.set(stream, {
        // A stream that is forbidden wants nothing more of the list.
        get floor() {
          return active.has(stream) ? plan.floor : Number.POSITIVE_INFINITY;
        },
        need: (id, created) => (active.has(stream) ? plan.need(id, created) : undefined),
      });
    }
    return plans;
  }

  async #pass(phase: Phase, plans: ReadonlyMap<string, PassPlan>): Promise<void> {
    const withoutId = () => this.#tally.withoutId();
    for await (const arrived of this.#read(
      passOver(this.#list.pages(), plans, { now: this.#bounds.now, withoutId }),
    )) {
      if (arrived.kind === 'visited') {
        await this.#take(arrived.visit, phase === 'range' ? 'range' : 'walk');
        this.#run.progress.reach(this.#slug, pointOf(arrived.visit.request), lowestFloor(plans));
      } else await this.#commit(phase, arrived.streams, arrived.isDoubtful);
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
    this.#tally.visit(visit);
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
    if (visit.missing > 0) this.#state.doubt();
    this.#fold(visit, by);
    this.#tally.refuseTooManyFailures();
    if (this.#run.isStateDue) {
      if (this.#state.isDoubted) await this.#verify();
      this.#run.writeState();
    }
  }

  #dropForbidden({ results }: Visit): void {
    for (const [stream, result] of results) {
      if (result.kind === 'forbidden' && this.#active.delete(stream))
        this.#tally.forbidden(stream, result.error);
    }
  }

  #fold({ request, results }: Visit, by: 'walk' | 'range' | 'open'): void {
    for (const [stream, result] of results) {
      if (result.kind === 'forbidden' || !this.#active.has(stream)) continue;
      const before = this.#state.get(stream);
      const after = foldVisit(before, result.finding, this.#bounds, by);
      this.#state.set(stream, after);
      if (before.open.has(request.id) && !result.finding.settled && isGivenUp(result.finding, this.#bounds)) {
        this.#tally.givenUp(stream, request.id);
      }
      if (before.open.has(request.id) || after.open.has(request.id)) {
        this.#visitedOpen.get(stream)?.add(request.id);
      }
    }
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
    if (phase === 'finish') return foldFinished(entry, this.#bounds);
    if (isFullTable) return phase === 'range' ? { ...entry, range: undefined } : endFullTable(entry);
    return phase === 'range' ? foldRanged(entry, this.#bounds) : foldCaughtUp(entry, this.#bounds);
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
}

/** A 404 that cannot be believed: the project has failed. */
class Unverified extends TapError {
  override readonly name = 'Unverified';
}

function pointOf({ created, pipeline }: VisitRequest): Point {
  const number = pipeline?.row.number;
  return { created, number: typeof number === 'number' ? number : undefined };
}

function lowestFloor(plans: ReadonlyMap<string, PassPlan>): number {
  return Math.min(...[...plans.values()].map(({ floor }) => floor));
}

async function* fromArray<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}
