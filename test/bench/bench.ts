import { parseArgs } from 'node:util';
import type { Figure, Measurement } from './figure.js';
import { concurrency } from './figures/concurrency.js';
import { firstRow } from './figures/first-row.js';
import { memory } from './figures/memory.js';
import { nothingNew } from './figures/nothing-new.js';
import { processor } from './figures/processor.js';
import { rateLimit } from './figures/rate-limit.js';
import { rateLimitHeaders } from './figures/rate-limit-headers.js';
import { requestRate } from './figures/request-rate.js';
import { startUp } from './figures/start-up.js';
import { stateSize } from './figures/state-size.js';

const figures: readonly Figure[] = [
  startUp,
  firstRow,
  nothingNew,
  stateSize,
  concurrency,
  rateLimit,
  rateLimitHeaders,
  requestRate,
  processor,
  memory,
];

const { values } = parseArgs({
  options: { only: { type: 'string', multiple: true }, quick: { type: 'boolean', default: false } },
});
const names = figures.map(({ name }) => name);
const widths = {
  name: Math.max(...names.map((name) => name.length)) + 2,
  goal: Math.max(...figures.map(({ goal }) => goal.length)) + 2,
};

const unknown = values.only?.find((name) => !names.includes(name));
if (unknown !== undefined) {
  console.error(`There is no figure ${unknown}; there are ${names.join(', ')}.`);
  process.exitCode = 2;
} else {
  await measureAll(figures.filter(({ name }) => values.only?.includes(name) ?? true));
}

async function measureAll(chosen: readonly Figure[]): Promise<void> {
  line('figure', 'goal', 'measured');
  for (const figure of chosen) {
    try {
      const measurements = await figure.measure({ isQuick: values.quick });
      measurements.forEach((measurement, index) => {
        show(index === 0 ? figure : undefined, measurement);
      });
    } catch (error) {
      // The others are still worth measuring.
      process.exitCode = 1;
      line(figure.name, figure.goal, `broke: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function show(figure: Figure | undefined, { measured, isMet, note }: Measurement): void {
  line(figure?.name ?? '', figure?.goal ?? '', isMet ? measured : `${measured}   <- missed`);
  line('', '', `  ${note}`);
}

function line(name: string, goal: string, measured: string): void {
  console.log(name.padEnd(widths.name) + goal.padEnd(widths.goal) + measured);
}
