import type { BuildkiteCoins } from './coins.js';
import { DAY } from './time.js';

/** What may happen in a generated history. All on unless switched off. */
export const buildkiteFeatureNames = [
  'latePipelines', // one comes into being halfway
  'archivedPipelines', // one is archived at two thirds
  'renamedPipelines', // one gets another slug: the urls of all its builds change without any change of the builds
  'slowBuilds', // that finish hours and days after they began
  'oddEndings', // canceled, skipped, not_run
  'blocks', // block steps, unblocked within a day
  'longBlocks', // unblocked after weeks, or never
  'reopenings', // finished builds that a retried job brings back
  'automaticRetries', // within the run
  'triggers', // jobs that start a build of another pipeline
  'endlessTriggers', // those show `running` forever once the other build has failed
  'waiters',
  'parallelJobs', // and matrix jobs
  'oddJobs', // soft failures, lost agents, broken and timed out jobs
  'volatileAgents', // that come and go without any change of a build
] as const;
export type BuildkiteFeatureName = (typeof buildkiteFeatureNames)[number];
export type BuildkiteFeatures = Readonly<Record<BuildkiteFeatureName, boolean>>;

/** The scopes that the endpoints of the sandbox ask for. */
export const allScopes = [
  'read_agents',
  'read_artifacts',
  'read_build_logs',
  'read_builds',
  'read_clusters',
  'read_job_env',
  'read_organizations',
  'read_pipelines',
  'read_suites',
  'read_teams',
  'read_user',
] as const;
export type Scope = (typeof allScopes)[number];

export interface BuildkiteWorldOptions {
  seed?: number;
  /** Slugs. Default `['acme']`. */
  organizations?: readonly string[];
  /** Slugs in every organization. Default `['web', 'api', 'legacy-app', 'deploy']`. */
  pipelines?: readonly string[];
  /** Epoch ms before which there is no build. Default 2026-01-01. */
  start?: number;
  /** Days in which builds begin. Default 60. */
  days?: number;
  /** Builds over all organizations, without those that trigger jobs start. Default 40; 0 for a history by hand. */
  builds?: number;
  /** Days after its end in which a build may be reopened. Default 7. */
  reopeningDays?: number;
  /** `'none'`, or single switches; all on by default. */
  features?: 'none' | Partial<BuildkiteFeatures>;
  /** Fixed sides; the others are tossed. */
  coins?: Partial<BuildkiteCoins>;
  /** Epoch ms at which the clock stands first. Default: the end of `days`. */
  now?: number;
  /** Virtual ms that a request takes: fixed, between two bounds by seed, or as real time passes. Default 50 to 2000. */
  tickMs?: number | readonly [number, number] | 'real';
  /** Of the token. Default: all of them. */
  scopes?: readonly string[];
  /** Epoch ms from which the token is a bad one; null for never, which is the default. */
  expiresAt?: number | null;
  /** A list of builds is refused once page × per_page is more. The real depth is not documented. Default 3000. */
  deepestBuild?: number;
  /** A page of builds, or a build, with more jobs than this is a 504. Default: no limit. */
  heaviestPage?: number;
}

export interface ResolvedBuildkiteOptions
  extends Required<Omit<BuildkiteWorldOptions, 'features' | 'coins' | 'days'>> {
  /** Until then builds begin. */
  readonly end: number;
  readonly features: BuildkiteFeatures;
  readonly coins: Partial<BuildkiteCoins>;
}

export function resolveBuildkiteOptions(options: BuildkiteWorldOptions): ResolvedBuildkiteOptions {
  const start = options.start ?? Date.UTC(2026, 0, 1);
  const end = start + (options.days ?? 60) * DAY;
  const features = options.features ?? {};
  return {
    seed: options.seed ?? 1,
    organizations: options.organizations ?? ['acme'],
    pipelines: options.pipelines ?? ['web', 'api', 'legacy-app', 'deploy'],
    start,
    end,
    builds: options.builds ?? 40,
    reopeningDays: options.reopeningDays ?? 7,
    features: features === 'none' ? switched(false) : { ...switched(true), ...features },
    coins: options.coins ?? {},
    now: options.now ?? end,
    tickMs: options.tickMs ?? [50, 2000],
    scopes: options.scopes ?? allScopes,
    expiresAt: options.expiresAt ?? null,
    deepestBuild: options.deepestBuild ?? 3000,
    heaviestPage: options.heaviestPage ?? Number.POSITIVE_INFINITY,
  };
}

function switched(on: boolean): BuildkiteFeatures {
  return Object.fromEntries(buildkiteFeatureNames.map((name) => [name, on])) as Record<
    BuildkiteFeatureName,
    boolean
  >;
}
