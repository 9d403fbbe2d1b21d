import type { JobHistory, PipelineHistory, ProjectHistory, WorkflowHistory } from '../history.js';

/** A job and where it is listed: a rerun from failed lists it again. */
export interface Place {
  readonly job: JobHistory;
  readonly pipeline: PipelineHistory;
  readonly workflows: readonly WorkflowHistory[];
}

/** Jobs by id and by number, and who has had a hand in them. */
export interface Places {
  readonly jobs: ReadonlyMap<string, Place>;
  readonly numbers: ReadonlyMap<ProjectHistory, ReadonlyMap<number, Place>>;
  readonly people: ReadonlySet<string>;
}

export function placesOf(projects: readonly ProjectHistory[]): Places {
  const jobs = new Map<string, Place & { workflows: WorkflowHistory[] }>();
  const numbers = new Map<ProjectHistory, Map<number, Place>>();
  const people = new Set<string>();
  const meet = (...ids: readonly (string | undefined)[]) => {
    for (const id of ids) if (id !== undefined) people.add(id);
  };
  for (const project of projects) {
    const byNumber = new Map<number, Place>();
    numbers.set(project, byNumber);
    for (const workflow of project.pipelines.flatMap((pipeline) => pipeline.workflows)) {
      meet(workflow.startedBy, workflow.canceledBy, workflow.erroredBy);
      for (const job of workflow.jobs) {
        meet(job.approvedBy, job.canceledBy);
        const place = jobs.get(job.id) ?? { job, pipeline: workflow.pipeline, workflows: [] };
        place.workflows.push(workflow);
        jobs.set(job.id, place);
        if (job.number !== undefined) byNumber.set(job.number, place);
      }
    }
  }
  return { jobs, numbers, people };
}
