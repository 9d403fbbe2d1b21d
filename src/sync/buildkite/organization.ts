import { failedWith, TapError } from '../../errors.js';
import { recordsOf } from '../../singer/records.js';
import { type BuildkitePipeline, listPipelines } from '../../sources/buildkite/api.js';
import { builds as buildStream } from '../../streams/buildkite/builds.js';
import { organizations } from '../../streams/buildkite/organizations.js';
import { pipelines as pipelineStream } from '../../streams/buildkite/pipelines.js';
import { suites } from '../../streams/buildkite/suites.js';
import { testRuns } from '../../streams/buildkite/test-runs.js';
import { type Above, isAtOrBelow, type StreamDefinition } from '../../streams/define.js';
import type { Bounds } from '../entry.js';
import { leftOut } from '../left-out.js';
import type { FoundRow } from '../reader.js';
import { Tree } from '../tree.js';
import type { BuildkiteRun } from './buildkite-run.js';
import { BuildsSync } from './builds-sync.js';
import { Pipelines } from './pipelines.js';
import { syncSuite } from './suite-sync.js';

/**
 * Syncs one organization: what has no bookmark in full, builds and test runs as far as they may have changed.
 * @throws HttpError when the organization is unknown or the token is refused, Stopped when the run is told to stop
 */
export async function syncOrganization(buildkite: BuildkiteRun, slug: string, bounds: Bounds): Promise<void> {
  const { run, reader, records } = buildkite;
  const pipelines = await pipelinesOf(buildkite, slug);
  run.begin();
  if (pipelines !== undefined && pipelines.count > 0 && pipelines.read.length === 0) {
    buildkite.unread.set(slug, pipelines.count);
  }
  const definitions = definitionsOf(buildkite, { withPipelines: pipelines !== undefined });
  const builds = pipelines === undefined ? undefined : readBuilds(buildkite, pipelines, bounds);
  const tree = new Tree({
    run,
    reader,
    name: slug,
    records,
    definitions,
    known: (definition, rows) =>
      definition === pipelineStream && pipelines !== undefined
        ? known(pipelines, buildkite, rows, builds)
        : undefined,
    also: {
      [suites.name]: { definition: testRuns, read: (rows: Above) => syncSuite(buildkite, rows, bounds) },
    },
  });
  const top = definitions.filter(({ parent }) => parent === organizations);
  const lists = top.map((definition) => tree.read(definition, { [organizations.name]: { slug } }));
  const [lost] = await Promise.all([builds, ...lists]);
  tree.report();
  if (lost !== undefined) throw lost;
}

/** The streams of an organization that have no bookmark, parents before children; those of pipelines only where they are listed. */
function definitionsOf(
  { definitions }: BuildkiteRun,
  { withPipelines }: { readonly withPipelines: boolean },
): readonly StreamDefinition[] {
  return definitions.filter(
    (definition) =>
      definition.parent !== undefined &&
      definition !== testRuns &&
      !isAtOrBelow(definition, buildStream) &&
      (withPipelines || !isAtOrBelow(definition, pipelineStream)),
  );
}

/**
 * Reads builds and what hangs below them, if any of that is selected.
 * @returns what ended it before its time, so that what else there is of the organization is read to its end
 * @throws HttpError when the token is refused, Stopped when the run is told to stop
 */
async function readBuilds(
  { run, client, reader, records, definitions }: BuildkiteRun,
  pipelines: Pipelines,
  bounds: Bounds,
): Promise<TapError | undefined> {
  const ofBuilds = recordsOf(records, (stream) => isAtOrBelow(stream, buildStream));
  if (ofBuilds.size === 0) return undefined;
  const below = definitions.filter((stream) => stream !== buildStream && isAtOrBelow(stream, buildStream));
  try {
    await new BuildsSync({ run, client, reader, pipelines, records: ofBuilds, below, bounds }).sync();
    return undefined;
  } catch (error) {
    if (!(error instanceof TapError) || failedWith(error, 'unauthorized')) throw error;
    return error;
  }
}

/**
 * The pipelines, if any selected stream needs them; undefined when the token must not list them, which is reported.
 * @throws HttpError when they cannot be read for another reason
 */
async function pipelinesOf(
  { run, client, records, settings }: BuildkiteRun,
  slug: string,
): Promise<Pipelines | undefined> {
  const names = [...recordsOf(records, (stream) => isAtOrBelow(stream, pipelineStream)).keys()];
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
    if (!failedWith(error, 'forbidden')) throw error;
    run.fail(`${slug}: ${leftOut(names, pipelineStream)} ${error.line}`);
    return undefined;
  }
}

/** The pipelines that are read, which have been listed already, and at the end those that builds have told of. */
async function* known(
  pipelines: Pipelines,
  { reader }: BuildkiteRun,
  above: Above,
  building: Promise<unknown> | undefined,
): AsyncGenerator<readonly FoundRow[]> {
  const before = new Set(pipelines.ids);
  yield reader.rows(pipelineStream, above, pipelines.read);
  await building;
  const learnt = pipelines.read.filter(({ id }) => !before.has(id));
  if (learnt.length > 0) yield reader.rows(pipelineStream, above, learnt);
}
