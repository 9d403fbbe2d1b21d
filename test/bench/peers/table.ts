import { grouped } from '../figure.js';
import type { Run } from './user.js';
import { type Stream, streams, total, type Verdict } from './verdict.js';

/** What one tap did in one kind of run. */
export interface Result {
  readonly situation: string;
  readonly tap: string;
  readonly run: Run;
  /** Refused ones are among them. */
  readonly requests: number;
  readonly refused: number;
  readonly verdicts: Readonly<Record<Stream, Verdict>>;
}

/** The table for the README: rows of all streams together. */
export function mainTable(results: readonly Result[]): string {
  return table(
    '| run | tap | rows right | missing | stale | requests | wall time | CPU | peak memory | state |',
    '| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    results.map((result, index) => {
      const { run, tap, requests, refused, verdicts } = result;
      const { right, missing, stale } = total(Object.values(verdicts));
      return [
        situationOf(results, index),
        run.failure === undefined ? tap : `${tap} (failed)`,
        grouped(right),
        grouped(missing),
        grouped(stale),
        refused === 0 ? grouped(requests) : `${grouped(requests)} (${grouped(refused)} refused)`,
        `${run.seconds.toFixed(1)} s`,
        `${run.processorSeconds.toFixed(1)} s`,
        `${grouped(run.peakKilobytes / 1024)} MB`,
        `${grouped(run.stateBytes)} B`,
      ];
    }),
  );
}

/** The same rows, by stream. */
export function streamTable(results: readonly Result[]): string {
  return table(
    `| run | tap |${streams.map((stream) => ` ${stream}: right / missing / stale |`).join('')}`,
    `| --- | --- |${streams.map(() => ' ---: |').join('')}`,
    results.map(({ tap, verdicts }, index) => [
      situationOf(results, index),
      tap,
      ...streams.map((stream) => {
        const { right, missing, stale } = verdicts[stream];
        return [right, missing, stale].map(grouped).join(' / ');
      }),
    ]),
  );
}

/** What the runs that failed said last. */
export function failures(results: readonly Result[]): string[] {
  return results.flatMap(({ situation, tap, run: { failure } }) =>
    failure === undefined
      ? []
      : [`- ${tap}, ${situation}: \`${failure.replaceAll('`', "'").slice(0, 300)}\``],
  );
}

function table(head: string, line: string, rows: readonly (readonly string[])[]): string {
  return [head, line, ...rows.map((cells) => `| ${cells.join(' | ')} |`)].join('\n');
}

/** Said once for all taps. */
function situationOf(results: readonly Result[], index: number): string {
  const situation = results[index]?.situation ?? '';
  return results[index - 1]?.situation === situation ? '' : situation;
}
