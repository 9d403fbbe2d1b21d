import { expect } from 'vitest';
import { DAY } from '../../sandbox/rows.js';
import type { Target } from '../targets/define.js';
import { differencesBetween, expectNone } from './compare.js';
import { expectedOf } from './expected.js';
import { Schedule } from './schedule.js';
import type { Services } from './services.js';

/** Streams whose rows stay when the service no longer shows them. */
export const outlived = {
  artifacts: 'they are kept for a month',
  buildkite_agents: 'an agent that has gone is no longer listed',
};

/**
 * Three runs with time between them. The first two are killed, tap and target at once, and the next goes on from the
 * last state that the target has printed.
 */
export async function leadsToTruth(services: Services, target: Target, folder: string): Promise<void> {
  const schedule = new Schedule(services, target, folder);
  const streams = [...services.truth().keys()];
  const completes = async () => {
    const { codes, logs } = await schedule.run();
    expect(codes, logs).toEqual({ tap: 0, target: 0 });
  };

  const all = [...services.truth().values()].reduce((sum, rows) => sum + rows.size, 0);
  const stored: number[] = [];
  for (const strike of target.strikes) {
    const { wasKilled, logs } = await schedule.run(strike);
    expect(wasKilled, `Nothing was killed at ${JSON.stringify(strike)}:\n${logs}`).toBe(true);
    stored.push(await schedule.stored(streams));
  }
  const inTheMiddle = stored.filter((rows) => rows > 0 && rows < all);
  expect(inTheMiddle, `rows of ${all} that were stored at each kill: ${stored.join(', ')}`).not.toEqual([]);
  const agrees = async () => {
    const held = await target.read(streams);
    const { representations } = target;
    expectNone(differencesBetween(expectedOf(services.truth()), held, { representations, outlived }));
  };
  await completes();
  await agrees();

  services.moveTo(services.quiet);
  await schedule.run(target.strikes[0]);
  await completes();
  // Now the tap looks back over all that may have changed.
  services.moveTo(services.now + 8 * DAY);
  await completes();
  await agrees();
}
