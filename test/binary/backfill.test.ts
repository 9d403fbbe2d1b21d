import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { Sandbox } from '../sandbox/serve.js';
import type { Truth } from '../sandbox/source.js';
import type { World } from '../sandbox/world.js';
import { messagesOf, served, settingsFor, stillClock } from '../support/calm.js';
import { Destination } from '../support/destination.js';
import { at, iso, type StateValue, script } from '../support/diary.js';
import { type Ended, ended, Folder } from '../support/folder.js';

const web = 'gh/acme/web';
const api = 'gh/acme/api';
const bounds = ['--start-date', '2024-01-11', '--end-date', '2024-01-21'];

/** Two projects with a finished pipeline at noon of each of 40 days, and one at either bound. */
function history(): World {
  const world = script({ projects: [web, api], now: at(40) });
  for (const project of [web, api]) {
    const times = Array.from({ length: 40 }, (_, days) => at(days, 12));
    for (const createdAt of [...times, at(10), at(20), at(20) - 1]) {
      const pipeline = world.addPipeline({ project, createdAt });
      world.addWorkflow(pipeline, { createdAt, stoppedAt: createdAt + 300_000 });
    }
  }
  return world;
}

function folderFor(sandbox: Sandbox<World>, settings: object = {}): Folder {
  const folder = new Folder(stillClock(sandbox));
  folder.write('config.json', { ...settingsFor(sandbox), ...settings });
  return folder;
}

/** `<stream> <key>` of what the API shows of the pipelines created in [from, to). */
function keysIn(
  world: World,
  from: number,
  to: number,
  streams: readonly string[],
  project?: string,
): string[] {
  const [newer, newest] = [world.truth({ since: from }), world.truth({ since: to })];
  return streams
    .flatMap((stream) => {
      const rows = [...newer[stream as keyof Truth]] as [string, { project_slug: string }][];
      const inRange = rows.filter(([key]) => !newest[stream as keyof Truth].has(key));
      const ofProject = inRange.filter(([, row]) => project === undefined || row.project_slug === project);
      return ofProject.map(([key]) => `${stream} ${key}`);
    })
    .sort();
}

const written = ({ stdout }: Ended) => new Destination().load(stdout).keys.sort();
const stateIn = ({ stdout }: Ended): StateValue =>
  messagesOf(stdout).findLast(({ type }) => type === 'STATE')?.value as unknown as StateValue;
const all = ['pipelines', 'workflows', 'jobs'];

describe('a backfill from a shell', () => {
  it.each([
    ['all streams of all projects', [], all, undefined],
    ['one project', ['--project', api], all, api],
    ['some streams', ['--streams', 'workflows,jobs'], ['workflows', 'jobs'], undefined],
    ['one stream of one project', ['--project', web, '--streams', 'jobs'], ['jobs'], web],
  ])('reads exactly the rows of the range: %s', async (_, args, streams, project) => {
    const sandbox = await served(history());
    const run = await folderFor(sandbox).tap(['--config', 'config.json', ...bounds, ...args]);
    expect(run.code).toBe(0);
    const expected = keysIn(sandbox.world, at(10), at(20), streams, project);
    // A pipeline on the first bound, none on the last: 12 a project.
    expect(expected.filter((key) => key.startsWith(streams[0] ?? ''))).toHaveLength(
      (streams[0] === 'jobs' ? 24 : 12) * (project === undefined ? 2 : 1),
    );
    expect(written(run)).toEqual(expected);
  });

  it('reads to the newest with --start-date alone, and from the start_date of the settings with --end-date alone', async () => {
    const sandbox = await served(history());
    const folder = folderFor(sandbox, { start_date: iso(at(5)) });
    const late = await folder.tap(['--config', 'config.json', '--start-date', iso(at(30))]);
    expect(written(late)).toEqual(keysIn(sandbox.world, at(30), at(50), all));
    const early = await folder.tap(['--config', 'config.json', '--end-date', iso(at(10))]);
    expect(written(early)).toEqual(keysIn(sandbox.world, at(5), at(10), all));
  });

  it('leaves the usual bookmarks where they are, and the next usual run has nothing to do for it', async () => {
    const sandbox = await served(history());
    const folder = folderFor(sandbox);
    const usual = stateIn(await folder.tap(['--config', 'config.json']));
    folder.write('state.json', usual);
    sandbox.world.advance(3_600_000);
    const withState = ['--config', 'config.json', '--state', 'state.json'];
    const run = await folder.tap([...withState, ...bounds]);
    expect(written(run)).toEqual(keysIn(sandbox.world, at(10), at(20), all));
    expect(stateIn(run)).toEqual(usual);
    folder.write('state.json', stateIn(run));
    expect(written(await folder.tap(withState))).toEqual([]);
  });

  it('goes on with the same command where Ctrl-C ended it, and the two have written the whole range', async () => {
    const sandbox = await served(history());
    const folder = folderFor(sandbox, { max_concurrency: 1 });
    const usual = stateIn(await folder.tap(['--config', 'config.json']));
    folder.write('state.json', usual);
    const command = ['--config', 'config.json', '--state', 'state.json', ...bounds];

    // Asked for the workflows of the sixth pipeline of a project, the sandbox does not answer.
    const { world, faults } = sandbox;
    const sixth = world.projects[0]?.pipelines.find(({ createdAt }) => createdAt === at(15, 12));
    const fault = faults.add({ kind: 'hang', match: new RegExp(`/pipeline/${sixth?.id}/workflow`) });
    const child = folder.startTap(command);
    const end = ended(child);
    await once(child.stdout ?? child, 'data');
    while (fault.hits === 0) await new Promise((resolve) => setImmediate(resolve));
    child.kill('SIGINT');
    const first = await end;
    expect(first.signal).toBe('SIGINT');
    fault.remove();
    const interrupted = stateIn(first);
    expect(interrupted.bookmarks.jobs?.tap[0]?.range).toHaveLength(1);
    folder.write('state.json', interrupted);

    const show = await folder.tap(['state', 'show', 'state.json']);
    expect(show.stdout).toMatch(
      /gh\/acme\/web .* backfill from 2024-01-11T00:00Z to 2024-01-21T00:00Z, back to 2024-01-/,
    );
    const second = await folder.tap(command);
    expect(second.code).toBe(0);
    const expected = keysIn(world, at(10), at(20), all);
    expect([...new Set([...written(first), ...written(second)])].sort()).toEqual(expected);
    expect(written(first).length).toBeGreaterThan(0);
    expect(written(second).length).toBeLessThan(expected.length);
    expect(stateIn(second)).toEqual(usual);
  });

  it.each([
    [
      'a range without length',
      ['--start-date', '2024-01-11', '--end-date', '2024-01-11'],
      /is not before end_date/,
    ],
    ['no date', ['--start-date', 'soon'], /^CRITICAL start_date is "soon", which is no date/],
    ['a stream that does not exist', ['--streams', 'job'], /^CRITICAL .*job.* jobs/],
    [
      'what is no project',
      ['--project', 'web'],
      /^CRITICAL project_slugs has "web", which is not a project slug/,
    ],
  ])('refuses %s', async (_, args, text) => {
    const folder = new Folder();
    folder.write('config.json', { token: 'x', project_slugs: web });
    const { stdout, stderr, code } = await folder.tap(['--config', 'config.json', ...args]);
    expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
    expect(stderr).toMatch(text);
  });
});
