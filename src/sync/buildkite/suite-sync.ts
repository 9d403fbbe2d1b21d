import { getObject } from '../../http/object.js';
import { pages, type Row } from '../../http/pagination.js';
import { path, withQuery } from '../../http/url.js';
import { recordsOf } from '../../singer/records.js';
import { getAccessToken, largestPage } from '../../sources/buildkite/api.js';
import { testRuns } from '../../streams/buildkite/test-runs.js';
import type { Above } from '../../streams/define.js';
import type { Bounds } from '../entry.js';
import { ListSync } from '../list-sync.js';
import { settle } from '../need.js';
import { Visitor, type WalkedKind } from '../visit.js';
import type { BuildkiteRun } from './buildkite-run.js';

/**
 * Reads the runs of one test suite. They come newest first and take no filter; a run may go on after it has ended
 * (https://buildkite.com/docs/apis/rest-api/test-engine/runs), so the look-back reads them again.
 */
export async function syncSuite(buildkite: BuildkiteRun, above: Above, bounds: Bounds): Promise<void> {
  const { run, client, reader } = buildkite;
  const { id, slug } = above.buildkite_suites ?? {};
  const partition = String(id);
  const name = `${String(above.buildkite_organizations?.slug)}/${String(slug)}`;
  run.state.setName(partition, name);
  const records = recordsOf(buildkite.records, (stream) => stream === testRuns);
  const list = reader.pathOf(testRuns, above);
  const visitor = new Visitor(reader, records, runKind(buildkite, above, bounds, list));
  const runs = new ListSync({
    run,
    name,
    item: 'test run',
    track: name,
    records,
    partitions: () => [partition],
    bounds,
    visit: (request) => visitor.visit(request),
    verify: () => getAccessToken(client),
  });
  runs.prepare([partition]);
  try {
    await runs.read({
      pages: () =>
        pages(client, withQuery(list, { per_page: largestPage }), testRuns.endpoint, testRuns.pages),
      idOf,
      partitionOf: () => partition,
      partitions: [partition],
    });
    await runs.readOpen();
  } finally {
    runs.report();
  }
  await runs.end();
}

function idOf({ id }: Row): string {
  return typeof id === 'string' ? id : '';
}

function runKind({ client }: BuildkiteRun, above: Above, bounds: Bounds, list: string): WalkedKind {
  return {
    root: testRuns,
    below: [],
    above: () => above,
    fetchRoot: ({ id }) =>
      getObject(client, list + path`/${id}`, `${testRuns.endpoint}/{buildkite_test_runs.id}`, 'test run'),
    needsRoot: true,
    writes: () => true,
    looksBelow: () => false,
    embedded: () => undefined,
    vanishing: new Set(),
    judge: (_, { request, root }) => {
      const isOver = root?.row.state === 'finished' && root.row.result !== 'pending';
      const settled = isOver && request.created < bounds.now - settle;
      return { settled, newest: request.created };
    },
    asksRootAtEnd: () => false,
  };
}
