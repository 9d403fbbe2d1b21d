import { listPipelines } from '../../sources/buildkite.js';
import { builds } from '../../streams/buildkite/builds.js';
import { organizations } from '../../streams/buildkite/organizations.js';
import { pipelines as pipelineStream } from '../../streams/buildkite/pipelines.js';
import { suites } from '../../streams/buildkite/suites.js';
import { testRuns } from '../../streams/buildkite/test-runs.js';
import type { Above, StreamDefinition } from '../../streams/define.js';
import { formatTimestamp } from '../../time.js';
import type { Bounds } from '../entry.js';
import type { FoundRow } from '../reader.js';
import { Tree } from '../tree.js';
import { BuildsSync } from './builds-sync.js';
import { Pipelines } from './pipelines.js';
import type { BuildkiteShared } from './shared.js';
import { syncSuite } from './suite-sync.js';

/** Syncs one organization: what has no bookmark in full, builds and test runs as far as they may have changed. */
export async function syncOrganization(shared: BuildkiteShared, slug: string, bounds: Bounds): Promise<void> {
  const { run, client, reader, records, settings } = shared;
  const above = { [organizations.name]: { slug } };
  const below = shared.definitions.filter((definition) => isBelow(definition, builds));
  const ofBuilds = shared.recordsOf([builds, ...below]);
  const needsPipelines = ofBuilds.size > 0 || shared.isWantedIn(pipelineStream);
  const listed = needsPipelines ? await listPipelines(client, slug) : [];
  run.begin();
  const pipelines = new Pipelines(client, slug, listed, settings.pipelines);

  const definitions = shared.definitions.filter(
    (definition) =>
      definition.parent !== undefined &&
      definition !== builds &&
      definition !== testRuns &&
      !below.includes(definition),
  );
  const tree = new Tree({
    run,
    reader,
    name: slug,
    records,
    definitions,
    known: (definition, rows) => (definition === pipelineStream ? known(pipelines, shared, rows) : undefined),
    ...(records.has(testRuns.name)
      ? { also: { [suites.name]: (rows: Above) => syncSuite(shared, rows, bounds) } }
      : {}),
  });
  await Promise.all([
    ...definitions
      .filter(({ parent }) => parent === organizations)
      .map((definition) => tree.read(definition, above)),
    ...(ofBuilds.size === 0
      ? []
      : [new BuildsSync({ run, client, reader, pipelines, records: ofBuilds, below, bounds }).sync()]),
  ]);
  tree.report();
}

function isBelow(definition: StreamDefinition, root: StreamDefinition): boolean {
  const { parent } = definition;
  return parent !== undefined && (parent === root || isBelow(parent, root));
}

/** The pipelines that are read, which have been listed already. */
async function* known(
  pipelines: Pipelines,
  { reader }: BuildkiteShared,
  above: Above,
): AsyncGenerator<readonly FoundRow[]> {
  yield reader.rows(
    pipelineStream,
    above,
    pipelines.read.map(({ row, receivedAt }) => ({ row, extracted: formatTimestamp(receivedAt) })),
  );
}
