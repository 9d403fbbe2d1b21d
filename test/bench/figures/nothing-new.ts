import { DAY, HOUR, type PipelineRow } from '../../sandbox/rows.js';
import type { Figure } from '../figure.js';
import { startSandbox } from '../sandboxes.js';
import { runTap } from '../tap.js';

const pageSize = 20;
/** Longer than a pipeline is young (6 h 10 min), so that everything has settled. */
const peace = 8 * HOUR;

export const nothingNew: Figure = {
  name: 'nothing-new',
  goal: 'requests of the look-back alone',

  async measure() {
    // The sandbox ends at the real time, or the tap would warn of a wrong clock.
    const now = new Date(Date.now() - peace).toISOString();
    await using sandbox = await startSandbox([
      ...['--pipelines', '400', '--reruns', '0', '--days', '20', '--tail-days', '1', '--features', 'none'],
      ...['--coins', 'plain', '--tick', '0', '--now', now, '--project', 'gh/acme/web'],
    ]);
    const began = await sandbox.advance(peace);
    const { state } = await runTap(sandbox);
    await sandbox.resetCounters();
    await runTap(sandbox, { state });
    const { total } = await sandbox.counters();
    const { pipelines } = await sandbox.truth<PipelineRow>();
    const { pages, lists } = expected(pipelines, began.getTime() - DAY);
    const needed = 1 + pages + lists;
    return [
      {
        measured: `${total} of ${needed}`,
        isMet: total === needed,
        note: `1 project, ${pages} pages, ${lists} workflow lists of the last day; ${pipelines.length} pipelines in all`,
      },
    ];
  },
};

/** What a look-back to `floor` needs: pages until one is older as a whole, and a workflow list for each pipeline. */
function expected(pipelines: readonly PipelineRow[], floor: number): { pages: number; lists: number } {
  const created = pipelines.map((row) => Date.parse(row.created_at)).sort((one, other) => other - one);
  const lists = created.filter((time) => time >= floor).length;
  return { pages: Math.ceil(lists / pageSize) + 1, lists };
}
