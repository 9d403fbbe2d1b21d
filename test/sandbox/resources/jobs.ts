import type { WorkflowHistory } from '../history.js';
import { createRandom } from '../random.js';
import { SECOND, withMilliseconds } from '../rows.js';
import type { Row } from '../source.js';
import { isPastRetention, isVisible, jobStatus, projectRow } from '../views.js';
import type { Place } from './places.js';
import type { View } from './view.js';
import { projectNamed } from './view.js';

/** A job that has started: only those have a number, and only those are found by it. */
export interface StartedJob extends Place {
  readonly number: number;
  readonly startedAt: number;
  /** Undefined while it runs. */
  readonly stoppedAt: number | undefined;
  readonly status: string;
  /** How many containers it has. */
  readonly parallelism: number;
}

export function jobNumbered(view: View, slug: string, number: number): StartedJob | undefined {
  const project = projectNamed(view, slug);
  const place = project && view.places.numbers.get(project)?.get(number);
  return place && started(view, place);
}

export function jobWithId(view: View, id: string): StartedJob | undefined {
  const place = view.places.jobs.get(id);
  return place && started(view, place);
}

function started(view: View, place: Place): StartedJob | undefined {
  const { job, pipeline } = place;
  const { startedAt, number } = job;
  // An approval has no number (faros PR 1151), and is 404 here (Kesin11/CIAnalyzer #1120).
  if (job.type === 'approval' || startedAt === undefined || number === undefined) return undefined;
  if (startedAt > view.now || !isVisible(pipeline, view.now) || hasLostDetails(view, place)) return undefined;
  return {
    ...place,
    number,
    startedAt,
    stoppedAt: job.stoppedAt <= view.now ? job.stoppedAt : undefined,
    status: jobStatus(job, view.now),
    parallelism: createRandom(view.seed, `parallelism ${job.id}`).pick([1, 1, 1, 2, 3]),
  };
}

/** Past the retention of its plan a job is 404, also where its workflow still lists it (discuss.circleci.com 44165). */
export function hasLostDetails(view: View, { pipeline }: Pick<Place, 'pipeline'>): boolean {
  const { coins, options, now } = view;
  const isLost = pipeline.expired !== 'kept' || coins.expiredDetails === 'not found';
  return options.features.expiredChildren && isLost && isPastRetention(pipeline, now);
}

/** The newest workflow that lists the job: after a rerun from failed it is not the one by which it was found. */
function latestWorkflow({ workflows }: Place, now: number): WorkflowHistory | undefined {
  const begun = workflows.filter(({ createdAt }) => createdAt <= now);
  return begun.reduce<WorkflowHistory | undefined>(
    (latest, one) => (latest === undefined || one.createdAt >= latest.createdAt ? one : latest),
    undefined,
  );
}

/** As `/project/{project-slug}/job/{number}` has it. Unlike in the list of a workflow, times have milliseconds. */
export function detailsRow(view: View, place: StartedJob): Row {
  const { job, number, startedAt, stoppedAt, status, parallelism, pipeline } = place;
  const random = createRandom(view.seed, `details ${job.id}`);
  const queuedAt = startedAt - random.between(0, 20 * SECOND);
  const project = projectRow(pipeline.project, view.now);
  const latest = latestWorkflow(place, view.now);
  const contexts = random.chance(0.3) ? [{ name: 'deploy' }] : [];
  const hasMessage = random.chance(0.2);
  const container = random.integer(0, parallelism - 1);
  return {
    web_url: `https://circleci.com/${project.slug}/${number}`,
    project: {
      id: project.id,
      slug: project.slug,
      name: project.name,
      external_url: project.vcs_info.vcs_url,
    },
    parallel_runs: Array.from({ length: parallelism }, (_, index) => ({
      index,
      status: stoppedAt === undefined || index === container ? status : 'success',
    })),
    started_at: withMilliseconds(startedAt),
    latest_workflow: { name: latest?.name, id: latest?.id },
    name: job.name,
    executor: { resource_class: 'medium', ...(random.chance(0.8) ? { type: 'docker' } : {}) },
    parallelism,
    status,
    number,
    pipeline: { id: pipeline.id },
    duration: stoppedAt === undefined ? null : Math.floor(stoppedAt) - Math.floor(startedAt),
    created_at: withMilliseconds(queuedAt - random.between(0, SECOND)),
    messages: hasMessage
      ? [{ type: 'warning', message: 'This image will be removed.', reason: 'deprecated-image' }]
      : [],
    contexts,
    organization: { name: project.organization_name },
    queued_at: withMilliseconds(queuedAt),
    stopped_at: stoppedAt === undefined ? null : withMilliseconds(stoppedAt),
  };
}
