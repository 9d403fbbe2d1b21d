import type { Figure } from '../figure.js';
import { inSeconds, median } from '../figure.js';
import { askedPaths, runBareLoop } from '../loop.js';
import { requestsOf, startBulkSandbox } from '../sandboxes.js';
import { runTap } from '../tap.js';

export const concurrency: Figure = {
  name: 'concurrency',
  goal: '16 in flight >= 12 times as fast as 1',

  async measure({ isQuick }) {
    const history = { pipelines: isQuick ? 100 : 330, workflowsPerPipeline: 2, jobsPerWorkflow: 3 };
    await using sandbox = await startBulkSandbox(history, { latencyMs: 20, gzip: false, record: true });
    const alone = await runTap(sandbox, { config: { max_concurrency: 1 } });
    const paths = await askedPaths(sandbox);
    const [taps, loops]: [number[], number[]] = [[], []];
    for (let round = 0; round < 3; round++) {
      taps.push((await runTap(sandbox, { config: { max_concurrency: 16 } })).requestMilliseconds);
      loops.push((await runBareLoop(sandbox, paths, 16)).milliseconds);
    }
    const times = alone.requestMilliseconds / median(taps);
    return [
      {
        measured: `${times.toFixed(1)} times`,
        isMet: times >= 12,
        note:
          `${requestsOf(history)} requests of 20 ms: ${inSeconds(alone.requestMilliseconds)} and ` +
          `${inSeconds(median(taps))}, a bare loop with 16 ${inSeconds(median(loops))}; from the first request on, median of 3`,
      },
    ];
  },
};
