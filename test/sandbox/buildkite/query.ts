import type { BuildkiteCoins } from './coins.js';

/** A query that the API might let pass in silence, and that is surely not what was meant. */
export class BadQuery extends Error {}

export interface BuildFilter {
  /** Inclusive, epoch ms. */
  readonly createdFrom: number;
  /** Exclusive. */
  readonly createdTo: number;
  readonly finishedFrom: number | undefined;
  /** Undefined: whatever the state. */
  readonly states: ReadonlySet<string> | undefined;
}

/** The states of builds.md; `finished` stands for four of them. */
const buildStates: ReadonlySet<string> = new Set([
  'creating',
  'scheduled',
  'running',
  'passed',
  'failing',
  'failed',
  'blocked',
  'canceling',
  'canceled',
  'skipped',
  'not_run',
  'finished',
  'waiting',
  'waiting_failed',
]);

export function buildFilterOf(
  query: URLSearchParams,
  precision: BuildkiteCoins['filterPrecision'],
): BuildFilter {
  const time = (name: string): number | undefined => {
    const text = query.get(name);
    if (text === null) return undefined;
    const parsed = Date.parse(text);
    if (Number.isNaN(parsed)) throw new BadQuery(`${name} is not a date: ${text}`);
    return precision === 'milliseconds' ? parsed : Math.floor(parsed / 1000) * 1000;
  };
  const states = [...query.getAll('state[]'), ...query.getAll('state')];
  const unknown = states.find((state) => !buildStates.has(state));
  // Not documented. It has to be loud here: a list that silently lacks builds would look like a loss of the tap's.
  if (unknown !== undefined) throw new BadQuery(`No such state: ${unknown}`);
  // `finished` leaves out skipped and not_run.
  const meant = states.flatMap((state) =>
    state === 'finished' ? ['passed', 'failed', 'blocked', 'canceled'] : [state],
  );
  return {
    createdFrom: time('created_from') ?? Number.NEGATIVE_INFINITY,
    createdTo: time('created_to') ?? Number.POSITIVE_INFINITY,
    finishedFrom: time('finished_from'),
    states: states.length === 0 ? undefined : new Set(meant),
  };
}

export function flag(query: URLSearchParams, name: string, otherwise = false): boolean {
  const value = query.get(name);
  return value === null ? otherwise : value === 'true' || value === '1';
}
