import { getObject } from '../../http/object.js';
import { type Page, pages, type Row } from '../../http/pagination.js';
import { path, withQuery } from '../../http/url.js';
import { recordsOf } from '../../singer/records.js';
import { getAccessToken, largestPage } from '../../sources/buildkite/api.js';
import { testRuns } from '../../streams/buildkite/test-runs.js';
import type { Above } from '../../streams/define.js';
import { day } from '../../time.js';
import type { Bounds } from '../entry.js';
import { ListSync } from '../list-sync.js';
import { settle } from '../need.js';
import { Visitor, type WalkedKind } from '../visit.js';
import type { BuildkiteRun } from './buildkite-run.js';

/**
 * A run that has not ended by then never will: a job that nobody picks up expires after 30 days
 * (https://buildkite.com/docs/pipelines/configure/build-timeouts).
 */
const longest = 30 * day;

/** What progress calls the things that are read here. */
const kind = 'test suites';

/**
 * Reads the runs of one test suite. They come newest first and take no filter; a run may go on after it has ended
 * (https://buildkite.com/docs/apis/rest-api/test-engine/runs), so the look-back reads them again.
 * @throws HttpError when there is no such list: forbidden, or gone with its suite
 */
export async function syncSuite(buildkite: BuildkiteRun, above: Above, bounds: Bounds): Promise<void> {
  const { run, client, reader } = buildkite;
  const { id, slug } = above.buildkite_suites ?? {};
  const partition = String(id);
  const name = `${String(above.buildkite_organizations?.slug)}/${String(slug)}`;
  run.state.setName(partition, name);
  const records = recordsOf(buildkite.records, (stream) => stream === testRuns);
  const list = reader.pathOf(testRuns, above);
  const listed = () =>
    pages(client, withQuery(list, { per_page: largestPage }), testRuns.endpoint, testRuns.pages);
  // Whether there is such a list is not for the walk to report.
  const asked = listed();
  let top: AsyncIterable<Page> | undefined = after(await asked.next(), asked);
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
  run.progress.expect(kind, 1);
  try {
    await runs.read({
      pages: () => {
        const found = top ?? listed();
        top = undefined;
        return found;
      },
      idOf,
      partitionOf: () => partition,
      partitions: [partition],
    });
    await runs.readOpen();
  } finally {
    runs.report();
    run.progress.end(kind, name);
  }
  await runs.end();
}

/** A list of which the first page has been asked for already. */
async function* after(first: IteratorResult<Page, void>, rest: AsyncIterable<Page>): AsyncGenerator<Page> {
  if (first.done === true) return;
  yield first.value;
  yield* rest;
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
      // Until then it may still end, however short the look-back is.
      const mayEnd = !settled && request.created >= bounds.now - longest;
      return { settled, newest: mayEnd ? bounds.now : request.created };
    },
    asksRootAtEnd: () => false,
  };
}
