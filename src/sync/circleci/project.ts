import { failedWith, TapError } from '../../errors.js';
import { recordsOf, type SelectedRecords } from '../../singer/records.js';
import { aliasesOf, checkToken, getProject, type Project } from '../../sources/circleci/api.js';
import type { FoundProject } from '../../sources/circleci/projects.js';
import { circleciStreams } from '../../streams/circleci/index.js';
import { pipelines } from '../../streams/circleci/pipelines.js';
import { projects } from '../../streams/circleci/projects.js';
import { isAtOrBelow } from '../../streams/define.js';
import { startOfRun } from '../clock.js';
import { ListSync, type WalkedList } from '../list-sync.js';
import type { FoundRow } from '../reader.js';
import { Tree } from '../tree.js';
import { Visitor } from '../visit.js';
import { boundsOf } from './bounds.js';
import type { CircleCIRun } from './circleci-run.js';
import { pipelineKind } from './pipeline-kind.js';
import { PipelineList } from './pipeline-list.js';

/** A project as CircleCI has it now; undefined for one that is not to be read. */
export type Identified = Promise<Project | undefined>;

/**
 * Syncs a project, and commits what has been read to the run's state.
 * @param identified where that has been asked already
 */
export async function syncProject(
  circleci: CircleCIRun,
  found: FoundProject,
  identified?: Identified,
): Promise<void> {
  const { run, client, records } = circleci;
  const { slug } = found;
  const ofPipelines = recordsOf(records, (stream) => isAtOrBelow(stream, pipelines));
  const list = new PipelineList(client, slug);
  if (ofPipelines.size > 0) list.begin();
  const project = await (identified ?? identify(circleci, found));
  if (project === undefined || !circleci.claim(project, found)) return;
  run.begin();
  circleci.remember(project);
  await Promise.all([
    readTree(circleci, project),
    ofPipelines.size === 0
      ? undefined
      : readPipelines(circleci, project, { slug, records: ofPipelines, list }),
  ]);
}

/** Finds a project under its name of today, and moves there what the state knows of it by others. */
export async function identify(circleci: CircleCIRun, found: FoundProject): Identified {
  const { run, choice } = circleci;
  const project = await findProject(circleci, found);
  if (project === undefined) return undefined;
  for (const alias of [found.slug, ...aliasesOf(found.slug), ...aliasesOf(project.slug)]) {
    run.state.rename(alias, project.slug);
  }
  if (found.ways.includes('named') || !choice.isExcluded(project.slug)) return project;
  run.log.info(`${found.slug} is ${project.slug} by now, which project_slugs leaves out.`);
  return undefined;
}

/** The project; undefined for one that nobody has named and that CircleCI shows no more. */
async function findProject(
  { run, client }: CircleCIRun,
  { slug, ways }: FoundProject,
): Promise<Project | undefined> {
  try {
    return await getProject(client, slug);
  } catch (error) {
    if (!failedWith(error, 'not-found') || ways.includes('named')) throw error;
    if (ways.some((way) => way !== 'known from the state')) {
      throw new TapError(
        `${slug}, which was found by ${ways.join(', ')}, could not be read: ${error.path} answered ${error.status}.`,
        {
          next: `The token needs permission to view the project; if it is gone, leave it out with "!${slug}" in project_slugs.`,
        },
      );
    }
    run.log.warning(
      `${slug}, which only the state knows, is not shown by CircleCI any more; it is passed over.`,
    );
    return undefined;
  }
}

/** The project's own row and all that is below it but its pipelines. */
async function readTree(circleci: CircleCIRun, project: Project): Promise<void> {
  const { run, reader, records } = circleci;
  const tree = new Tree({
    run,
    reader,
    name: project.slug,
    records,
    definitions: circleciStreams.filter((stream) => isAtOrBelow(stream, projects)),
    known: (definition) => (definition === projects ? ownRow(circleci, project) : undefined),
  });
  await tree.read(projects, {});
  tree.report();
}

async function* ownRow({ reader }: CircleCIRun, project: Project): AsyncGenerator<readonly FoundRow[]> {
  const { row, answer } = project;
  yield reader.rows(projects, {}, [{ row, receivedAt: answer.receivedAt }]);
}

async function readPipelines(
  circleci: CircleCIRun,
  project: Project,
  { slug, records, list }: { slug: string; records: SelectedRecords; list: PipelineList },
): Promise<void> {
  const { run, client, reader, settings } = circleci;
  const firstAnswer = await list.firstAnswer(project.answer);
  const start = startOfRun(firstAnswer.date, firstAnswer.receivedAt);
  if (start.warning !== undefined) run.warnOnce('clock', start.warning);
  const bounds = boundsOf(settings, start.now);
  const visitor = new Visitor(reader, records, pipelineKind(circleci, project.row, bounds));
  const sync = new ListSync({
    run,
    name: project.slug,
    item: 'pipeline',
    withoutDetails: 'approvals and jobs without a number',
    whyWithoutId: 'as what has expired is shown',
    track: slug,
    records,
    partitions: () => [project.slug],
    bounds,
    visit: (request) => visitor.visit(request),
    verify: () => Promise.all([checkToken(client), getProject(client, project.slug)]),
  });
  sync.prepare([project.slug]);
  try {
    await sync.read(walked(list, project.slug));
    await sync.readOpen();
  } finally {
    sync.report();
  }
  await sync.end();
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
