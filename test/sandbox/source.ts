import type { Coins } from './coins.js';
import type { Endpoint, Route } from './endpoints.js';
import type { Refusal } from './pages.js';
import type { JobRow, Page, PipelineRow, ProjectRow, WorkflowRow } from './rows.js';

/** What the handlers ask of a world: the one with a history (world.ts) and the one made on demand (bulk.ts). */
export interface Source {
  readonly seed: number;
  readonly coins: Coins;
  /** Canonical slugs, as the answers have them. */
  readonly slugs: readonly string[];
  readonly pageSize: number;
  /** The virtual clock, epoch ms. */
  now: number;
  advance(milliseconds: number): void;
  /** A request takes its time. */
  tick(): void;
  /** The `Date` header of an answer. */
  date(): string | undefined;
  project(slug: string): ProjectRow | undefined;
  pipelines(slug: string, token: string | null): Page<PipelineRow> | Refusal;
  pipelineByNumber(slug: string, number: number): PipelineRow | undefined;
  pipeline(id: string): PipelineRow | undefined;
  workflows(pipelineId: string, token: string | null): Page<WorkflowRow> | Refusal;
  workflow(id: string): WorkflowRow | undefined;
  jobs(workflowId: string, token: string | null): Page<JobRow> | Refusal;
  /** The resources beyond pipelines, workflows and jobs. A world without has empty lists of them. */
  answer?(route: Route): object | Refusal | undefined;
  /** Where the outputs of steps are: another origin than the API's. */
  outputOrigin?: string;
  /** The messages of a step, by the URL that the API has given out for them. */
  output?(url: URL): object | Refusal;
  /** Endpoints for which the token has no permission: 403. */
  readonly forbidden?: ReadonlySet<Endpoint>;
  /** Endpoints that answer 404, whatever is asked of them. */
  readonly missing?: ReadonlySet<Endpoint>;
  /** What the API shows now. Only a world that is small enough has it. */
  truth?(range?: { since?: number }): FullTruth;
}

export type JobTruth = JobRow & { _workflow_id: string; _pipeline_id: string; _workflow_created_at: string };

export interface Truth {
  pipelines: Map<string, PipelineRow>;
  workflows: Map<string, WorkflowRow & { id: string; created_at: string }>;
  /** By `<job id> <workflow id>`: a rerun from failed lists the same job ids again. */
  jobs: Map<string, JobTruth>;
}

/** A row of a stream beyond the three. */
export type Row = Readonly<Record<string, unknown>>;

export interface FullTruth extends Truth {
  /**
   * The rows of the further streams by name and key (resources/truth.ts), as of the time at which the truth was asked
   * for. Made when it is first looked at.
   */
  readonly further: ReadonlyMap<string, ReadonlyMap<string, Row>>;
}

/** `github` and `bitbucket` are the long names of `gh` and `bb`; answers have the short ones. */
export function shortSlug(slug: string): string {
  return slug.replace(/^github\//, 'gh/').replace(/^bitbucket\//, 'bb/');
}
