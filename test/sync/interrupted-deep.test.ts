import { describe, expect, it } from 'vitest';
import { at, broken, Diary, daily, iso, script } from '../support/diary.js';

/** A STATE after every pipeline. */
const often = { secondsPerLook: 5 };

describe('a look-back of 90 days that is killed', () => {
  it.each([
    ['nothing changes', {}, {}],
    ['deep_every_days is raised', {}, { deep_every_days: 14 }],
    ['lookback_days is lowered', { lookback_days: 90 }, { lookback_days: 1, deep_every_days: 30 }],
    ['end_date hides what is left', {}, { end_date: iso(at(10)) }],
  ])('loses no rerun when %s before it is finished', async (_, before, after) => {
    const world = script();
    const pipelines = daily(world, 1, 20);
    const diary = new Diary(world, often);
    await diary.run(at(21));
    for (const index of [1, 2, 18]) {
      const workflow = pipelines[index]?.workflow;
      if (workflow !== undefined) world.rerun(workflow, { at: at(27) });
    }
    await diary.run(at(28, 1), { killAfterStates: 5, config: before });
    expect(diary.entry('workflows')?.walk).toHaveLength(1);
    await diary.run(at(28, 2), { config: after });
    await diary.run(at(36));
    await diary.run(at(44));
    expect(diary.lacks()).toEqual([]);
  });
});

describe('open pipelines of which some can never be read', () => {
  it('are asked all the same: what fails goes to the end of the list', async () => {
    const world = script();
    const pipelines = Array.from({ length: 12 }, (_, index) => {
      const pipeline = world.addPipeline({ createdAt: at(1 + index) });
      world.addWorkflow(pipeline, { createdAt: at(1 + index), stoppedAt: at(60) });
      return pipeline;
    });
    const diary = new Diary(world, often);
    await diary.run(at(20));
    const breaks = broken(pipelines.slice(0, 6).map(({ id }) => id));
    await diary.run(at(61), { breaks, fails: true });
    await diary.run(at(62), { breaks, fails: true });
    const statuses = pipelines
      .slice(6)
      .map(({ workflows: [workflow] }) => workflow && diary.statusOf(workflow));
    expect(statuses).toEqual(statuses.map(() => 'success'));
  });
});
