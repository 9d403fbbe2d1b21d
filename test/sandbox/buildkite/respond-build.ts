import type { BuildkiteAnswer } from './answers.js';
import { answered, missing, refused, tooHeavy } from './answers.js';
import { annotationRow, artifactRows, environmentRow, logOf, logRow, withoutBody } from './child-rows.js';
import type { BuildHistory, JobHistory, OrganizationHistory } from './history.js';
import { phaseAt } from './history.js';
import type { Row } from './identity.js';
import { isRetried, jobRow } from './job-rows.js';
import { cursorPage, linkedPage, sequence } from './paging.js';
import { flag } from './query.js';
import type { Call } from './respond.js';
import { findPipeline, jobsShown, shapedBuild, shapeOf, weight } from './respond-builds.js';
import type { View } from './view.js';

/** One build, and what is below it. */
export function respondOfBuild(call: Call, organization: OrganizationHistory): BuildkiteAnswer {
  const { view, route, url } = call;
  const { pipeline: slug, number, job: jobId } = route.parameters;
  if (slug === undefined) {
    const jobs = organization.pipelines.flatMap(({ builds }) => builds.flatMap((build) => build.jobs));
    return respondOfJob(call, find(jobs, jobId, view.now));
  }
  const pipeline = findPipeline(organization, slug, view);
  if (pipeline === undefined) return missing('pipeline');
  const build = call.holdings.build(pipeline, Number(number));
  if (build === undefined) return missing('build');
  if (jobId !== undefined) return respondOfJob(call, find(build.jobs, jobId, view.now));
  const query = url.searchParams;
  switch (route.endpoint.split('/').at(-1)) {
    case 'jobs':
      return jobsOf(call, build);
    case 'artifacts':
      return linkedPage(sequence(build.jobs.flatMap((job) => artifactRows(job, view))), url, (row) => row);
    case 'annotations':
      return annotationsOf(call, build);
    default: {
      const shape = shapeOf(query);
      if (weight([build], view, shape) > call.holdings.options.heaviestPage) return tooHeavy();
      // Only here, not in the lists (August 2026).
      const counts = { job_state_counts: jobStateCounts(build, view) };
      return answered({ ...shapedBuild(build, view, shape), ...counts });
    }
  }
}

function jobStateCounts(build: BuildHistory, view: View): Row {
  const states: Record<string, number> = {};
  const jobs = jobsShown(build, view, false);
  for (const job of jobs) {
    const state = phaseAt(job.phases, view.now)?.state ?? 'pending';
    states[state] = (states[state] ?? 0) + 1;
  }
  return { total: jobs.length, states };
}

function respondOfJob(call: Call, job: JobHistory | undefined): BuildkiteAnswer {
  const { view, route, url } = call;
  if (job === undefined) return missing('job');
  switch (route.endpoint.split('/').at(-1)) {
    case 'log':
    case 'log.txt':
      return logAnswer(call, job);
    case 'env': {
      const row = environmentRow(job, view);
      return row === undefined ? missing('job') : answered(row);
    }
    case 'artifacts':
      return linkedPage(sequence(artifactRows(job, view)), url, (row) => row);
    default:
      return answered(jobRow(job, view, 'jobs'));
  }
}

/** Unlike the builds, the list has the retried jobs unless told otherwise (jobs.md). */
function jobsOf({ view, url }: Call, build: BuildHistory): BuildkiteAnswer {
  const query = url.searchParams;
  const hasRetried = flag(query, 'include_retried_jobs', true);
  const states = query.getAll('state[]');
  const jobs = build.jobs.filter(
    (job) =>
      job.createdAt <= view.now &&
      (hasRetried || !isRetried(job, view.now)) &&
      (states.length === 0 || states.includes(phaseAt(job.phases, view.now)?.state ?? '')),
  );
  return cursorPage(jobs, url, (job) => jobRow(job, view, 'jobs'));
}

/** Only those of the build itself unless `scope` says otherwise (annotations.md). */
function annotationsOf({ view, url }: Call, build: BuildHistory): BuildkiteAnswer {
  const scope = url.searchParams.get('scope') ?? 'build';
  const shown = build.annotations.filter(
    ({ createdAt, job }) =>
      createdAt <= view.now && (scope === 'all' || scope === (job === undefined ? 'build' : 'job')),
  );
  const isBare = flag(url.searchParams, 'omit_body');
  return linkedPage(sequence(shown), url, (annotation) => {
    const row = annotationRow(annotation, view);
    return isBare ? withoutBody(row) : row;
  });
}

/** JSON, or for who accepts text/plain the text: all of it, or its end. */
function logAnswer({ view, route, headers }: Call, job: JobHistory): BuildkiteAnswer {
  const text = logOf(job, view);
  if (text === undefined) return missing('job');
  const wantsText = route.endpoint.endsWith('.txt') || (headers.accept ?? '').startsWith('text/plain');
  if (!wantsText) return answered(logRow(job, view));
  const type = { 'content-type': 'text/plain; charset=utf-8' };
  const { range } = headers;
  const bytes = Buffer.from(text);
  if (range === undefined) return { status: 200, body: text, headers: type };
  const wanted = /^bytes=-(\d+)$/.exec(range)?.[1];
  if (wanted === undefined) return refused(400, 'Only a range of the last bytes is supported');
  if (bytes.length === 0)
    return { status: 416, body: '', headers: { ...type, 'content-range': 'bytes */0' } };
  const from = Math.max(0, bytes.length - Number(wanted));
  // Where the range begins in the midst of a character, the text has U+FFFD, as in a client that decodes it.
  return {
    status: 206,
    body: bytes.subarray(from).toString(),
    headers: { ...type, 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` },
  };
}

function find(jobs: readonly JobHistory[], id: string | undefined, now: number): JobHistory | undefined {
  return jobs.find((job) => job.id === id && job.createdAt <= now);
}
