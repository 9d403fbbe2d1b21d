import type { Figure } from '../figure.js';
import { grouped, median, repeat } from '../figure.js';
import { fullPages, nothing, rowsOf, startBulkSandbox } from '../sandboxes.js';
import { runTap } from '../tap.js';

export const processor: Figure = {
  name: 'processor',
  goal: '<= 40 us of processor time a row',

  async measure({ isQuick }) {
    const history = fullPages(isQuick ? 20_000 : 100_000);
    const rounds = isQuick ? 1 : 3;
    await using empty = await startBulkSandbox(nothing);
    await using sandbox = await startBulkSandbox(history);
    const startUps = await repeat(rounds, () => runTap(empty));
    const runs = await repeat(rounds, () => runTap(sandbox));
    const startUp = median(startUps.map(({ processorMicroseconds }) => processorMicroseconds));
    const rows = rowsOf(history);
    const each = median(runs.map(({ processorMicroseconds }) => (processorMicroseconds - startUp) / rows));
    return [
      {
        measured: `${each.toFixed(1)} us`,
        isMet: each <= 40,
        note:
          `${grouped(rows)} rows, 20 jobs a page, gzip, median of ${rounds}; the ${grouped(startUp / 1000)} ms ` +
          'of a run without rows subtracted',
      },
    ];
  },
};
