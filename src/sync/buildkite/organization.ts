import { HttpError, TapError } from '../../errors.js';
import { type BuildkitePipeline, listPipelines } from '../../sources/buildkite.js';
import { builds } from '../../streams/buildkite/builds.js';
import { organizations } from '../../streams/buildkite/organizations.js';
import { pipelines as pipelineStream } from '../../streams/buildkite/pipelines.js';
import { suites } from '../../streams/buildkite/suites.js';
import { testRuns } from '../../streams/buildkite/test-runs.js';
import { type Above, isAtOrBelow } from '../../streams/define.js';
import { formatTimestamp } from '../../time.js';
import type { Bounds } from '../entry.js';
import type { FoundRow } from '../reader.js';
import { Tree } from '../tree.js';
import { BuildsSync } from './builds-sync.js';
import { Pipelines } from './pipelines.js';
import { type BuildkiteShared, leftOut } from './shared.js';
import { syncSuite } from './suite-sync.js';

/**
 * Syncs one organization: what has no bookmark in full, builds and test runs as far as they may have changed.
 * @throws HttpError when the organization is unknown or the token is refused, Stopped when the run is told to stop
 */
export async function syncOrganization(shared: BuildkiteShared, slug: string, bounds: Bounds): Promise<void> {
  const { run, client, reader, records } = shared;
  const above = { [organizations.name]: { slug } };
  const below = shared.definitions.filter(
    (definition) => definition !== builds && isAtOrBelow(definition, builds),
  );
  const pipelines = await pipelinesOf(shared, slug);
  run.begin();
  const ofBuilds = shared.recordsOf(pipelines === undefined ? [] : [builds, ...below]);
  if (pipelines !== undefined && pipelines.count > 0 && pipelines.read.length === 0) {
    run.log.warning(`${slug}: buildkite_pipelines names none of its ${pipelines.count} pipelines.`);
  }

  const definitions = shared.definitions.filter(
    (definition) =>
      definition.parent !== undefined &&
      definition !== builds &&
      definition !== testRuns &&
      !below.includes(definition) &&
      (pipelines !== undefined || !isAtOrBelow(definition, pipelineStream)),
  );
  let lost: TapError | undefined;
  const readBuilds = async (): Promise<void> => {
    if (pipelines === undefined || ofBuilds.size === 0) return;
    try {
      await new BuildsSync({ run, client, reader, pipelines, records: ofBuilds, below, bounds }).sync();
    } catch (error) {
      if (!(error instanceof TapError) || isRefused(error)) throw error;
      // What else there is of the organization is read to its end.
      lost = error;
    }
  };
  const reading = readBuilds();
  const tree = new Tree({
    run,
    reader,
    name: slug,
    records,
    definitions,
    known: (definition, rows) =>
      definition === pipelineStream && pipelines !== undefined
        ? known(pipelines, shared, rows, reading)
        : undefined,
    also: {
      [suites.name]: { definition: testRuns, read: (rows: Above) => syncSuite(shared, rows, bounds) },
    },
  });
  await Promise.all([
    reading,
    ...definitions
      .filter(({ parent }) => parent === organizations)
      .map((definition) => tree.read(definition, above)),
  ]);
  tree.report();
  if (lost !== undefined) throw lost;
}

/**
 * The pipelines, if any selected stream needs them; undefined when the token must not list them, which is reported.
 * @throws HttpError when they cannot be read for another reason
 */
async function pipelinesOf(shared: BuildkiteShared, slug: string): Promise<Pipelines | undefined> {
  const { client, run, settings } = shared;
  const wanted = shared.definitions.filter((definition) => isAtOrBelow(definition, pipelineStream));
  const names = [...shared.recordsOf(wanted).keys()];
  const of = (listed: readonly BuildkitePipeline[]) =>
    new Pipelines({
      client,
      organization: slug,
      listed,
      isRead: settings.pipelines,
      refused: (pipeline, error) =>
        run.fail(
          `${slug}: the pipeline ${pipeline} is left out of this run, as the token must not read it; ` +
            `!${slug}/${pipeline} in buildkite_pipelines leaves it out for good. ${error.line}`,
        ),
    });
  if (names.length === 0) return of([]);
  try {
    const pipelines = of(await listPipelines(client, slug));
    // The list may leave out those that are archived.
    await pipelines.learn(settings.namedPipelines(slug));
    return pipelines;
  } catch (error) {
    if (!(error instanceof HttpError) || error.failure !== 'forbidden') throw error;
    run.fail(`${slug}: ${leftOut(names, pipelineStream.permissions)} ${error.line}`);
    return undefined;
  }
}

function isRefused(error: TapError): boolean {
  return error instanceof HttpError && error.failure === 'unauthorized';
}

/** The pipelines that are read, which have been listed already, and at the end those that builds have told of. */
async function* known(
  pipelines: Pipelines,
  { reader }: BuildkiteShared,
  above: Above,
  building: Promise<unknown>,
): AsyncGenerator<readonly FoundRow[]> {
  const rowsOf = (read: readonly BuildkitePipeline[]) =>
    reader.rows(
      pipelineStream,
      above,
      read.map(({ row, receivedAt }) => ({ row, extracted: formatTimestamp(receivedAt) })),
    );
  const before = new Set(pipelines.ids);
  yield rowsOf(pipelines.read);
  await building;
  const learnt = pipelines.read.filter(({ id }) => !before.has(id));
  if (learnt.length > 0) yield rowsOf(learnt);
}
