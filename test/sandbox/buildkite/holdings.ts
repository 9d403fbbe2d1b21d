import type { BuildkiteAnswer } from './answers.js';
import type { BuildkiteCoins } from './coins.js';
import type { BuildHistory, OrganizationHistory, PipelineHistory } from './history.js';
import type { Sequence } from './paging.js';
import type { BuildFilter } from './query.js';

/** What the endpoints are answered from: the world with a history, or the one made on demand. */
export interface Holdings {
  readonly seed: number;
  readonly coins: BuildkiteCoins;
  readonly now: number;
  readonly quietFrom: number;
  readonly history: readonly OrganizationHistory[];
  readonly options: {
    readonly scopes: readonly string[];
    readonly expiresAt: number | null;
    readonly deepestBuild: number;
    readonly heaviestPage: number;
  };
  /** Newest first; of the whole organization without a pipeline. */
  builds(
    organization: OrganizationHistory,
    pipeline: PipelineHistory | undefined,
    filter: BuildFilter,
  ): Sequence<BuildHistory>;
  build(pipeline: PipelineHistory, number: number): BuildHistory | undefined;
}

/** What the handlers ask of either world. */
export interface BuildkiteSource {
  readonly seed: number;
  now: number;
  advance(milliseconds: number): void;
  /** A request takes its time. */
  tick(): void;
  /** The `Date` header of an answer. */
  date(): string | undefined;
  get(pathAndQuery: string, request?: BuildkiteRequest): BuildkiteAnswer;
}

export interface BuildkiteRequest {
  readonly headers?: Readonly<Record<string, string>>;
  /** What the links in the answer begin with. Default: the API's own. */
  readonly base?: string;
  /** Of the token, instead of the world's. */
  readonly scopes?: readonly string[];
  readonly expiresAt?: number | null;
}
