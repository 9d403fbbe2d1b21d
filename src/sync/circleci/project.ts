import { aliasesOf, checkToken, getProject } from '../../sources/circleci.js';
import { startOfRun } from '../clock.js';
import { ListSync, type WalkedList } from '../list-sync.js';
import { Reader } from '../reader.js';
import { Visitor } from '../visit.js';
import { boundsOf } from './bounds.js';
import { pipelineKind } from './pipeline-kind.js';
import { PipelineList } from './pipeline-list.js';
import type { CircleCIShared } from './shared.js';

/** Syncs the project that is configured as `slug`, and commits what has been read to the run's state. */
export async function syncProject(shared: CircleCIShared, slug: string): Promise<void> {
  const { run, client, records, below, settings } = shared;
  const list = new PipelineList(client, slug);
  list.begin();
  const project = await getProject(client, slug);
  if (!shared.claim(project, slug)) return;
  for (const alias of [slug, ...aliasesOf(slug), ...aliasesOf(project.slug)]) {
    run.state.rename(alias, project.slug);
  }
  run.begin();
  const firstAnswer = await list.firstAnswer(project.answer);
  const start = startOfRun(firstAnswer.date, firstAnswer.receivedAt);
  if (start.warning !== undefined) run.warnOnce('clock', start.warning);
  const bounds = boundsOf(settings, start.now);
  const kind = pipelineKind(client, below, project.slug, bounds);
  const visitor = new Visitor(new Reader({ client, tailBytes: 0 }), records, kind);
  const pipelines = new ListSync({
    run,
    name: project.slug,
    item: 'pipeline',
    track: slug,
    records,
    partitions: () => [project.slug],
    bounds,
    visit: (request) => visitor.visit(request),
    verify: () => Promise.all([checkToken(client), getProject(client, project.slug)]),
  });
  pipelines.prepare([project.slug]);
  try {
    await pipelines.read(walked(list, project.slug));
    await pipelines.readOpen();
  } finally {
    pipelines.report();
  }
  await pipelines.end();
}

function walked(list: PipelineList, project: string): WalkedList {
  return {
    // The list has no filter by date.
    pages: () => list.pages(),
    idOf: ({ id }) => (typeof id === 'string' ? id : ''),
    partitionOf: () => project,
    partitions: [project],
  };
}
