import { describe, expect, test } from 'vitest';
import { at, Diary, daily, iso, script } from '../support/diary.js';

const often = { secondsPerLook: 5 };
const dates = (start: number, end?: number) => ({
  config: { start_date: iso(at(start)), ...(end === undefined ? {} : { end_date: iso(at(end)) }) },
});
function workflowOf(pipeline: ReturnType<typeof daily>[number] | undefined) {
  if (pipeline === undefined) throw new Error('There is no such pipeline.');
  return pipeline.workflow;
}
const days = (lookback_days: number) => ({ config: { lookback_days, deep_every_days: 0 } });

describe('a walk that was killed while dates and look-backs move', () => {
  test('and gone on with under an end_date before where it was leaves no gap when that was killed too', async () => {
    const world = script();
    daily(world, 1, 40);
    const diary = new Diary(world, often);
    await diary.run(at(41), { killAfterStates: 6 });
    await diary.run(at(42), { ...dates(0, 20), killAfterStates: 3 });
    for (const day of [43, 50]) await diary.run(at(day));
    expect(diary.lacks()).toEqual([]);
  });

  test('of a deep look-back is no deep one when it is finished under an end_date before where it was', async () => {
    const world = script();
    const pipelines = daily(world, 1, 40);
    const diary = new Diary(world, often);
    await diary.run(at(41));
    const rerun = world.rerun(workflowOf(pipelines[24]), { at: at(45) });
    // A few more, so that there is something to walk down through.
    for (const index of [38, 36, 34, 32, 30]) {
      world.rerun(workflowOf(pipelines[index]), { at: at(45) });
    }
    await diary.run(at(48), { killAfterStates: 8 });
    await diary.run(at(49), dates(0, 20));
    for (const day of [50, 57, 64]) await diary.run(at(day));
    expect(diary.statusOf(rerun)).toBe('success');
  });

  test('of a look-back of 90 days is no deep one when a run that looks back less finishes it', async () => {
    const world = script();
    const pipelines = daily(world, 1, 40);
    const diary = new Diary(world, often);
    await diary.run(at(41), days(90));
    const rerun = world.rerun(workflowOf(pipelines[4]), { at: at(45) });
    await diary.run(at(46), { ...days(90), killAfterStates: 6 });
    await diary.run(at(47), days(1));
    for (const day of [50, 57]) await diary.run(at(day), days(90));
    expect(diary.statusOf(rerun)).toBe('success');
  });

  test('under an end_date before from, and finished without it, leaves what lies between the two to be read', async () => {
    const world = script();
    daily(world, 1, 40);
    const diary = new Diary(world, often);
    await diary.run(at(41), dates(20));
    await diary.run(at(41, 2), { ...dates(5, 10), killAfterStates: 3 });
    for (const day of [42, 50]) await diary.run(at(day), dates(5));
    expect(diary.lacks(at(5))).toEqual([]);
  });

  test('on its way to an earlier start_date, and gone on with under an end_date, leaves no gap', async () => {
    const world = script();
    daily(world, 1, 40);
    const diary = new Diary(world, often);
    await diary.run(at(41), dates(20));
    await diary.run(at(41, 1), { ...dates(5), killAfterStates: 5 });
    await diary.run(at(41, 2), { ...dates(5, 10), killAfterStates: 3 });
    for (const day of [42, 50]) await diary.run(at(day), dates(5));
    expect(diary.lacks(at(5))).toEqual([]);
  });
});
