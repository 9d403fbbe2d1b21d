import type { Figure } from '../figure.js';
import { grouped, median } from '../figure.js';
import { askedPaths, runBareLoop } from '../loop.js';
import { nothing, startBulkSandbox } from '../sandboxes.js';
import { runTap } from '../tap.js';

const concurrency = 16;

export const requestRate: Figure = {
  name: 'request-rate',
  goal: '>= 70 % of a bare undici loop',

  async measure({ isQuick }) {
    const history = { pipelines: isQuick ? 300 : 1500, workflowsPerPipeline: 2, jobsPerWorkflow: 3 };
    await using empty = await startBulkSandbox(nothing);
    const startUp = await runTap(empty);
    await using sandbox = await startBulkSandbox(history, { gzip: false, record: true });
    const config = { max_concurrency: concurrency };
    await runTap(sandbox, { config });
    const paths = await askedPaths(sandbox);
    const rounds = isQuick ? 1 : 3;
    const [ratios, rates, costs]: [number[], number[], number[]] = [[], [], []];
    const bare: { rates: number[]; costs: number[] } = { rates: [], costs: [] };
    for (let round = 0; round < rounds; round++) {
      const loop = await runBareLoop(sandbox, paths, concurrency);
      const tap = await runTap(sandbox, { config });
      const milliseconds = tap.requestMilliseconds;
      ratios.push(loop.milliseconds / milliseconds);
      rates.push((1000 * paths.length) / milliseconds);
      costs.push((tap.processorMicroseconds - startUp.processorMicroseconds) / paths.length);
      bare.rates.push((1000 * paths.length) / loop.milliseconds);
      bare.costs.push(loop.processorMicroseconds / paths.length);
    }
    const ratio = median(ratios);
    return [
      {
        measured: `${Math.round(100 * ratio)} %`,
        isMet: ratio >= 0.7,
        note:
          `${grouped(median(rates))} and ${grouped(median(bare.rates))} requests/s, processor ${grouped(median(costs))} and ` +
          `${grouped(median(bare.costs))} us each; ${grouped(paths.length)} URLs, median of ${rounds}, ` +
          `from the first request on, start-up of ${grouped(startUp.processorMicroseconds / 1000)} ms of processor subtracted`,
      },
    ];
  },
};
