/** How much is done: enough for figures that can be told, or only enough to see that everything works. */
export interface Scale {
  readonly isQuick: boolean;
}

/** One thing that was measured for a figure. */
export interface Measurement {
  /** With its unit. */
  readonly measured: string;
  readonly isMet: boolean;
  /** What it was made of: sizes, what was compared, what was subtracted. */
  readonly note: string;
}

/** A figure of the tap that is worth watching. */
export interface Figure {
  /** For `--only`. */
  readonly name: string;
  readonly goal: string;
  /** @throws when something broke; a goal that is missed is only shown. */
  measure(scale: Scale): Promise<Measurement[]>;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  const lower = sorted[sorted.length % 2 === 0 ? middle - 1 : middle];
  if (upper === undefined || lower === undefined) throw new Error('There is no median of nothing.');
  return (lower + upper) / 2;
}

/** Does the same several times, one after the other. */
export async function repeat<Result>(times: number, once: () => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (let time = 0; time < times; time++) results.push(await once());
  return results;
}

/** `1,234` */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** `1.23 s` */
export function inSeconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}
