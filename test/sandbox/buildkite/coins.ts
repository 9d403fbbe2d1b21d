import type { Random } from '../random.js';

/**
 * What nobody has written down about Buildkite's API, or what was never seen on a wire. Each is a coin:
 * a seed tosses it, a test may fix it, and the tap has to be right on every side.
 */
export const buildkiteCoinSides = {
  /** `finished_at` of a build that was reopened by a retried job and has finished again. */
  refinish: ['moves', 'stays'],
  /** `finished_at` while such a build runs again. */
  reopened: ['null', 'kept'],
  /** `finished_at` of skipped and not_run builds: the docs have three different lists of states that set it. */
  skippedFinishedAt: ['set', 'null'],
  /** `finished_at` of a build that waits at a block step. */
  blockedFinishedAt: ['set', 'null'],
  /** Whether `state=passed` also finds a blocked build, which shows `passed`. */
  blockedFilter: ['blocked only', 'also its state'],
  /** What `exclude_pipeline=true` leaves of the pipeline. */
  excludedPipeline: ['dropped', 'stub'],
  /** A waiter of 2015 had an id and a type; today's keys are not on record. */
  waiterKeys: ['minimal', 'modern'],
  /** The agent in a job: three keys in the docs' example, all of them in a recording of 2023. */
  embeddedAgent: ['full', 'brief'],
  archivedPipelines: ['listed', 'not listed'],
  /** The docs say nothing of pages for members of organizations and teams, go-buildkite asks for them. */
  memberPages: ['pages', 'whole'],
  /** `created_at` of a pipeline: the docs' example is spelled out, recordings are ISO. */
  pipelineCreatedAt: ['ISO', 'spelled out'],
  /** Whether created_from, created_to and finished_from are cut to whole seconds: all examples are whole ones. */
  filterPrecision: ['milliseconds', 'whole seconds'],
  /** The `Date` header; the last two are off by hours, or at least by more than 10 minutes. */
  date: ['present', 'absent', 'ahead', 'behind'],
  /** Builds with the same `created_at` to the millisecond. */
  ties: ['none', 'some'],
  /** Read-only tokens have not seen it since June 2026 (changelog 368): empty, or no key. */
  webhookUrl: ['present', 'empty', 'absent'],
  badgeUrl: ['present', 'absent'],
  /** `state` of a blocked build: the docs say that it never reads `blocked`, and list that among the states. */
  blockedState: ['as before', 'blocked'],
  /** Builds of one second: "newest first" is all that is documented, and all times in the docs are whole seconds. */
  withinSecond: ['newest first', 'any order'],
} as const;

export type BuildkiteCoinName = keyof typeof buildkiteCoinSides;
export type BuildkiteCoins = {
  readonly [Name in BuildkiteCoinName]: (typeof buildkiteCoinSides)[Name][number];
};

/** The first side of each: as well-behaved as the recordings. */
export const plainBuildkiteCoins: BuildkiteCoins = Object.fromEntries(
  Object.entries(buildkiteCoinSides).map(([name, sides]) => [name, sides[0]]),
) as BuildkiteCoins;

export function tossBuildkiteCoins(random: Random, fixed: Partial<BuildkiteCoins> = {}): BuildkiteCoins {
  for (const [name, side] of Object.entries(fixed)) {
    const sides: readonly string[] | undefined = Object.hasOwn(buildkiteCoinSides, name)
      ? buildkiteCoinSides[name as BuildkiteCoinName]
      : undefined;
    if (!sides?.includes(side)) {
      throw new Error(`No such coin: ${name}=${side}. Coins: ${JSON.stringify(buildkiteCoinSides)}`);
    }
  }
  // Every coin is tossed, fixed or not: fixing one does not change the others.
  const tossed = Object.fromEntries(
    Object.entries(buildkiteCoinSides).map(([name, sides]) => [name, random.pick<string>(sides)]),
  );
  return { ...tossed, ...fixed } as BuildkiteCoins;
}
