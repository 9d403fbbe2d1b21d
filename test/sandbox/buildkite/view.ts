import type { BuildkiteCoins } from './coins.js';

/** What a row is a function of, besides its history. */
export interface View {
  readonly now: number;
  readonly coins: BuildkiteCoins;
  /** What changes all the time (counters, agents, the next build of a schedule) stands still from then on. */
  readonly quietFrom: number;
}
