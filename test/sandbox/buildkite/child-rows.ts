import { buildWebUrl } from './build-rows.js';
import type { AnnotationHistory, BuildHistory, JobHistory } from './history.js';
import { endedJobStates, latest, phaseAt, slugAt } from './history.js';
import type { Row } from './identity.js';
import { derivedDigits, derivedId } from './identity.js';
import { jobUrl } from './job-rows.js';
import { secretOf } from './secrets.js';
import { withMilliseconds } from './time.js';
import type { View } from './view.js';

/** Uploaded while the job runs, complete when it has ended. They have no times, and no build. */
export function artifactRows(job: JobHistory, { now }: View): Row[] {
  if (latest(job.phases, now, ({ state }) => state === 'running') === undefined) return [];
  const hasEnded = endedJobStates.has(phaseAt(job.phases, now)?.state ?? '');
  return Array.from({ length: job.artifacts }, (_, index) => {
    const id = derivedId(`artifact ${job.id} ${index}`);
    const url = `${jobUrl(job, now)}/artifacts/${id}`;
    const filename = `results-${index}.xml`;
    return {
      id,
      job_id: job.id,
      url,
      download_url: `${url}/download`,
      state: hasEnded ? 'finished' : 'new',
      path: `results/${filename}`,
      dirname: 'results',
      filename,
      mime_type: 'application/xml',
      file_size: 1000 + index,
      glob_path: null,
      original_path: null,
      sha1sum: derivedDigits(id, 40),
    };
  });
}

export function annotationRow(annotation: AnnotationHistory, { now }: View): Row {
  const { id, context, style, job, createdAt, updatedAt } = annotation;
  const isUpdated = updatedAt <= now;
  return {
    id,
    context,
    style,
    scope: job === undefined ? 'build' : 'job',
    job_id: job?.id ?? null,
    priority: 3,
    body_html: `<h1>${isUpdated ? 'All of it' : 'So far'}</h1>`,
    created_at: withMilliseconds(createdAt),
    updated_at: withMilliseconds(isUpdated ? updatedAt : createdAt),
  };
}

export function withoutBody(row: Row): Row {
  const { body_html: _, ...rest } = row;
  return rest;
}

/**
 * What the job has printed up to now: ANSI colours, a stamp `ESC _bk;t=<ms> BEL` on each line, and secrets.
 * Undefined for what never prints: only script jobs do.
 */
export function logOf(job: JobHistory, { now }: View): string | undefined {
  if (job.type !== 'script') return undefined;
  const startedAt = latest(job.phases, now, ({ state }) => state === 'running');
  if (startedAt === undefined || job.isSilent) return '';
  const lines = [
    '~~~ Preparing working directory',
    `\u001b[90m$\u001b[0m export AWS_SECRET_ACCESS_KEY=${secretOf('log', job.id)}`,
    '+++ :rspec: Running specs 🪁',
    '\u001b[32m....................\u001b[0m',
  ];
  const state = phaseAt(job.phases, now)?.state ?? '';
  if (endedJobStates.has(state)) lines.push(`\u001b[31m${state}\u001b[0m`);
  return lines.map((line, index) => `\u001b_bk;t=${startedAt + index * 10}\u0007${line}\r\n`).join('');
}

export function logRow(job: JobHistory, view: View): Row | undefined {
  const content = logOf(job, view);
  if (content === undefined) return undefined;
  const startedAt = latest(job.phases, view.now, ({ state }) => state === 'running') ?? 0;
  return {
    url: `${jobUrl(job, view.now)}/log`,
    content,
    size: Buffer.byteLength(content),
    // Nanoseconds: more than a JavaScript number can hold exactly.
    header_times: content === '' ? [] : [startedAt * 1_000_000, (startedAt + 20) * 1_000_000],
  };
}

export function environmentRow(job: JobHistory, { now }: View): Row | undefined {
  if (job.type !== 'script') return undefined;
  const { build } = job;
  return {
    env: {
      CI: 'true',
      BUILDKITE_BRANCH: String(build.rest.branch ?? 'main'),
      BUILDKITE_JOB_ID: job.id,
      BUILDKITE_BUILD_URL: buildWebUrl(build, now),
      BUILDKITE_PIPELINE_SLUG: slugAt(build.pipeline, now),
      DATABASE_PASSWORD: secretOf('job env', job.id),
    },
  };
}

/** What a row below a build does not say itself, and a tap adds. */
export function injectedFrom(build: BuildHistory, { now }: View): Row {
  return {
    build_id: build.id,
    build_number: build.number,
    build_created_at: withMilliseconds(build.createdAt),
    pipeline_slug: slugAt(build.pipeline, now),
    organization_slug: build.pipeline.organization.slug,
  };
}
