import type { Coins } from './coins.js';
import type { Endpoint } from './endpoints.js';
import { DAY } from './rows.js';

/** What may happen in a generated history. All on unless switched off. */
export const featureNames = [
  'holds', // approvals waited for up to weeks; never given ones are canceled at 90 days
  'slowWorkflows', // that end hours after they began
  'cancellations', // whose jobs end up to 20 minutes after the workflow
  'oddStatuses', // error, unauthorized, not_run; failing and queued on the way
  'reruns',
  'rerunsFromFailed', // list the same job ids again
  'rerunChains', // reruns of reruns, past day 90 of the pipeline
  'autoReruns',
  'setupPipelines', // continued up to 5.9 hours later, or never
  'pendingPipelines', // for minutes, or days
  'erroredPipelines', // with and without later workflows
  'emptyPipelines', // that never get a workflow
  'manyWorkflows', // more than a page
  'manyJobs', // more than a page
  'nullIdWorkflows', // old ones, beside sound ones
  'expiredChildren', // pipelines of 100 days whose newest workflow is 95 days old
  'oddTexts', // unicode, long, a lone half of an emoji
  'triggerParameters', // nested
  'missingVcs', // absent, or partly null
  'oddTriggers', // types outside the enum, actors without login
  'epochReceivedAt', // 1970
  'requiresMaps', // the `requires` of the 2026 API
  'sharedPeople', // who start, cancel and approve more than one thing
  'removedPeople', // 404, as service actors are
  'lateSettings', // contexts, variables, keys, schedules and webhooks that begin or change during the history
] as const;
export type FeatureName = (typeof featureNames)[number];
export type Features = Readonly<Record<FeatureName, boolean>>;

export const allFeatures: Features = switched(true);
/** Pipelines with a workflow or two that end within the hour: nothing else. */
export const noFeatures: Features = switched(false);

export interface ProjectOptions {
  slug: string;
  /** Old names, the latest first; all of them lead to the project. */
  formerSlugs?: readonly string[];
  /** Until then the project bears its latest former name and the new one answers 404. Default: always renamed. */
  renamedAt?: number;
  /** Whether the owner of the token follows it: else it is in no list of projects. Default true. */
  followed?: boolean;
}

export interface WorldOptions {
  seed?: number;
  /** Default `['gh/acme/web']`. */
  projects?: readonly (string | ProjectOptions)[];
  /** Epoch ms before which there is no pipeline. Default 2024-01-01. */
  start?: number;
  /** Days in which pipelines begin. Default 60. */
  days?: number;
  /** Days after those in which reruns go on. Default 60. */
  tailDays?: number;
  /** Pipelines over all projects. Default 40; 0 for a history written by hand. */
  pipelines?: number;
  /** Default 25. */
  reruns?: number;
  /** `'none'`, or single switches; all on by default. */
  features?: 'none' | Partial<Features>;
  /** Fixed sides; the others are tossed. */
  coins?: Partial<Coins>;
  /** Items per page; the API has 20. */
  pageSize?: number;
  /** Epoch ms at which the clock stands first. Default: the end of `days`. */
  now?: number;
  /** Virtual ms that a request takes: fixed, between two bounds by seed, or as real time passes. Default 50 to 2000. */
  tickMs?: number | readonly [number, number] | 'real';
  /** Over how many projects the list of an organization's pipelines goes: the most recently built. Default 250. */
  recentProjects?: number;
  /** Virtual minutes for which the URL of an output is good. Default 5. */
  outputMinutes?: number;
  /** Endpoints that answer 403. */
  forbidden?: readonly Endpoint[];
  /** Endpoints that answer 404. */
  missing?: readonly Endpoint[];
}

export interface ResolvedOptions extends Required<Omit<WorldOptions, 'projects' | 'features' | 'coins'>> {
  readonly projects: readonly ProjectOptions[];
  readonly features: Features;
  readonly coins: Partial<Coins>;
}

export function resolveOptions(options: WorldOptions): ResolvedOptions {
  const start = options.start ?? Date.UTC(2024, 0, 1);
  const days = options.days ?? 60;
  const features = options.features ?? {};
  return {
    seed: options.seed ?? 1,
    projects: (options.projects ?? ['gh/acme/web']).map((project) =>
      typeof project === 'string' ? { slug: project } : project,
    ),
    start,
    days,
    tailDays: options.tailDays ?? 60,
    pipelines: options.pipelines ?? 40,
    reruns: options.reruns ?? 25,
    features: features === 'none' ? noFeatures : { ...allFeatures, ...features },
    coins: options.coins ?? {},
    pageSize: options.pageSize ?? 20,
    now: options.now ?? start + days * DAY,
    tickMs: options.tickMs ?? [50, 2000],
    recentProjects: options.recentProjects ?? 250,
    outputMinutes: options.outputMinutes ?? 5,
    forbidden: options.forbidden ?? [],
    missing: options.missing ?? [],
  };
}

function switched(on: boolean): Features {
  return Object.fromEntries(featureNames.map((name) => [name, on])) as Record<FeatureName, boolean>;
}
