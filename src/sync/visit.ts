import { HttpError } from '../errors.js';
import type { ApiClient } from '../http/client.js';
import { pages, type Row, TokenNotFound } from '../http/pagination.js';
import { path } from '../http/url.js';
import { isObject } from '../json.js';
import type { Records } from '../singer/records.js';
import type { StreamDefinition } from '../streams/define.js';
import { jobs } from '../streams/jobs.js';
import { pipelines } from '../streams/pipelines.js';
import { workflows } from '../streams/workflows.js';
import { formatTimestamp } from '../time.js';
import { isPipelineDue, isWorkflowDue } from './due.js';
import type { Bounds } from './entry.js';
import { Outcome, type StreamResult } from './outcome.js';
import type { TimedRow, VisitRequest } from './visit-request.js';

export interface Line {
  readonly stream: string;
  readonly text: string;
}

/** All that was read of one pipeline, ready to be written. */
export interface Visit {
  readonly request: VisitRequest;
  /** RECORD lines, parents before children. */
  readonly lines: readonly Line[];
  readonly results: ReadonlyMap<string, StreamResult>;
  /** Answers 404, which are to be believed only while token and project still answer. */
  readonly missing: number;
  /** Rows with a null id, as the API shows expired ones. */
  readonly withoutId: number;
}

/** Reads what is below pipelines. Errors become part of the visit, but for those that end the run. */
export class Visitor {
  readonly #client: ApiClient;
  readonly #records: ReadonlyMap<string, Records>;
  readonly #bounds: Bounds;

  constructor(client: ApiClient, records: ReadonlyMap<string, Records>, bounds: Bounds) {
    this.#client = client;
    this.#records = records;
    this.#bounds = bounds;
  }

  /** @throws HttpError when the token is refused, Stopped when the run is told to stop. */
  async visit(request: VisitRequest): Promise<Visit> {
    const outcome = new Outcome(request, this.#bounds);
    const ownLines = await this.#readPipeline(outcome);
    const lines = [...ownLines, ...(await this.#readWorkflows(outcome))];
    const { missing, withoutId } = outcome;
    return { request, lines, results: outcome.results(), missing, withoutId };
  }

  async #readPipeline(outcome: Outcome): Promise<Line[]> {
    const need = outcome.request.needs.get(pipelines.name);
    if (need === undefined) return [];
    return outcome.attempt([pipelines.name], 'gone', async () => {
      const pipeline = outcome.pipeline ?? (await this.#fetchPipeline(outcome));
      return isPipelineDue(pipeline.row, need) ? this.#write(pipelines.name, pipeline, {}) : [];
    });
  }

  async #fetchPipeline(outcome: Outcome): Promise<TimedRow> {
    const ownPath = path`/pipeline/${outcome.request.id}`;
    const { body, receivedAt } = await this.#client.get(ownPath, '/pipeline/{id}');
    if (!isObject(body)) {
      throw new HttpError(`GET ${ownPath} answered no object.`, { failure: 'unreadable', path: ownPath });
    }
    outcome.pipeline = { row: body, extracted: formatTimestamp(receivedAt) };
    return outcome.pipeline;
  }

  async #readWorkflows(outcome: Outcome): Promise<Line[]> {
    const { id, needs } = outcome.request;
    const below = [workflows.name, jobs.name].filter((stream) => needs.has(stream));
    if (below.length === 0) return [];
    return outcome.attempt(below, 'gone', async () => {
      const listed = await this.#list(outcome, path`/pipeline/${id}/workflow`, workflows.endpoint);
      outcome.workflows = listed.map(({ row }) => row);
      const lines = await Promise.all(listed.map((workflow) => this.#readWorkflow(outcome, workflow)));
      // The last thing that can keep the pipeline open is its set-up state; a list page would have told it.
      if (outcome.pipeline === undefined && outcome.mayLeave) await this.#askState(outcome, below);
      return lines.flat();
    });
  }

  async #askState(outcome: Outcome, streams: readonly string[]): Promise<void> {
    await outcome.attempt(streams, 'gone', async () => {
      await this.#fetchPipeline(outcome);
      return [];
    });
  }

  async #readWorkflow(outcome: Outcome, workflow: TimedRow): Promise<Line[]> {
    const lines: Line[] = [];
    const isDueFor = (stream: string) => {
      const need = outcome.request.needs.get(stream);
      return need !== undefined && isWorkflowDue(workflow.row, need);
    };
    if (isDueFor(workflows.name)) {
      lines.push(...outcome.collect([workflows.name], () => this.#write(workflows.name, workflow, {})));
    }
    if (isDueFor(jobs.name)) {
      const read = () => this.#readJobs(outcome, workflow.row);
      lines.push(...(await outcome.attempt([jobs.name], 'nothing', read)));
    }
    return lines;
  }

  async #readJobs(outcome: Outcome, workflow: Row): Promise<Line[]> {
    const foreignKeys = foreignKeysOf(jobs, { workflows: workflow, pipelines: { id: outcome.request.id } });
    const listed = await this.#list(outcome, path`/workflow/${String(workflow.id)}/job`, jobs.endpoint);
    return listed.flatMap((job) =>
      outcome.collect([jobs.name], () => this.#write(jobs.name, job, foreignKeys)),
    );
  }

  #write(stream: string, { row, extracted }: TimedRow, foreignKeys: Row): Line[] {
    const text = this.#records.get(stream)?.line(row, foreignKeys, extracted);
    return text === undefined ? [] : [{ stream, text }];
  }

  /** All rows of a list, each id once: a list that grows while it is paged by offset repeats rows. */
  async #list(outcome: Outcome, listPath: string, endpoint: string): Promise<TimedRow[]> {
    const rows = new Map<string, TimedRow>();
    try {
      for await (const page of pages(this.#client, listPath, endpoint)) {
        const extracted = formatTimestamp(page.answer.receivedAt);
        for (const row of page.items) {
          const { id } = row;
          if (typeof id === 'string' && id !== '') rows.set(id, { row, extracted });
          else outcome.withoutId++;
        }
      }
    } catch (error) {
      // A page that the server named itself is not there: what came before it is, and the 404 has to be believed.
      if (!(error instanceof TokenNotFound)) throw error;
      outcome.missing++;
    }
    return [...rows.values()];
  }
}

/** The columns that a stream takes from rows above it. */
function foreignKeysOf(definition: StreamDefinition, above: Readonly<Record<string, Row>>): Row {
  const columns = Object.entries(definition.foreignKeys ?? {});
  return Object.fromEntries(columns.map(([own, [stream, column]]) => [own, above[stream]?.[column]]));
}
