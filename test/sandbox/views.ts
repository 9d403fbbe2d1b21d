import type { Coins } from './coins.js';
import type { JobHistory, PipelineHistory, ProjectHistory, WorkflowHistory } from './history.js';
import { EXPIRED_PIPELINE_AGE, EXPIRED_WORKFLOW_AGE, lastChangeOfWorkflow } from './history.js';
import type { JobRow, PipelineRow, ProjectRow, WorkflowRow } from './rows.js';
import { wholeSeconds, withMilliseconds } from './rows.js';

/** Rows of a history at a time. Pure. */

export const isVisible = (pipeline: PipelineHistory, now: number): boolean =>
  pipeline.createdAt <= now && pipeline.visibleAt <= now;

/** Old pipelines stay in the list when their children are gone (tinuous #170, #203, #206). */
export const isExpired = (pipeline: PipelineHistory, now: number): boolean =>
  pipeline.expired !== 'kept' && isPastRetention(pipeline, now);

export function isPastRetention(pipeline: PipelineHistory, now: number): boolean {
  return (
    now - pipeline.createdAt > EXPIRED_PIPELINE_AGE &&
    pipeline.workflows.every(
      (workflow) =>
        workflow.createdAt > now ||
        (now - workflow.createdAt > EXPIRED_WORKFLOW_AGE && lastChangeOfWorkflow(workflow) < now),
    )
  );
}

export const hasNullId = (workflow: WorkflowHistory, now: number): boolean =>
  (workflow.nullIdFrom !== undefined && workflow.nullIdFrom <= now) ||
  (workflow.pipeline.expired === 'null ids' && isExpired(workflow.pipeline, now));

export function slugAt(project: ProjectHistory, now: number): string {
  return now < project.renamedAt ? (project.formerSlugs[0] ?? project.slug) : project.slug;
}

export function projectRow(project: ProjectHistory, now: number): ProjectRow {
  const slug = slugAt(project, now);
  const [vcs, organization, name] = slug.split('/') as [string, string, string];
  const provider = vcs === 'gh' ? 'GitHub' : vcs === 'bb' ? 'Bitbucket' : 'CircleCI';
  const host =
    vcs === 'gh' ? 'https://github.com' : vcs === 'bb' ? 'https://bitbucket.org' : '//circleci.com';
  return {
    slug,
    name,
    id: project.id,
    organization_name: organization,
    organization_slug: `${vcs}/${organization}`,
    organization_id: project.organizationId,
    vcs_info: { vcs_url: `${host}/${organization}/${name}`, provider, default_branch: 'main' },
  };
}

export function pipelineRow(
  pipeline: PipelineHistory,
  now: number,
  updatedAt: Coins['updatedAt'],
): PipelineRow {
  const state = pipeline.states.findLast(({ from }) => from <= now) ?? pipeline.states[0];
  const moved = updatedAt === 'moves' ? lastMove(pipeline, now) : pipeline.createdAt;
  return {
    id: pipeline.id,
    project_slug: slugAt(pipeline.project, now),
    updated_at: withMilliseconds(moved),
    number: pipeline.number,
    state: state?.state ?? 'created',
    created_at: withMilliseconds(pipeline.createdAt),
    ...pipeline.rest,
  };
}

function lastMove(pipeline: PipelineHistory, now: number): number {
  let moved = pipeline.createdAt;
  for (const { createdAt, stoppedAt } of pipeline.workflows) {
    if (createdAt <= now) moved = Math.max(moved, createdAt);
    if (stoppedAt <= now) moved = Math.max(moved, stoppedAt);
  }
  return moved;
}

export function workflowStatus(workflow: WorkflowHistory, now: number): string {
  if (now >= workflow.stoppedAt) return workflow.status;
  if (workflow.queuedUntil !== undefined && now < workflow.queuedUntil) return 'queued';
  const { holdFrom, approvedAt } = workflow;
  if (holdFrom !== undefined && now >= holdFrom && (approvedAt === undefined || now < approvedAt))
    return 'on_hold';
  const failed = workflow.jobs.some(
    (job) =>
      job.startedAt !== undefined &&
      job.startedAt >= workflow.createdAt &&
      job.stoppedAt <= now &&
      job.status === 'failed',
  );
  return failed ? 'failing' : workflow.openStatus;
}

export function workflowRow(workflow: WorkflowHistory, now: number): WorkflowRow {
  const nullId = hasNullId(workflow, now);
  const stopped = now >= workflow.stoppedAt;
  const shown = stopped && now >= workflow.stopShownAt;
  return {
    pipeline_id: workflow.pipeline.id,
    ...(stopped && workflow.canceledBy !== undefined ? { canceled_by: workflow.canceledBy } : {}),
    ...(stopped && workflow.erroredBy !== undefined ? { errored_by: workflow.erroredBy } : {}),
    id: nullId ? null : workflow.id,
    name: nullId ? null : workflow.name,
    project_slug: slugAt(workflow.pipeline.project, now),
    ...(workflow.tag === undefined ? {} : { tag: workflow.tag }),
    ...(workflow.autoRerun === undefined
      ? {}
      : { auto_rerun_number: workflow.autoRerun.number, max_auto_reruns: workflow.autoRerun.most }),
    status: nullId ? null : workflowStatus(workflow, now),
    started_by: nullId ? null : workflow.startedBy,
    pipeline_number: workflow.pipeline.number,
    created_at: nullId ? null : wholeSeconds(workflow.createdAt),
    stopped_at: shown && !nullId ? wholeSeconds(workflow.stoppedAt) : null,
  };
}

export function jobStatus(job: JobHistory, now: number): string {
  if (now >= job.stoppedAt) return job.status;
  if (job.startedAt !== undefined && now >= job.startedAt)
    return job.type === 'approval' ? 'on_hold' : 'running';
  const free = job.dependencies.every((one) => one.stoppedAt <= now && one.status === 'success');
  return !free ? 'blocked' : job.nullStart ? 'queued' : 'not_running';
}

export function jobRow(job: JobHistory, project: ProjectHistory, now: number): JobRow {
  const status = jobStatus(job, now);
  // An approval is not run: it has no start and no number (faros PR 1151).
  const started = job.type === 'build' && job.startedAt !== undefined && now >= job.startedAt;
  const stopped = now >= job.stoppedAt;
  const ran = job.startedAt !== undefined;
  return {
    dependencies: job.dependencies.map((one) => one.id),
    ...(job.requires
      ? { requires: Object.fromEntries(job.dependencies.map((one) => [one.id, ['success']])) }
      : {}),
    ...(started && job.number !== undefined ? { job_number: job.number } : {}),
    id: job.id,
    ...(started
      ? { started_at: wholeSeconds(job.startedAt as number) }
      : job.nullStart
        ? { started_at: null }
        : {}),
    name: job.name,
    ...(stopped && job.approvedBy !== undefined ? { approved_by: job.approvedBy } : {}),
    ...(job.type === 'approval' ? { approval_request_id: job.id } : {}),
    ...(stopped && job.status === 'canceled' && job.canceledBy !== undefined
      ? { canceled_by: job.canceledBy }
      : {}),
    project_slug: slugAt(project, now),
    status,
    type: job.type,
    ...(stopped && ran ? { stopped_at: wholeSeconds(job.stoppedAt) } : started ? { stopped_at: null } : {}),
  };
}
