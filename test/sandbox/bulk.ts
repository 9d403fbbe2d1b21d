import type { Coins } from './coins.js';
import { plainCoins } from './coins.js';
import type { Refusal, Sequence } from './pages.js';
import { NOT_FOUND, page } from './pages.js';
import { hash } from './random.js';
import type { JobRow, Page, PipelineRow, ProjectRow, WorkflowRow } from './rows.js';
import { DAY, MINUTE, SECOND, wholeSeconds, withMilliseconds } from './rows.js';
import type { Source } from './source.js';
import { shortSlug } from './source.js';

export interface BulkOptions {
  pipelines: number;
  workflowsPerPipeline: number;
  jobsPerWorkflow: number;
  seed?: number;
  /** Epoch ms: the clock, which only moves when told to, and the time just after the newest pipeline. */
  now?: number;
  /** Days over which the pipelines are spread. Default 365. */
  days?: number;
  slug?: string;
  coins?: Partial<Coins>;
}

/** A settled history of any size in no memory: every row is made from its number when it is asked for. */
export function createBulkWorld(options: BulkOptions): BulkWorld {
  return new BulkWorld(options);
}

const PIPELINE = 1;
const WORKFLOW = 2;
const JOB = 3;
type Kind = typeof PIPELINE | typeof WORKFLOW | typeof JOB;
const jobNames = [
  'checkout',
  'build',
  'unit-tests',
  'integration-tests',
  'browser-tests',
  'publish-image',
  'deploy',
];

export class BulkWorld implements Source {
  readonly seed: number;
  readonly coins: Coins;
  readonly pageSize = 20;
  readonly slugs: readonly string[];
  readonly counts: { readonly pipelines: number; readonly workflows: number; readonly jobs: number };
  now: number;
  readonly #slug: string;
  readonly #workflowsPerPipeline: number;
  readonly #jobsPerWorkflow: number;
  readonly #newest: number;
  readonly #spacing: number;

  constructor(options: BulkOptions) {
    const { pipelines, workflowsPerPipeline, jobsPerWorkflow } = options;
    this.seed = options.seed ?? 1;
    this.coins = { ...plainCoins, ...options.coins };
    this.now = options.now ?? Date.UTC(2025, 0, 1);
    this.#slug = options.slug ?? 'gh/acme/monorepo';
    this.slugs = [this.#slug];
    this.#workflowsPerPipeline = workflowsPerPipeline;
    this.#jobsPerWorkflow = jobsPerWorkflow;
    const workflows = pipelines * workflowsPerPipeline;
    this.counts = { pipelines, workflows, jobs: workflows * jobsPerWorkflow };
    // Two hours of peace, so that everything has ended and settled.
    this.#newest = this.now - 120 * MINUTE;
    this.#spacing = Math.max(1, Math.floor(((options.days ?? 365) * DAY) / Math.max(1, pipelines)));
  }

  advance(milliseconds: number): void {
    this.now += milliseconds;
  }

  tick(): void {}

  date(): string | undefined {
    return this.coins.date === 'absent' ? undefined : new Date(this.now).toUTCString();
  }

  project(slug: string): ProjectRow | undefined {
    if (shortSlug(slug) !== this.#slug) return undefined;
    const [vcs, organization, name] = this.#slug.split('/') as [string, string, string];
    return {
      slug: this.#slug,
      name,
      id: this.#id(0, 0),
      organization_name: organization,
      organization_slug: `${vcs}/${organization}`,
      organization_id: this.#id(0, 1),
      vcs_info: {
        vcs_url: `https://github.com/${organization}/${name}`,
        provider: 'GitHub',
        default_branch: 'main',
      },
    };
  }

  pipelines(slug: string, token: string | null): Page<PipelineRow> | Refusal {
    if (shortSlug(slug) !== this.#slug) return NOT_FOUND;
    const { pipelines } = this.counts;
    // Number 1 is the oldest, and last in the list.
    return this.#page(
      'pipelines',
      pipelines,
      (position) => this.#pipelineRow(pipelines - 1 - position),
      token,
    );
  }

  pipelineByNumber(slug: string, number: number): PipelineRow | undefined {
    const isKnown = Number.isInteger(number) && number >= 1 && number <= this.counts.pipelines;
    return shortSlug(slug) === this.#slug && isKnown ? this.#pipelineRow(number - 1) : undefined;
  }

  pipeline(id: string): PipelineRow | undefined {
    const index = this.#indexOf(PIPELINE, id, this.counts.pipelines);
    return index === undefined ? undefined : this.#pipelineRow(index);
  }

  workflows(pipelineId: string, token: string | null): Page<WorkflowRow> | Refusal {
    const index = this.#indexOf(PIPELINE, pipelineId, this.counts.pipelines);
    if (index === undefined) return NOT_FOUND;
    const each = this.#workflowsPerPipeline;
    return this.#page(pipelineId, each, (position) => this.#workflowRow(index * each + position), token);
  }

  workflow(id: string): WorkflowRow | undefined {
    const index = this.#indexOf(WORKFLOW, id, this.counts.workflows);
    return index === undefined ? undefined : this.#workflowRow(index);
  }

  jobs(workflowId: string, token: string | null): Page<JobRow> | Refusal {
    const index = this.#indexOf(WORKFLOW, workflowId, this.counts.workflows);
    if (index === undefined) return NOT_FOUND;
    const each = this.#jobsPerWorkflow;
    return this.#page(workflowId, each, (position) => this.#jobRow(index * each + position), token);
  }

  #page<Row>(
    list: string,
    length: number,
    rowAt: (position: number) => Row,
    token: string | null,
  ): Page<Row> | Refusal {
    const positions: Sequence<number> = {
      length,
      at: (position) => position,
      keyOf: String,
      after: (key) => Number(key) + 1,
    };
    const slice = page(list, positions, token, this.pageSize, this.coins);
    if (typeof slice === 'string') return slice;
    return { items: slice.items.map(rowAt), next_page_token: slice.nextPageToken };
  }

  #createdAt(index: number): number {
    return this.#newest - (this.counts.pipelines - 1 - index) * this.#spacing;
  }

  #pipelineRow(index: number): PipelineRow {
    const [, organization, name] = this.#slug.split('/');
    const createdAt = this.#createdAt(index);
    const mixed = this.#mix(PIPELINE, index);
    const url = `https://github.com/${organization}/${name}`;
    const revision = (mixed.toString(16).padStart(8, '0') + index.toString(16).padStart(8, '0'))
      .repeat(3)
      .slice(0, 40);
    return {
      id: this.#id(PIPELINE, index),
      errors: [],
      project_slug: this.#slug,
      updated_at: withMilliseconds(createdAt),
      number: index + 1,
      state: 'created',
      created_at: withMilliseconds(createdAt),
      trigger: {
        received_at: withMilliseconds(createdAt - 154),
        type: 'webhook',
        actor: {
          login: `developer-${mixed % 97}`,
          avatar_url: `https://avatars.example.com/u/${mixed % 1e8}?v=4`,
        },
      },
      vcs: {
        origin_repository_url: url,
        target_repository_url: url,
        revision,
        provider_name: 'GitHub',
        review_id: String(mixed % 50_000),
        review_url: `${url}/pull/${mixed % 50_000}`,
        branch: `feature/TEAM-${mixed % 9999}-speed-up-the-browser-tests`,
        commit: {
          subject: `TEAM-${mixed % 9999}: Speed up the browser tests (#${mixed % 50_000})`,
          body: 'Reuse the browser between tests, and wait for the page rather than for a time. '.repeat(3),
        },
      },
    };
  }

  #workflowRow(index: number): WorkflowRow {
    const pipeline = Math.floor(index / this.#workflowsPerPipeline);
    const mixed = this.#mix(WORKFLOW, index);
    const createdAt = this.#createdAt(pipeline) + 2 * SECOND;
    return {
      pipeline_id: this.#id(PIPELINE, pipeline),
      id: this.#id(WORKFLOW, index),
      name: `workflow-${index % this.#workflowsPerPipeline}`,
      project_slug: this.#slug,
      status: mixed % 7 === 0 ? 'failed' : 'success',
      started_by: this.#id(0, mixed % 97),
      pipeline_number: pipeline + 1,
      created_at: wholeSeconds(createdAt),
      stopped_at: wholeSeconds(createdAt + 10 * MINUTE),
    };
  }

  #jobRow(index: number): JobRow {
    const workflow = Math.floor(index / this.#jobsPerWorkflow);
    const position = index % this.#jobsPerWorkflow;
    const createdAt = this.#createdAt(Math.floor(workflow / this.#workflowsPerPipeline)) + 2 * SECOND;
    const mixed = this.#mix(JOB, index);
    const startedAt = createdAt + ((9 * MINUTE) / this.#jobsPerWorkflow) * position + (mixed % 20) * SECOND;
    const upstream = [1, 2].filter((back) => back <= position).map((back) => this.#id(JOB, index - back));
    return {
      dependencies: upstream,
      requires: Object.fromEntries(upstream.map((id) => [id, ['success']])),
      job_number: index + 1,
      id: this.#id(JOB, index),
      started_at: wholeSeconds(startedAt),
      name: `${jobNames[position % jobNames.length]}-${position}-node-20-linux-medium`,
      project_slug: this.#slug,
      status: 'success',
      type: 'build',
      stopped_at: wholeSeconds(startedAt + 40 * SECOND),
    };
  }

  #mix(kind: number, index: number): number {
    let value = Math.imul(index ^ hash(`${this.seed}/${kind}`), 0x9e3779b1);
    value ^= value >>> 16;
    value = Math.imul(value, 0x85ebca6b);
    return (value ^ (value >>> 13)) >>> 0;
  }

  /** The number is in the last part, so that a row is found by its id without a table. */
  #id(kind: Kind | 0, index: number): string {
    const mixed = this.#mix(kind, index).toString(16).padStart(8, '0');
    const variant = `${'89ab'[index % 4]}${mixed.slice(0, 3)}`;
    return `${mixed}-${mixed.slice(2, 6)}-4${kind}${mixed.slice(4, 6)}-${variant}-${index.toString(16).padStart(12, '0')}`;
  }

  #indexOf(kind: Kind, id: string, count: number): number | undefined {
    const index = Number.parseInt(id.slice(24), 16);
    return index >= 0 && index < count && this.#id(kind, index) === id ? index : undefined;
  }
}
