import { describe, expect, test } from 'vitest';
import { peopleOf } from '../sandbox/resources/people.js';
import { MINUTE } from '../sandbox/rows.js';
import type { World } from '../sandbox/world.js';
import { at, broken, Diary, rowsOf, script } from '../support/diary.js';
import { lacking } from '../support/expected.js';

const streams = ['pipelines', 'workflows', 'jobs', 'users'];

/** Workflows on each of some days, in two projects, all of a handful of people. */
function worldOf({ removed = false, days = 12 } = {}): World {
  const world = script({
    seed: 2,
    projects: ['gh/acme/web', 'gh/acme/api'],
    features: { ...none, sharedPeople: true, removedPeople: removed },
  });
  for (let day = 1; day <= days; day++) {
    for (const project of world.slugs) {
      const pipeline = world.addPipeline({ project, createdAt: at(day) });
      world.addWorkflow(pipeline, {
        createdAt: at(day),
        stoppedAt: at(day) + 5 * MINUTE,
        status: day % 3 === 0 ? 'canceled' : 'success',
      });
    }
  }
  return world;
}

const none = Object.fromEntries(
  Object.keys(script().options.features).map((name) => [name, false]),
) as World['options']['features'];

const diaryOf = (world: World) => new Diary(world, { streams, config: { streams } });
const asked = (requests: readonly string[]) => requests.filter((path) => path.startsWith('/user/'));
const lacks = ({ destination, world }: Diary) => lacking(destination, world.truth().further, ['users']);

describe('people whom rows name', () => {
  test('are asked once each, and leave once each, whoever names them', async () => {
    const diary = diaryOf(worldOf());
    const { requests, rows } = await diary.run(at(20));
    expect(asked(requests).length).toBe(new Set(asked(requests)).size);
    expect(asked(requests).length).toBeLessThanOrEqual(peopleOf(2).length);
    const users = rows.filter((row) => row.startsWith('users '));
    expect(users.length).toBe(asked(requests).length);
    expect(users.length).toBe(new Set(users).size);
    expect(lacks(diary)).toEqual([]);
  });

  test('come in later runs with the rows that name them, and not otherwise', async () => {
    const world = worldOf();
    const diary = diaryOf(world);
    await diary.run(at(20));
    expect(asked((await diary.run(at(21))).requests)).toEqual([]);
    const pipeline = world.addPipeline({ createdAt: at(22) });
    const { startedBy } = world.addWorkflow(pipeline, { createdAt: at(22), stoppedAt: at(22, 0, 5) });
    expect(rowsOf('users', await diary.run(at(23)))).toEqual([startedBy]);
  });

  test('that have left are counted, and are no error', async () => {
    const world = worldOf({ removed: true });
    const diary = diaryOf(world);
    const { requests, log, rows } = await diary.run(at(20));
    const left = asked(requests).length - rows.filter((row) => row.startsWith('users ')).length;
    expect(left).toBeGreaterThan(0);
    expect(log).toContain(
      `INFO ${left} people whom rows name are not shown by CircleCI (404), and were left out.`,
    );
    expect(log).not.toMatch(/ERROR|WARNING/);
    expect(lacks(diary)).toEqual([]);
  });

  test('that cannot be read for a time keep open what names them, and come in the next run', async () => {
    const world = worldOf();
    const diary = diaryOf(world);
    const [person] = peopleOf(2).filter((id) => world.places.people.has(id));
    const { error, rows } = await diary.run(at(20), { breaks: broken(`/user/${person}`), fails: true });
    expect(error).toContain('could not be read');
    expect(rows.length).toBeGreaterThan(0);
    expect(lacks(diary)).toEqual([`users ${person}: missing`]);
    await diary.run(at(30));
    expect(lacks(diary)).toEqual([]);
  });

  test.each([1, 5, 9, 14, 20])(
    'are not lost where the run is killed after STATE %i',
    async (killAfterStates) => {
      const diary = diaryOf(worldOf());
      await diary.run(at(20), { killAfterStates, secondsPerLook: 5, fails: true });
      await diary.run(at(30));
      expect([lacks(diary), diary.lacks()]).toEqual([[], []]);
    },
  );

  test('are not lost at whatever byte the run is killed', async () => {
    const world = worldOf({ days: 6 });
    for (let killAfterBytes = 6_000; killAfterBytes < 40_000; killAfterBytes += 1_111) {
      const diary = diaryOf(world);
      await diary.run(at(20), { killAfterBytes, secondsPerLook: 5, fails: true });
      await diary.run(at(30));
      expect([killAfterBytes, lacks(diary)]).toEqual([killAfterBytes, []]);
    }
  });
});
