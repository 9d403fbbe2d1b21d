import type { Figure } from '../figure.js';
import { median, repeat } from '../figure.js';
import { runProgram } from '../tap.js';

export const startUp: Figure = {
  name: 'start-up',
  goal: '--help in < 150 ms',

  async measure({ isQuick }) {
    const times = isQuick ? 5 : 15;
    const runs = await repeat(times, () => runProgram(['--help']));
    const each = runs.map(({ milliseconds }) => milliseconds);
    return [
      {
        measured: `${Math.round(median(each))} ms`,
        isMet: median(each) < 150,
        note: `median of ${times}, ${Math.round(Math.min(...each))} to ${Math.round(Math.max(...each))} ms`,
      },
    ];
  },
};
