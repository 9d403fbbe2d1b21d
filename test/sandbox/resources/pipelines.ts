import type { PipelineHistory } from '../history.js';
import type { Refusal, Sequence } from '../pages.js';
import { NOT_FOUND, page, withoutNotFound } from '../pages.js';
import { createRandom } from '../random.js';
import type { Page, PipelineRow } from '../rows.js';
import { withMilliseconds } from '../rows.js';
import type { Row } from '../source.js';
import { isVisible, pipelineRow, slugAt } from '../views.js';
import { hasLostDetails } from './jobs.js';
import { organizationNamed } from './organizations.js';
import type { View } from './view.js';

/**
 * The pipelines of an organization, newest first, "from the most recently built projects (max 250) you follow": a
 * project that others have overtaken is no longer in it, with all its pipelines.
 */
export function organizationPipelines(
  view: View,
  slug: string | null,
  token: string | null,
): Page<PipelineRow> | Refusal {
  const organization = organizationNamed(view, slug ?? '');
  if (organization === undefined) return NOT_FOUND;
  const { now, options, coins, pageSize } = view;
  const lists = view.projects
    .filter(({ organizationId, followed }) => followed && organizationId === organization.id)
    .map(({ pipelines }) => pipelines.filter((pipeline) => isVisible(pipeline, now)).sort(newestFirst))
    .filter((pipelines) => pipelines.length > 0)
    .sort(([one], [other]) => newestFirst(one as PipelineHistory, other as PipelineHistory))
    .slice(0, options.recentProjects);
  const pipelines = lists.flat().sort(newestFirst);
  const sequence: Sequence<PipelineHistory> = {
    length: pipelines.length,
    at: (position) => pipelines[position] as PipelineHistory,
    keyOf: ({ createdAt, id }) => `${createdAt} ${id}`,
    after: (key) => {
      const [createdAt, id = ''] = key.split(' ');
      const last = { createdAt: Number(createdAt), id };
      return pipelines.filter((pipeline) => newestFirst(pipeline, last) <= 0).length;
    },
  };
  const slice = page(`pipelines of ${organization.id}`, sequence, token, pageSize, withoutNotFound(coins));
  if (typeof slice === 'string') return slice;
  return {
    items: slice.items.map((pipeline) => pipelineRow(pipeline, now, coins.updatedAt)),
    next_page_token: slice.nextPageToken,
  };
}

type Dated = Pick<PipelineHistory, 'createdAt' | 'id'>;

const newestFirst = (one: Dated, other: Dated): number =>
  other.createdAt - one.createdAt || (one.id < other.id ? -1 : one.id > other.id ? 1 : 0);

/** Undefined where there is none: before the pipeline shows, when its config could not be fetched, and long after. */
export function configRow(view: View, pipeline: PipelineHistory): Row | undefined {
  if (!isVisible(pipeline, view.now) || hasLostDetails(view, { pipeline })) return undefined;
  if (pipeline.rest.errors.some(({ type }) => type === 'config-fetch')) return undefined;
  const random = createRandom(view.seed, `config ${pipeline.id}`);
  const text = (jobs: string) =>
    `version: 2.1\n# ${random.hexadecimal(8)}: “quoted”\njobs:\n  ${jobs}:\n    docker: [{image: cimg/node:20.19}]\n`;
  const [setup, source] = [text('setup'), text('build')] as const;
  const compiled = (config: string) => `${config}    steps: [checkout]\n`;
  if (!pipeline.states.some(({ state }) => state === 'setup')) return { source, compiled: compiled(source) };
  // Inferred: until the setup workflow has gone on, the config is that of the setup.
  const isContinued = pipeline.states.some(({ state, from }) => state === 'created' && from <= view.now);
  if (!isContinued) return { source: setup, compiled: compiled(setup) };
  return {
    source,
    compiled: compiled(source),
    setup_config: setup,
    compiled_setup_config: compiled(setup),
  };
}

/** A map of text, whole numbers and booleans by names with dots; not rows of our own, so nothing is respelled. */
export function pipelineValues(view: View, pipeline: PipelineHistory): Row | undefined {
  if (!isVisible(pipeline, view.now) || hasLostDetails(view, { pipeline })) return undefined;
  const { project, number, createdAt, rest } = pipeline;
  return {
    'pipeline.id': pipeline.id,
    'pipeline.number': number,
    'pipeline.created_at': withMilliseconds(createdAt),
    'pipeline.project.slug': slugAt(project, view.now),
    'pipeline.project.type': project.slug.startsWith('bb/') ? 'bitbucket' : 'github',
    'pipeline.git.branch': rest.vcs?.branch ?? '',
    'pipeline.git.branch.is_default': rest.vcs?.branch === 'main',
    'pipeline.git.revision': rest.vcs?.revision ?? '',
    'pipeline.trigger_source': rest.trigger.type,
    'pipeline.in_setup': false,
  };
}
