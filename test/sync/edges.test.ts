import { describe, expect, test } from 'vitest';
import { at, Diary, daily, finished, iso, rowsOf, script } from '../support/diary.js';

const hour = 3_600_000;
const bookmark = (time: number) => iso(time).replace('Z', '000Z');

describe('slugs', () => {
  test('an entry under an alias is read and moved to the canonical slug', async () => {
    const world = script({ projects: [{ slug: 'gh/acme/web', formerSlugs: ['gh/acme/old'] }] });
    daily(world, 1, 10);
    const diary = new Diary(world);
    await diary.run(at(11));
    diary.state = JSON.parse(JSON.stringify(diary.state).replaceAll('gh/acme/web', 'gh/acme/old'));
    expect(diary.since('jobs', 'gh/acme/old')).toBe(bookmark(at(11)));
    const { rows } = await diary.run(at(11, 1), { config: { project_slugs: 'gh/acme/old' } });
    expect(rows).toEqual([]);
    expect(diary.since('jobs', 'gh/acme/old')).toBeUndefined();
    expect(diary.entry('jobs', 'gh/acme/old')).toBeUndefined();
    expect(diary.since('jobs', 'gh/acme/web')).toBe(bookmark(at(11, 1)));
  });

  test('a project that is renamed goes on under its new name', async () => {
    const world = script({
      projects: [{ slug: 'gh/acme/web', formerSlugs: ['gh/acme/old'], renamedAt: at(11) }],
    });
    daily(world, 1, 20);
    const diary = new Diary(world, { config: { project_slugs: 'gh/acme/old' } });
    await diary.run(at(10, 1));
    expect(diary.since('jobs', 'gh/acme/old')).toBe(bookmark(at(10, 1)));
    const run = await diary.run(at(20, 1));
    expect(rowsOf('pipelines', run).length).toBe(11);
    expect(diary.since('jobs', 'gh/acme/old')).toBeUndefined();
    expect(diary.since('jobs', 'gh/acme/web')).toBe(bookmark(at(20, 1)));
  });

  test('two slugs of one project are walked once, with a WARNING', async () => {
    const world = script({ projects: [{ slug: 'gh/acme/web', formerSlugs: ['gh/acme/old'] }] });
    const pipelines = daily(world, 1, 5);
    const diary = new Diary(world, { config: { project_slugs: ['gh/acme/web', 'gh/acme/old'] } });
    const run = await diary.run(at(6));
    expect(rowsOf('pipelines', run).length).toBe(pipelines.length);
    expect(run.log.match(/WARNING .*are one project; it is read once/g)?.length).toBe(1);
  });

  test('github and bitbucket are gh and bb', async () => {
    const world = script();
    daily(world, 1, 3);
    const diary = new Diary(world, { config: { project_slugs: 'github/acme/web' } });
    await diary.run(at(4));
    expect(diary.since('jobs', 'gh/acme/web')).toBe(bookmark(at(4)));
  });
});

describe("the Python tap's state", () => {
  const state = (slug: string, pipelineId: string) => ({
    currently_syncing: 'workflows',
    bookmarks: {
      pipelines: { [slug]: '2024-01-09T00:00:00.000000Z' },
      workflows: { [pipelineId]: '2024-01-09T00:05:00.000000Z', currently_syncing: pipelineId },
      jobs: { currently_syncing: 'f0c1ff10-0000-4000-8000-000000000000' },
    },
  });

  test('is the bookmark of pipelines; workflows and jobs start again, and a line says why', async () => {
    const world = script();
    const pipelines = daily(world, 1, 10);
    const diary = new Diary(world);
    diary.state = state('gh/acme/web', String(pipelines[0]?.id));
    const run = await diary.run(at(11));
    expect(rowsOf('pipelines', run)).toEqual([pipelines[9]?.id, pipelines[8]?.id, pipelines[7]?.id]);
    expect([rowsOf('workflows', run).length, rowsOf('jobs', run).length]).toEqual([10, 20]);
    for (const stream of ['workflows', 'jobs']) {
      expect(run.log.match(new RegExp(`INFO .*singer-io.*: ${stream} start again`, 'g'))?.length).toBe(1);
    }
    expect(diary.state).toMatchObject({ currently_syncing: null });
    expect(Object.keys((diary.state as { bookmarks: { jobs: object } }).bookmarks.jobs).sort()).toEqual([
      'gh/acme/web',
      'tap',
    ]);
    const next = await diary.run(at(11, 1));
    expect(next.log).not.toContain('start again');
    expect(next.rows).toEqual([]);
  });

  test('is found under the long form of the slug', async () => {
    const world = script();
    const pipelines = daily(world, 1, 10);
    const diary = new Diary(world, { streams: ['pipelines'], config: { project_slugs: 'github/acme/web' } });
    diary.state = state('github/acme/web', 'p');
    expect(rowsOf('pipelines', await diary.run(at(11))).length).toBe(3);
    expect(diary.since('pipelines', 'github/acme/web')).toBeUndefined();
    expect(diary.holds('pipelines', pipelines).filter(Boolean).length).toBe(3);
  });

  test('that holds nothing of workflows and jobs needs no such line', async () => {
    const world = script();
    const diary = new Diary(world);
    diary.state = {
      bookmarks: { pipelines: { 'gh/acme/web': '2024-01-09T00:00:00.000000Z' }, workflows: {} },
    };
    expect((await diary.run(at(11))).log).not.toContain('start again');
  });
});

describe('the clock', () => {
  const dated = (date: string | undefined) => ({ date: () => date });

  test('is that of the Date header of the first answer', async () => {
    const diary = new Diary(script({ tickMs: 60_000 }));
    const { log } = await diary.run(at(1));
    expect(diary.since('jobs')).toBe(bookmark(at(1, 0, 1)));
    expect(log).not.toContain('WARNING');
  });

  test("is the server's where ours is a few minutes off", async () => {
    const diary = new Diary(script());
    const { log } = await diary.run(at(1), dated(new Date(at(0, 23, 55)).toUTCString()));
    expect(diary.since('jobs')).toBe(bookmark(at(0, 23, 55)));
    expect(log).not.toContain('WARNING');
  });

  test('is our own, with a WARNING, where there is no Date header', async () => {
    const diary = new Diary(script());
    const { log } = await diary.run(at(1), dated(undefined));
    expect(log).toContain('WARNING The first answer has no Date header');
    expect(diary.since('jobs')).toBe(bookmark(at(1)));
  });

  test('is our own, with a WARNING, where the Date header cannot be parsed', async () => {
    const diary = new Diary(script());
    const { log } = await diary.run(at(1), dated('yesterday'));
    expect(log).toContain('WARNING The first answer has the Date header "yesterday"');
    expect(diary.since('jobs')).toBe(bookmark(at(1)));
  });

  test.each([
    ['ahead', at(1, 20), at(1)],
    ['behind', at(0, 20), at(0, 20)],
  ])('is the earlier of both, with a WARNING, where the server is far %s', async (_, server, expected) => {
    const diary = new Diary(script());
    const { log } = await diary.run(at(1), dated(new Date(server).toUTCString()));
    expect(log).toMatch(/WARNING The server's clock says .*; the run goes by the earlier/);
    expect(diary.since('jobs')).toBe(bookmark(expected));
  });

  test('that went back does not move the bookmark back', async () => {
    const world = script();
    daily(world, 1, 5);
    const diary = new Diary(world);
    await diary.run(at(6));
    await diary.run(at(6, 1), dated(new Date(at(5)).toUTCString()));
    expect(diary.since('jobs')).toBe(bookmark(at(6)));
    expect(diary.entry('jobs')?.deep).toBe(iso(at(6)));
  });

  test('that went back keeps a pipeline open that the next run would not look back to', async () => {
    const world = script();
    const pipeline = world.addPipeline({ createdAt: at(5, 17) });
    const workflow = world.addWorkflow(pipeline, { createdAt: at(5, 17), stoppedAt: at(6, 4) });
    const diary = new Diary(world, { config: { lookback_days: 0, deep_every_days: 0 } });
    const behind = { clock: () => world.now - 5 * hour, ...dated(undefined) };
    await diary.run(at(6));
    await diary.run(at(6, 1), behind);
    await diary.run(at(6, 8));
    expect(diary.statusOf(workflow)).toBe('success');
    expect(diary.lacks()).toEqual([]);
  });

  test('that is more than a day behind the bookmark brings a WARNING that names it', async () => {
    const world = script();
    finished(world, at(1));
    const diary = new Diary(world);
    await diary.run(at(40));
    const { log } = await diary.run(at(38), {});
    expect(log).toContain(
      `WARNING gh/acme/web: the bookmark of jobs, ${bookmark(at(40))}, lies more than a day ahead`,
    );
    expect(diary.since('jobs')).toBe(bookmark(at(40)));
    expect((await diary.run(at(39, 1))).log).not.toContain('WARNING');
  });
});
