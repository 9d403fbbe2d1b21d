import type { BuildHistory, JobHistory, JobType } from './history.js';
import type { Row } from './identity.js';

export interface PipelineOptions {
  /** Slug. Default: the first organization. */
  organization?: string;
  slug: string;
  /** Default: long before the start. */
  createdAt?: number;
  archivedAt?: number;
}

export interface BuildOptions {
  /** Slugs. Default: the first ones. */
  organization?: string;
  pipeline?: string;
  createdAt: number;
  /** Default: 5 seconds later. */
  startedAt?: number;
  /** Default, of a state that is an end: 5 minutes after the start. */
  finishedAt?: number;
  /** The last one; the ones before it are made up. Default `passed`. An open one lasts until `finishBuild`. */
  state?: string;
  /** Of a failed build; default: halfway. */
  failingAt?: number;
  /** How many, or each by hand. Default 2. */
  jobs?: number | readonly JobOptions[];
  /** The last script job is retried then, and passes. */
  reopenedAt?: number;
  refinishedAt?: number;
  triggeredBy?: JobHistory;
  /** Other members of the row: branch, message, author, pull_request, … */
  rest?: Row;
  hasSecrets?: boolean;
}

export interface JobOptions {
  /** Default `script`. */
  type?: JobType;
  name?: string | null;
  stepKey?: string;
  groupKey?: string;
  /** The last one. Default `passed`, of a manual job `unblocked`. */
  state?: string;
  /** Default: with the build. */
  createdAt?: number;
  startedAt?: number | undefined;
  finishedAt?: number;
  exitStatus?: number | null;
  softFailed?: boolean;
  signalReason?: string;
  parallel?: { index: number; total: number };
  matrix?: unknown;
  artifacts?: number;
  /** Prints nothing. */
  isSilent?: boolean;
  /** Of a trigger job. */
  triggered?: BuildHistory;
  isAsync?: boolean;
  retryOf?: JobHistory;
  retryType?: 'manual' | 'automatic';
}

export interface RetryOptions {
  at: number;
  /** Of the new attempt. Default: 5 minutes later. */
  finishedAt?: number;
  /** Of the new attempt: passed, failed, or running until `finishBuild`. Default `passed`. */
  state?: string;
  /** By a rule of the step rather than by a person. */
  automatic?: boolean;
}
