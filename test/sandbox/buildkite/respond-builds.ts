import type { BuildkiteAnswer } from './answers.js';
import { answered, missing, tooDeep, tooHeavy } from './answers.js';
import { buildRow } from './build-rows.js';
import type { BuildHistory, JobHistory, OrganizationHistory, PipelineHistory } from './history.js';
import { slugAt } from './history.js';
import type { Row } from './identity.js';
import { isRetried, jobRow } from './job-rows.js';
import { itemsOfPage, linkHeader, pageNumberOf } from './paging.js';
import { pipelineRow, pipelineUrl } from './pipeline-rows.js';
import { buildFilterOf, flag } from './query.js';
import type { Call } from './respond.js';
import type { View } from './view.js';

/** The builds of an organization or of a pipeline, with their jobs: newest first. */
export function respondOfBuilds(call: Call, organization: OrganizationHistory): BuildkiteAnswer {
  const { holdings, view, route, url } = call;
  const slug = route.parameters.pipeline;
  const pipeline = slug === undefined ? undefined : findPipeline(organization, slug, view);
  if (slug !== undefined && pipeline === undefined) return missing('pipeline');
  const query = url.searchParams;
  const place = pageNumberOf(query);
  if (place.page * place.perPage > holdings.options.deepestBuild) return tooDeep();
  const filter = buildFilterOf(query, view.coins.filterPrecision);
  const list = holdings.builds(organization, pipeline, filter);
  const builds = itemsOfPage(list, place);
  const shape = shapeOf(query);
  if (weight(builds, view, shape) > holdings.options.heaviestPage) return tooHeavy();
  // One row of a pipeline for all of its builds on the page.
  const pipelines = new Map<PipelineHistory, Row>();
  const rows = builds.map((build) => shapedBuild(build, view, shape, pipelines));
  return answered(rows, { link: linkHeader(list.length, place, url) });
}

/** What the query asks for in each build. */
export interface BuildShape {
  readonly hasJobs: boolean;
  readonly hasRetriedJobs: boolean;
  readonly hasPipeline: boolean;
}

export function shapeOf(query: URLSearchParams): BuildShape {
  return {
    hasJobs: !flag(query, 'exclude_jobs'),
    hasRetriedJobs: flag(query, 'include_retried_jobs'),
    hasPipeline: !flag(query, 'exclude_pipeline'),
  };
}

export function weight(builds: readonly BuildHistory[], view: View, shape: BuildShape): number {
  return shape.hasJobs
    ? builds.reduce((sum, build) => sum + jobsShown(build, view, shape.hasRetriedJobs).length, 0)
    : 0;
}

/** Without the flag, a job that was retried is shown in its newest attempt only. */
export function jobsShown({ jobs }: BuildHistory, { now }: View, hasRetriedJobs: boolean): JobHistory[] {
  return jobs.filter((job) => job.createdAt <= now && (hasRetriedJobs || !isRetried(job, now)));
}

export function shapedBuild(
  build: BuildHistory,
  view: View,
  shape: BuildShape,
  pipelines = new Map<PipelineHistory, Row>(),
): Row {
  const { pipeline } = build;
  const stub = {
    id: pipeline.id,
    slug: slugAt(pipeline, view.now),
    url: pipelineUrl(pipeline, view.now),
  };
  if (shape.hasPipeline && !pipelines.has(pipeline)) pipelines.set(pipeline, pipelineRow(pipeline, view));
  return {
    ...buildRow(build, view),
    ...(shape.hasJobs
      ? { jobs: jobsShown(build, view, shape.hasRetriedJobs).map((job) => jobRow(job, view, 'build')) }
      : {}),
    ...(shape.hasPipeline ? { pipeline: pipelines.get(pipeline) } : {}),
    ...(!shape.hasPipeline && view.coins.excludedPipeline === 'stub' ? { pipeline: stub } : {}),
  };
}

export function findPipeline(
  { pipelines }: OrganizationHistory,
  slug: string,
  { now }: View,
): PipelineHistory | undefined {
  return pipelines.find((pipeline) => pipeline.createdAt <= now && slugAt(pipeline, now) === slug);
}
