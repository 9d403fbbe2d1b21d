import type { Random } from './random.js';

/**
 * What nobody has written down about the API, or what is only inferred. Each is a coin:
 * a seed tosses it, a test may fix it, and the tap has to be right on every side.
 */
export const coinSides = {
  /** Order of the workflows of a pipeline: undocumented. */
  workflowOrder: ['oldest first', 'newest first', 'by name'],
  /** Order of the jobs of a workflow: undocumented. */
  jobOrder: ['topological', 'reverse', 'by name'],
  /** Whether a page token names a place between two items or a distance from the top: undocumented. */
  pageTokens: ['cursor', 'offset'],
  /** `stopped_at` of a part of the terminal workflows: with the status, never, or some minutes later. */
  stoppedAt: ['with the status', 'never', 'later'],
  /** Some pipelines are not in the list, and 404 by id, until up to two hours after their `created_at`. */
  visibility: ['at once', 'late'],
  /** The `Date` header; the last two are off by hours, or at least by more than 10 minutes. */
  date: ['present', 'absent', 'ahead', 'behind'],
  /** `updated_at` of a pipeline. It equals `created_at` in nearly all recordings, and does not move on a rerun. */
  updatedAt: ['created_at', 'moves'],
  /**
   * How a list ends: with the last item; with an empty page if the last one was full; always with an empty page;
   * or, for the pipelines of a project, with a token that answers 404 (circleci-docs#6472).
   */
  lastPage: ['plain', 'empty when full', 'empty always', 'not found'],
  /** Pipelines with the same `created_at` to the millisecond. */
  ties: ['none', 'some'],
  /** What a bad token gets elsewhere than on /me and the pipeline list: 404 by design (discuss.circleci.com 33558). */
  badToken: ['401', '404'],
  /**
   * What is left below a pipeline past its retention: no workflows (tinuous #170), 404, workflows with a null id
   * (tinuous #203), workflows whose jobs are 404 (tinuous #206), or one of these for each pipeline.
   */
  expired: ['kept', 'empty', 'not found', 'null ids', 'jobs not found', 'mixed'],
  /** Keys of some resources: the spec has a hyphen where an underscore has been seen (resources/spelling.ts). */
  spelling: ['as the spec', 'as observed'],
  /** Past its retention, what is asked for job by job and the config of a pipeline, where the jobs are still listed. */
  expiredDetails: ['kept', 'not found'],
  /** Tests and artifacts of a job that is running: undocumented. */
  unfinishedResults: ['none', 'a part'],
} as const;

export type CoinName = keyof typeof coinSides;
export type Coins = { readonly [Name in CoinName]: (typeof coinSides)[Name][number] };

/** The side of each coin on which the API is as well-behaved as the recordings. */
export const plainCoins: Coins = {
  workflowOrder: 'newest first',
  jobOrder: 'topological',
  pageTokens: 'cursor',
  stoppedAt: 'with the status',
  visibility: 'at once',
  date: 'present',
  updatedAt: 'created_at',
  lastPage: 'plain',
  ties: 'none',
  badToken: '401',
  expired: 'kept',
  spelling: 'as observed',
  expiredDetails: 'kept',
  unfinishedResults: 'none',
};

export function tossCoins(random: Random, fixed: Partial<Coins> = {}): Coins {
  for (const [name, side] of Object.entries(fixed)) {
    const sides: readonly string[] | undefined = Object.hasOwn(coinSides, name)
      ? coinSides[name as CoinName]
      : undefined;
    if (!sides?.includes(side)) {
      throw new Error(`No such coin: ${name}=${side}. Coins: ${JSON.stringify(coinSides)}`);
    }
  }
  // Every coin is tossed, fixed or not: fixing one does not change the others.
  const tossed = Object.fromEntries(
    Object.entries(coinSides).map(([name, sides]) => [name, random.pick(sides)]),
  );
  return { ...tossed, ...fixed } as Coins;
}
