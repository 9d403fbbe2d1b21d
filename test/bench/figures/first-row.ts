import type { Figure } from '../figure.js';
import { grouped, median, repeat } from '../figure.js';
import { startBulkSandbox } from '../sandboxes.js';
import { runTap } from '../tap.js';

const latencyMs = 300;

export const firstRow: Figure = {
  name: 'first-row',
  goal: 'within 3 round trips',

  async measure() {
    const history = { pipelines: 20, workflowsPerPipeline: 2, jobsPerWorkflow: 3 };
    await using sandbox = await startBulkSandbox(history, { latencyMs });
    const runs = await repeat(3, () => runTap(sandbox));
    const milliseconds = median(runs.map(({ firstRecordMilliseconds }) => firstRecordMilliseconds));
    // What is beyond a whole number is our own work and the sandbox's.
    const roundTrips = Math.floor(milliseconds / latencyMs);
    return [
      {
        measured: `${roundTrips} round trips`,
        isMet: roundTrips <= 3,
        note: `${grouped(milliseconds)} ms from the first request to the first RECORD, ${latencyMs} ms each, median of 3`,
      },
    ];
  },
};
