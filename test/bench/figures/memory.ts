import type { Figure } from '../figure.js';
import { grouped, inSeconds } from '../figure.js';
import { fullPages, rowsOf, startBulkSandbox } from '../sandboxes.js';
import { runTap } from '../tap.js';

export const memory: Figure = {
  name: 'memory',
  goal: '<= 200 MB, 10 times the rows <= 1.1 x',

  async measure({ isQuick }) {
    const few = await peak(isQuick ? 10_000 : 100_000);
    const many = await peak(isQuick ? 100_000 : 1_000_000);
    const ratio = many.megabytes / few.megabytes;
    return [
      {
        measured: `${Math.round(many.megabytes)} MB, ${ratio.toFixed(2)} x`,
        isMet: many.megabytes <= 200 && ratio <= 1.1,
        note:
          `${grouped(few.rows)} rows: ${Math.round(few.megabytes)} MB in ${inSeconds(few.milliseconds)}, ` +
          `${grouped(many.rows)} rows: ${Math.round(many.megabytes)} MB in ${inSeconds(many.milliseconds)}`,
      },
    ];
  },
};

async function peak(size: number): Promise<{ rows: number; megabytes: number; milliseconds: number }> {
  const history = fullPages(size);
  await using sandbox = await startBulkSandbox(history, { gzip: false });
  const { lines, milliseconds, peakKilobytes } = await runTap(sandbox);
  const rows = rowsOf(history);
  if (lines < rows) throw new Error(`The tap wrote ${lines} lines for ${rows} rows.`);
  return { rows, megabytes: peakKilobytes / 1024, milliseconds };
}
