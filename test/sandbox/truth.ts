import type { Endpoint } from './endpoints.js';
import type { WorkflowHistory } from './history.js';
import { furtherTruth } from './resources/truth.js';
import type { View } from './resources/view.js';
import type { FullTruth, JobTruth, Row, Truth } from './source.js';
import { isVisible, jobRow, pipelineRow, workflowRow } from './views.js';
import type { World } from './world.js';

/** What the API shows at one time, as rows. */
export class WorldTruth implements FullTruth {
  readonly pipelines: Truth['pipelines'] = new Map();
  readonly workflows: Truth['workflows'] = new Map();
  readonly jobs: Truth['jobs'] = new Map<string, JobTruth>();
  readonly #view: View;
  readonly #isRefused: (endpoint: Endpoint) => boolean;
  #further: ReadonlyMap<string, ReadonlyMap<string, Row>> | undefined;

  constructor(world: World, since: number) {
    const { now, seed, coins, options, pageSize, outputOrigin, projects } = world;
    this.#view = {
      ...{ now, seed, coins, options, pageSize, outputOrigin, projects },
      // Looked up when they are needed.
      get places() {
        return world.places;
      },
    };
    const refused = new Set([...world.forbidden, ...world.missing]);
    this.#isRefused = (endpoint) => refused.has(endpoint);
    for (const pipeline of projects.flatMap((project) => project.pipelines)) {
      if (pipeline.createdAt < since || !isVisible(pipeline, now)) continue;
      this.pipelines.set(pipeline.id, pipelineRow(pipeline, now, coins.updatedAt));
      for (const workflow of world.workflowsOf(pipeline) ?? []) this.#addWorkflow(world, workflow);
    }
  }

  #addWorkflow(world: World, workflow: WorkflowHistory): void {
    const { id, created_at, ...rest } = workflowRow(workflow, world.now);
    if (id === null || created_at === null) return;
    this.workflows.set(id, { ...rest, id, created_at });
    const { project, id: pipelineId } = workflow.pipeline;
    for (const job of world.jobsOf(workflow) ?? []) {
      this.jobs.set(`${job.id} ${id}`, {
        ...jobRow(job, project, world.now),
        _workflow_id: id,
        _pipeline_id: pipelineId,
        _workflow_created_at: created_at,
      });
    }
  }

  /** On the prototype, so that nobody makes it who only compares or copies the three. */
  get further(): ReadonlyMap<string, ReadonlyMap<string, Row>> {
    this.#further ??= furtherTruth(this.#view, this, this.#isRefused);
    return this.#further;
  }
}
