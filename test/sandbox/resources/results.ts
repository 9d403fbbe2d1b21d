import { createRandom } from '../random.js';
import { DAY, SECOND } from '../rows.js';
import type { Row } from '../source.js';
import type { StartedJob } from './jobs.js';
import type { View } from './view.js';

/** Artifacts are kept for 30 days unless an organization has set less (discuss.circleci.com 44165). */
export const ARTIFACT_LIFE = 30 * DAY;

/** In an order that stays, without an id: some tests have the same name and class. */
export function testRows(view: View, place: StartedJob): Row[] {
  const { job } = place;
  const random = createRandom(view.seed, `tests ${job.id}`);
  const has = random.chance(/test|integration/.test(job.name) ? 0.8 : 0.2);
  const count = has ? random.integer(1, 2 * view.pageSize + 1) : 0;
  const rows = Array.from({ length: count }, (_, position): Row => {
    const result = random.pick(['success', 'success', 'success', 'failure', 'skipped']);
    return {
      message:
        result === 'failure'
          ? 'expected 1 to be 2\n\u001b[31mat cart.test.ts:7\u001b[0m'
          : random.pick(['', null]),
      source: random.pick(['unknown', 'mocha']),
      run_time: random.pick([0, random.integer(1, 9), Math.round(random.between(0, 90_000)) / 1000]),
      // Null on the wire, which the spec does not say.
      file: random.chance(0.5) ? null : `test/cart-${position % 3}.test.ts`,
      result,
      name: random.pick(['adds to the cart', 'pays › twice', `row ${position}`]),
      classname: random.pick(['cart', '']),
    };
  });
  return rows.slice(0, shown(view, place, count));
}

export function artifactRows(view: View, place: StartedJob): Row[] {
  const { job, parallelism, stoppedAt } = place;
  if (stoppedAt !== undefined && view.now - stoppedAt >= ARTIFACT_LIFE) return [];
  const random = createRandom(view.seed, `artifacts ${job.id}`);
  const count = random.chance(0.4) ? random.integer(1, view.pageSize + 2) : 0;
  const files = Array.from({ length: count }, (_, position) =>
    random.pick([`coverage/index-${position}.html`, `logs/é ${position}.txt`, `junit/${position}.xml`]),
  );
  // Every container uploads what it has, under the same paths.
  const rows = Array.from({ length: parallelism }, (_, index) =>
    files.map((path) => ({
      path,
      node_index: index,
      url: `https://output.circle-artifacts.example.com/output/job/${job.id}/artifacts/${index}/${encodeURI(path)}`,
    })),
  ).flat();
  return rows.slice(0, shown(view, place, rows.length));
}

/** How many of the rows there are: all once the job has stopped. */
function shown({ coins, now }: View, { job, startedAt, stoppedAt }: StartedJob, count: number): number {
  if (stoppedAt !== undefined) return count;
  if (coins.unfinishedResults === 'none') return 0;
  return Math.floor((count * (now - startedAt)) / Math.max(SECOND, job.stoppedAt - startedAt));
}
