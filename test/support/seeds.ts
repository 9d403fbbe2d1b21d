import fc from 'fast-check';
import { expect } from 'vitest';
import { type LifeOptions, live } from './life.js';

/** Lives per property; raise it to look for rare ones. */
const runs = Number(process.env.CONVERGENCE_RUNS ?? 2);

export const timeout = { timeout: 60_000 + runs * 20_000 };

/** Holds for any seed; a failure names the seed, with which it can be repeated. */
export function holdsForAnySeed(
  property: (seed: number) => Promise<void>,
  atLeast: number = runs,
): Promise<void> {
  const seeds = fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), property);
  return fc.assert(seeds, { numRuns: Math.max(runs, atLeast), endOnFailure: true });
}

/** The life ends with all that the API shows; no run wrote a key twice, and no state was large. */
export async function leadsToTruth(seed: number, way: Omit<LifeOptions, 'seed'>): Promise<void> {
  const life = await live({ seed, ...way });
  expect(life.differences, `seed ${seed}`).toEqual([]);
  expect(life.repeated, `seed ${seed}: keys that left twice in one run`).toEqual([]);
  for (const { bytes, streams, projects, open, ranges } of life.states) {
    const most = 80 + 25 * streams + 250 * projects + 70 * open + 160 * ranges;
    expect(bytes, `seed ${seed}: size of a state`).toBeLessThanOrEqual(most);
  }
}
