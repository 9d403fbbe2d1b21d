import { lstatSync, readlinkSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { HOUR } from '../sandbox/rows.js';
import { calmWorld, messagesOf, served, settingsFor, stillClock, today } from '../support/calm.js';
import { at, daily, iso, script } from '../support/diary.js';
import { Folder } from '../support/folder.js';

const web = 'gh/acme/web';
const api = 'gh/acme/api';
const bookmark = (time: number) => iso(time).replace('Z', '000Z');

/** A pipeline of Buildkite, as the state keys it and as people call it. */
const shop = '08ea4380-6b04-4917-beed-a391e1294d25';
const shopName = 'acme/web';

interface Entry {
  name?: string;
  since?: number;
  from?: number;
  deep?: number;
  walk?: object[];
  range?: object[];
  open?: [string, string][];
}

/** A state as the tap writes it: by stream, then by project. */
function stateOf(streams: Record<string, Record<string, Entry>>): object {
  const bookmarks = Object.entries(streams).map(([stream, projects]) => {
    const entries = Object.entries(projects);
    const since = entries.flatMap(([project, entry]) =>
      entry.since === undefined ? [] : [[project, bookmark(entry.since)]],
    );
    const tap = entries.map(([project, { name, from, deep, walk = [], range, open = [] }]) => ({
      v: 1,
      project,
      ...(name === undefined ? {} : { name }),
      ...(from === undefined ? {} : { from: iso(from) }),
      ...(deep === undefined ? {} : { deep: iso(deep) }),
      walk,
      ...(range === undefined ? {} : { range }),
      open,
    }));
    return [stream, { ...Object.fromEntries(since), tap }];
  });
  return { bookmarks: Object.fromEntries(bookmarks), currently_syncing: null };
}

const read = { since: at(10), from: at(0), deep: at(8) };
/** All streams of one project, read at day 10. */
const ordinary = stateOf({ pipelines: { [web]: read }, workflows: { [web]: read }, jobs: { [web]: read } });
const python = {
  bookmarks: {
    pipelines: { [web]: '2024-01-05T10:00:00.000000Z' },
    workflows: { '0f1e2d3c-0000-4000-8000-000000000001': '2024-01-05T10:00:01Z', currently_syncing: 'x' },
    jobs: { currently_syncing: 'y' },
  },
};
const message = (value: unknown) => JSON.stringify({ type: 'STATE', value });

/** A folder whose clock stands at day 12. */
function folder(files: Record<string, unknown> = {}): Folder {
  const made = new Folder({ CLOCK_START: String(at(12)), CLOCK_SPEED: '0' });
  for (const [name, content] of Object.entries(files)) made.write(name, content);
  return made;
}

describe('state show', () => {
  it('prints a table of what is remembered: since when, how old, how far a backfill has come, what is open', async () => {
    const walk = { started: iso(at(11)), oldest: iso(at(9)) };
    const range = { start: iso(at(-30)), end: iso(at(-10)), started: iso(at(11)), oldest: iso(at(-20)) };
    const state = stateOf({
      pipelines: { [web]: { ...read, open: [['p1', iso(at(3))]] } },
      workflows: { [web]: { walk: [walk] }, [api]: { ...read, since: at(12) - 20 * 60_000 } },
      jobs: { [web]: { ...read, since: at(11), range: [range] } },
    });
    const { stdout, stderr, code } = await folder({ 'state.json': state }).tap([
      'state',
      'show',
      'state.json',
    ]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toBe(
      `${[
        'stream     project      read from          since              age     open  in progress',
        'pipelines  gh/acme/web  2024-01-01T00:00Z  2024-01-11T00:00Z  2 d     1',
        'workflows  gh/acme/web                                                0     begun 2024-01-12T00:00Z, back to 2024-01-10T00:00Z',
        'workflows  gh/acme/api  2024-01-01T00:00Z  2024-01-12T23:40Z  20 min  0',
        'jobs       gh/acme/web  2024-01-01T00:00Z  2024-01-12T00:00Z  24 h    0     backfill from 2023-12-02T00:00Z to 2023-12-22T00:00Z, back to 2023-12-12T00:00Z',
      ].join('\n')}\n`,
    );
  });

  it('names the pipelines of Buildkite, whose keys say nothing, in every stream', async () => {
    const state = stateOf({
      // The name stands once, which is enough.
      buildkite_builds: { [shop]: { ...read, name: shopName, open: [['42', iso(at(3))]] } },
      buildkite_jobs: { [shop]: read },
    });
    const { stdout } = await folder({ 'state.json': state }).tap(['state', 'show', 'state.json']);
    expect(stdout).toBe(
      `${[
        'stream            project   read from          since              age  open  in progress',
        'buildkite_builds  acme/web  2024-01-01T00:00Z  2024-01-11T00:00Z  2 d  1',
        'buildkite_jobs    acme/web  2024-01-01T00:00Z  2024-01-11T00:00Z  2 d  0',
      ].join('\n')}\n`,
    );
  });

  it.each([
    ['of the Python tap', python, /tap-circle-ci state migrate other\.json$/],
    ['that is a config', { token: 'x', project_slugs: web }, /has no bookmarks/],
    ['that is a whole STATE message', { type: 'STATE', value: ordinary }, /state last < other\.json$/],
    ['that is an array', [], /Give the last STATE/],
    ['that is not JSON', '{"bookmarks": ', /is not JSON: line 1, column 15/],
  ])('refuses a file %s with exit code 1 and a line that helps', async (_, content, text) => {
    const { stdout, stderr, code } = await folder({ 'other.json': content }).tap([
      'state',
      'show',
      'other.json',
    ]);
    expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
    expect(stderr.trimEnd().split('\n')).toEqual([expect.stringMatching(/^CRITICAL /)]);
    expect(stderr.trimEnd()).toMatch(text);
  });

  it('refuses a file that is not there', async () => {
    const { stderr, code } = await folder().tap(['state', 'show', 'state.json']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^CRITICAL The state file state\.json does not exist\./);
  });
});

describe('state last', () => {
  const last = (input: Iterable<string>) => folder().tap(['state', 'last'], input);
  const row = '{"type":"RECORD","stream":"jobs","record":{"id":"1","bookmarks":{}}}\n';

  it.each([
    [
      'STATE messages among rows, as a tap writes them',
      `${message({ bookmarks: { a: 1 } })}\n${row}${message(ordinary)}\n${row}`,
    ],
    ['bare values, as targets print them', `{"bookmarks":{}}\n${JSON.stringify(ordinary)}\n`],
    [
      'values with spaces, as Python prints them',
      `{"bookmarks": {}}\n${JSON.stringify(ordinary, undefined, 1).replaceAll('\n', '')}\n`,
    ],
    ['a last line that was torn', `${message(ordinary)}\n${message({ bookmarks: {} }).slice(0, 30)}`],
    ['a last line without its end', message(ordinary)],
    ['lines that are no JSON', `Loading 5 rows…\n${message(ordinary)}\nDone.\n\n[1]\n"x"\n17\nnull\n`],
    ['lines that end as on Windows', `${message(ordinary)}\r\n${row}`],
    ['a value null after it', `${message(ordinary)}\n${message(null)}\n`],
    ['values that are no state after it', `${message(ordinary)}\n${message('x')}\n${message([])}\n`],
  ])('finds the last state in %s', async (_, input) => {
    const { stdout, stderr, code } = await last([input]);
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout).toBe(`${JSON.stringify(ordinary)}\n`);
  });

  it.each([
    ['nothing', ''],
    ['rows alone', row.repeat(3)],
    ['a torn STATE alone', message(ordinary).slice(0, -1)],
    ['a value null alone', `${message(null)}\n`],
  ])('ends with exit code 1 and says what to give it, in %s', async (_, input) => {
    const { stdout, stderr, code } = await last([input]);
    expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
    expect(stderr).toMatch(/^CRITICAL There is no state in the input\. .*state last < output\.jsonl\n$/);
  });

  it('reads output larger than its memory, line by line', async () => {
    const made = folder();
    made.env.NODE_OPTIONS = '--max-old-space-size=60';
    const chunk = row.replace('"1"', `"${'x'.repeat(1000)}"`).repeat(1000);
    function* output() {
      yield `${message({ bookmarks: {} })}\n`;
      for (let count = 0; count < 150; count++) yield chunk;
      yield `${message(ordinary)}\n`;
    }
    const { stdout, stderr } = await made.tap(['state', 'last'], output());
    expect(stderr).toBe('');
    expect(stdout).toBe(`${JSON.stringify(ordinary)}\n`);
  });

  it('ends at the first Ctrl-C while it waits for input', async () => {
    const child = folder().startTap(['state', 'last']);
    const exit = new Promise((resolve) => child.on('exit', (_, signal) => resolve(signal)));
    // More than the pipe holds: it is read.
    await new Promise((resolve) => child.stdin?.write(row.repeat(30_000), resolve));
    child.kill('SIGINT');
    expect(await exit).toBe('SIGINT');
  });

  it('finds the state of a real run', async () => {
    const sandbox = await served();
    const made = new Folder(stillClock(sandbox));
    made.write('config.json', settingsFor(sandbox));
    const run = await made.tap(['--config', 'config.json']);
    const state = JSON.parse((await made.tap(['state', 'last'], [run.stdout])).stdout);
    expect(state).toEqual(messagesOf(run.stdout).at(-1)?.value);
    made.write('state.json', state);
    expect((await made.tap(['state', 'show', 'state.json'])).stdout.trimEnd().split('\n')).toHaveLength(4);
  });
});

describe('state rewind', () => {
  const both = stateOf({ pipelines: { [web]: read, [api]: read }, jobs: { [web]: read, [api]: read } });
  const rewind = (...args: string[]) =>
    folder({ 'state.json': both }).tap(['state', 'rewind', 'state.json', ...args]);
  const sinces = (text: string) => {
    const { bookmarks } = JSON.parse(text);
    return [web, api].map((project) => [bookmarks.pipelines[project], bookmarks.jobs[project]]);
  };
  const [then, before] = [bookmark(at(10)), bookmark(at(4))];

  it.each([
    [
      'all bookmarks',
      [],
      [
        [before, before],
        [before, before],
      ],
    ],
    [
      'those of one stream',
      ['--stream', 'jobs'],
      [
        [then, before],
        [then, before],
      ],
    ],
    [
      'those of one project',
      ['--project', web],
      [
        [before, before],
        [then, then],
      ],
    ],
    [
      'a project by its long name',
      ['--project', 'github/acme/web'],
      [
        [before, before],
        [then, then],
      ],
    ],
    [
      'those of both named',
      ['--stream', 'jobs', '--project', api],
      [
        [then, then],
        [then, before],
      ],
    ],
    [
      'those of several',
      ['--stream', 'jobs', '--stream', 'pipelines', '--project', web, '--project', api],
      [
        [before, before],
        [before, before],
      ],
    ],
  ])('sets back %s', async (_, args, expected) => {
    const { stdout, stderr, code } = await rewind('--to', '2024-01-05', ...args);
    expect(code).toBe(0);
    expect(sinces(stdout)).toEqual(expected);
    expect(stderr).toMatch(/^INFO \d bookmarks? (was|were) set back to 2024-01-05\.\n$/);
  });

  it.each([
    [
      'a date that no bookmark is later than',
      ['--to', '2024-02-01'],
      /later than 2024-02-01\. It has pipelines, jobs of gh\/acme\/web, gh\/acme\/api\./,
    ],
    [
      'a stream that it does not have',
      ['--to', '2024-01-05', '--stream', 'job'],
      /nothing of job\. It has pipelines, jobs of/,
    ],
    [
      'a project that it does not have',
      ['--to', '2024-01-05', '--project', 'gh/acme/wbe'],
      /nothing of gh\/acme\/wbe\. It has pipelines, jobs of/,
    ],
    [
      'what is no project',
      ['--to', '2024-01-05', '--project', 'web'],
      /knows nothing of web\. It has pipelines, jobs of gh\/acme\/web/,
    ],
    ['what is no date', ['--to', 'yesterday'], /^CRITICAL --to is "yesterday", which is no date/],
  ])('ends with exit code 1 for %s, and says what there is', async (_, args, text) => {
    const { stdout, stderr, code } = await rewind(...args);
    expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
    expect(stderr).toMatch(text);
  });

  it.each([
    ['its name', shopName],
    ['its id', shop],
  ])('takes a pipeline of Buildkite by %s, beside projects of CircleCI', async (_, named) => {
    const state = stateOf({
      pipelines: { [web]: read, [api]: read },
      buildkite_builds: { [shop]: { ...read, name: shopName } },
      buildkite_jobs: { [shop]: read },
    });
    const rewound = ['state', 'rewind', 'state.json', '--to', '2024-01-05', '--project', named];
    const made = folder({ 'state.json': state });
    const { stdout, stderr, code } = await made.tap([...rewound, '--project', 'github/acme/web']);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: 'INFO 3 bookmarks were set back to 2024-01-05.\n',
    });
    const back = { ...read, since: at(4), deep: at(4) };
    expect(JSON.parse(stdout)).toEqual(
      stateOf({
        pipelines: { [web]: back, [api]: read },
        buildkite_builds: { [shop]: { ...back, name: shopName } },
        buildkite_jobs: { [shop]: back },
      }),
    );
  });

  it('lists the pipelines of Buildkite by their names where none is meant', async () => {
    const state = stateOf({ buildkite_builds: { [shop]: { ...read, name: shopName } } });
    const made = folder({ 'state.json': state });
    const rewound = ['state', 'rewind', 'state.json', '--to', '2024-01-05', '--project', 'acme/wbe'];
    const { stderr, code } = await made.tap(rewound);
    expect(code).toBe(1);
    expect(stderr).toBe(
      'CRITICAL state.json knows nothing of acme/wbe. It has buildkite_builds of acme/web.\n',
    );
  });

  it('takes a project that the state knows by its long name', async () => {
    const state = stateOf({ jobs: { 'github/acme/web': read } });
    const made = folder({ 'state.json': state });
    const rewound = await made.tap(['state', 'rewind', 'state.json', '--to', '2024-01-05', '--project', web]);
    expect(JSON.parse(rewound.stdout).bookmarks.jobs['github/acme/web']).toBe(bookmark(at(4)));
  });

  it('needs a date', async () => {
    const { stderr, code } = await rewind();
    expect(code).toBe(2);
    expect(stderr).toMatch(/^CRITICAL Required option '--to <date>' not specified\. See /);
  });

  it('makes the next run read again what was created since, and nothing older', async () => {
    const world = script();
    daily(world, 1, 12);
    world.now = at(13);
    const sandbox = await served(world);
    const made = new Folder(stillClock(sandbox));
    made.write('config.json', settingsFor(sandbox));
    const sync = async (...args: string[]) => {
      const { stdout } = await made.tap(['--config', 'config.json', ...args]);
      return messagesOf(stdout);
    };
    made.write('state.json', (await sync()).at(-1)?.value);
    const rewound = await made.tap([
      'state',
      'rewind',
      'state.json',
      '--to',
      '2024-01-09',
      '--stream',
      'jobs',
    ]);
    made.write('state.json', rewound.stdout);
    const again = await sync('--state', 'state.json');
    const days = again.flatMap(({ type, stream, record }) =>
      type === 'RECORD' && stream === 'jobs' ? [String(record._workflow_created_at).slice(0, 10)] : [],
    );
    expect([...new Set(days)].sort()).toEqual([
      '2024-01-09',
      '2024-01-10',
      '2024-01-11',
      '2024-01-12',
      '2024-01-13',
    ]);
    expect(again.filter(({ type, stream }) => type === 'RECORD' && stream !== 'jobs')).toEqual([]);
  });
});

describe('state merge', () => {
  it('takes of each project the times that ask for more and all open pipelines, and no walk', async () => {
    const walk = [{ started: iso(at(11)), oldest: iso(at(9)) }];
    const files = {
      'a.json': stateOf({
        pipelines: { [web]: { ...read, open: [['p1', iso(at(3))]], walk } },
        jobs: { [web]: { since: at(9), from: at(2), deep: at(9) } },
      }),
      'b.json': stateOf({
        pipelines: { [web]: { since: at(9), from: at(1), deep: at(9), open: [['p2', iso(at(4))]] } },
        jobs: { [web]: { walk }, [api]: read },
      }),
    };
    const { stdout, code } = await folder(files).tap(['state', 'merge', 'a.json', 'b.json']);
    expect(code).toBe(0);
    const p1 = ['p1', iso(at(3))] as [string, string];
    const p2 = ['p2', iso(at(4))] as [string, string];
    expect(JSON.parse(stdout)).toEqual(
      stateOf({
        pipelines: { [web]: { since: at(9), from: at(1), deep: at(8), open: [p1, p2] } },
        // One of the two has never got to the end.
        jobs: { [web]: { from: at(2), deep: at(9) }, [api]: read },
      }),
    );
  });

  it('takes more than two, and refuses one that is none', async () => {
    const made = folder({ 'a.json': ordinary, 'b.json': python });
    expect(JSON.parse((await made.tap(['state', 'merge', 'a.json', 'a.json', 'a.json'])).stdout)).toEqual(
      ordinary,
    );
    const { stdout, stderr, code } = await made.tap(['state', 'merge', 'a.json', 'b.json']);
    expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
    expect(stderr).toMatch(/^CRITICAL b\.json is not a state of this tap\./);
  });
});

describe('state migrate', () => {
  const migrate = (...args: string[]) =>
    folder({ 'old.json': python }).tap(['state', 'migrate', 'old.json', ...args]);

  it("keeps the Python tap's bookmark of pipelines, lets workflows and jobs start again, and says why", async () => {
    const { stdout, stderr, code } = await migrate();
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      bookmarks: {
        pipelines: { [web]: '2024-01-05T10:00:00.000000Z', tap: [] },
        workflows: { tap: [] },
        jobs: { tap: [] },
      },
      currently_syncing: null,
    });
    expect(stderr.match(/^INFO .* start again from start_date/gm)).toHaveLength(2);
  });

  it('forgets that bookmark too with --reread', async () => {
    expect(JSON.parse((await migrate('--reread')).stdout).bookmarks.pipelines).toEqual({ tap: [] });
  });

  it('refuses a state that is this tap’s own', async () => {
    const { stdout, stderr, code } = await folder({ 'new.json': ordinary }).tap([
      'state',
      'migrate',
      'new.json',
    ]);
    expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
    expect(stderr).toMatch(/It is one of this tap already\.\n$/);
  });

  it('makes a state that the next run goes on from', async () => {
    const sandbox = await served(calmWorld());
    const made = new Folder(stillClock(sandbox));
    made.write('config.json', settingsFor(sandbox));
    const old = { bookmarks: { ...python.bookmarks, pipelines: { [web]: bookmark(today - 10 * HOUR) } } };
    made.write('old.json', old);
    made.write('state.json', (await made.tap(['state', 'migrate', 'old.json'])).stdout);
    const { stdout, code } = await made.tap(['--config', 'config.json', '--state', 'state.json']);
    expect(code).toBe(0);
    const rows = messagesOf(stdout).filter(({ type }) => type === 'RECORD');
    expect(rows.map(({ stream }) => stream)).toEqual(['workflows', 'jobs', 'jobs']);
  });
});

describe('--in-place', () => {
  const rewind = ['state', 'rewind', 'state.json', '--to', '2024-01-05', '--in-place'];
  const since = (made: Folder, name = 'state.json') => JSON.parse(made.read(name)).bookmarks.jobs[web];

  it.each([
    ['rewind', rewind, ordinary],
    ['merge', ['state', 'merge', 'state.json', 'other.json', '--in-place'], ordinary],
    ['migrate', ['state', 'migrate', 'state.json', '--in-place'], python],
  ])(
    'of %s puts what would be printed into the file, and leaves nothing beside it',
    async (_, args, content) => {
      const made = folder({ 'state.json': content, 'other.json': ordinary });
      const printed = await made.tap(args.slice(0, -1));
      expect(made.read('state.json')).toBe(JSON.stringify(content));
      const { stdout, code } = await made.tap(args);
      expect({ stdout, code }).toEqual({ stdout: '', code: 0 });
      expect(printed.stdout).not.toBe('');
      expect(made.read('state.json')).toBe(printed.stdout);
      expect(made.names).toEqual(['other.json', 'state.json']);
    },
  );

  it('puts a new file in the place of the old one, which who has it open still reads', async () => {
    const made = folder({ 'state.json': ordinary });
    const { ino } = statSync(made.file('state.json'));
    await made.tap(rewind);
    expect(statSync(made.file('state.json')).ino).not.toBe(ino);
  });

  it.each([0o600, 0o640, 0o666])('keeps the permissions of the file, %o', async (mode) => {
    const made = new Folder();
    made.write('state.json', ordinary, mode);
    await made.tap(rewind);
    expect(since(made)).toBe(bookmark(at(4)));
    expect(statSync(made.file('state.json')).mode & 0o777).toBe(mode);
  });

  it('lets a link be a link, and replaces what it leads to', async () => {
    const made = folder({ 'real.json': ordinary });
    made.link('real.json', 'state.json');
    await made.tap(rewind);
    expect(lstatSync(made.file('state.json')).isSymbolicLink()).toBe(true);
    expect(readlinkSync(made.file('state.json'))).toBe('real.json');
    expect(since(made, 'real.json')).toBe(bookmark(at(4)));
    expect(made.names).toEqual(['real.json', 'state.json']);
  });

  it('leaves the file alone when the command fails', async () => {
    const made = folder({ 'state.json': ordinary });
    expect((await made.tap(['state', 'rewind', 'state.json', '--to', '2025-01-01', '--in-place'])).code).toBe(
      1,
    );
    expect(made.read('state.json')).toBe(JSON.stringify(ordinary));
    expect(made.names).toEqual(['state.json']);
  });
});
