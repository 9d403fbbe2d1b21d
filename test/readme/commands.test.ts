import { type ChildProcess, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { requiredOfCircleCI } from '../../src/config/circleci.js';
import { settingNames } from '../../src/config/schema.js';
import { loadSchema } from '../../src/singer/schema.js';
import { streams } from '../../src/streams/index.js';
import { plainBuildkiteCoins } from '../sandbox/buildkite/coins.js';
import { serveBuildkite } from '../sandbox/buildkite/serve.js';
import { createBuildkiteWorld } from '../sandbox/buildkite/world.js';
import { plainCoins } from '../sandbox/coins.js';
import { createRandom } from '../sandbox/random.js';
import { DAY, HOUR } from '../sandbox/rows.js';
import { type Sandbox, serve } from '../sandbox/serve.js';
import { createWorld, type World } from '../sandbox/world.js';
import { runProgram } from '../support/binary.js';
import { served } from '../support/calm.js';
import { Destination, differences } from '../support/destination.js';
import { type Ended, ended, Folder } from '../support/folder.js';
import { allStreams } from '../support/life.js';
import { blocks, blocksOf, readme } from './blocks.js';

/** Blocks that are not run, each with the reason. */
const exempt: Readonly<Record<string, string>> = {
  'npm install && npm run demo\n': 'npm install needs the registry; .ci/run runs the demo',
  'npm install && npm test\n': 'npm install needs the registry, and the rest is this very run',
};

const shell = blocksOf('sh').filter((text) => exempt[text] === undefined);
const script = shell.find((text) => text.startsWith('#!')) ?? '';
const commands = shell.filter((text) => text !== script);

/** Who is killed, in turn; an mv takes the script along with it. */
const victims = ['target-jsonl', 'tap-circle-ci', 'target-jsonl', 'before mv', 'sync.sh', 'after mv'];
const fatalMv = `#!/bin/sh
if [ -e 'before mv' ]; then rm 'before mv'; kill -KILL $PPID; exit 1; fi
/bin/mv "$@"
if [ -e 'after mv' ]; then rm 'after mv'; kill -KILL $PPID; fi
`;
/** Of the histories in which things are killed: SYNC_SEEDS=1,2,3 for others. */
const seeds = (process.env.SYNC_SEEDS ?? '2').split(',').map(Number);

const hasFlock = spawnSync('flock', ['--version']).status === 0;
const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * A folder of a user who has installed the tap and a target, and written the config for a sandbox. The tap's clock
 * runs fast, so that a STATE, which comes every few seconds, comes every few pipelines.
 */
function home(sandbox: Sandbox<World>, settings: object): Folder {
  const folder = new Folder({ CLOCK_START: String(sandbox.world.now), CLOCK_SPEED: '1000' });
  mkdirSync(folder.file('bin'));
  folder.link(`${root}bin/tap-circle-ci.js`, 'bin/tap-circle-ci');
  folder.link(`${root}test/readme/target-jsonl.mjs`, 'bin/target-jsonl');
  const { token, url, world } = sandbox;
  folder.write('config.json', { token, base_url: url, project_slugs: world.slugs, ...settings });
  folder.write('sync.sh', script, 0o755);
  return folder;
}

/** What the targets have stored, one after the other. */
function storedIn(folder: Folder): Destination {
  const destination = new Destination();
  for (const name of readdirSync(folder.file('stored')).sort()) {
    destination.load(folder.read(`stored/${name}`));
  }
  return destination;
}

/** The commands of a crontab, in another folder than /srv/ci. */
const cronLines = (folder: Folder, text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ +/).slice(5).join(' ').replaceAll('/srv/ci', folder.path));

const crontabs = blocksOf('').filter((text) => text.includes('flock'));

describe('the commands of the README', () => {
  it('run as they stand, one after the other', async () => {
    const world = createWorld({
      start: Date.UTC(2025, 0, 15),
      days: 670,
      now: Date.UTC(2026, 10, 21, 10),
      pipelines: 60,
      features: 'none',
      coins: plainCoins,
    });
    // So young that every run reads it again.
    const young = world.addPipeline({ createdAt: world.now - HOUR });
    world.addWorkflow(young, { createdAt: young.createdAt });
    await using buildkite = await serveBuildkite(
      createBuildkiteWorld({
        start: world.now - 60 * DAY,
        builds: 30,
        now: world.now,
        coins: plainBuildkiteCoins,
      }),
    );
    const folder = home(await served(world), {
      start_date: '2026-01-01',
      buildkite_token: buildkite.token,
      buildkite_base_url: buildkite.url,
    });
    folder.write('old-state.json', {
      bookmarks: { pipelines: { 'gh/acme/web': '2026-11-01T00:00:00.000000Z' }, jobs: {}, workflows: {} },
    });
    expect(commands.length).toBeGreaterThanOrEqual(7);
    for (const command of commands) {
      const { stderr, code } = await ended(folder.start('bash', ['-e', '-o', 'pipefail', '-c', command]));
      expect({ command, code, stderr }).toEqual({
        command,
        code: 0,
        stderr: expect.not.stringMatching(/ERROR|CRITICAL/),
      });
    }
    expect(folder.names).toEqual(
      expect.arrayContaining(['catalog.json', 'merged.json', 'output.jsonl', 'rewound.json', 'state.json']),
    );
    const ofBuildkite = streams.filter(({ group }) => group === 'buildkite').map(({ name }) => name);
    expect([...storedIn(folder).rows.keys()].sort()).toEqual([...allStreams, ...ofBuildkite].sort());
  });

  it('are all run but those that need the network', () => {
    const all = blocksOf('sh');
    expect(Object.keys(exempt).filter((text) => !all.includes(text))).toEqual([]);
    expect([script, ...commands].length + Object.keys(exempt).length).toBe(all.length);
    expect(script).toMatch(/^#!\/usr\/bin\/env bash\n/);
  });
});

describe.skipIf(!hasFlock)('sync.sh, as cron starts it', () => {
  const since = Date.UTC(2024, 0, 1);
  const settings = { start_date: '2024-01-01' };

  /** Runs a command line at the sandbox's time; `during` is told of the process. */
  async function run(
    folder: Folder,
    { world }: Sandbox<World>,
    line: string,
    during: (child: ChildProcess) => void = () => {},
  ): Promise<Ended> {
    folder.env.CLOCK_START = String(world.now);
    const child = folder.start('bash', ['-c', line]);
    during(child);
    return ended(child);
  }

  /** Whoever is still at work holds the lock. */
  const rested = (folder: Folder) => ended(folder.start('flock', [folder.file('lock'), 'true']));

  it.each(seeds)('loses nothing, whatever is killed at any moment (seed %i)', async (seed) => {
    const random = createRandom(seed, 'sync.sh');
    const world = createWorld({ seed, pipelines: 20, reruns: 12, days: 40, tailDays: 20, pageSize: 5 });
    await using sandbox = await serve(world);
    const folder = home(sandbox, settings);
    const [line = ''] = cronLines(folder, crontabs[0] ?? '');
    folder.write('bin/mv', fatalMv, 0o755);
    const struck = new Set<string>();
    world.now = since + 25 * DAY;
    for (let turn = 0; world.now < world.quietFrom + HOUR || struck.size < new Set(victims).size; turn++) {
      const victim = victims[turn % victims.length] ?? '';
      let left = random.integer(3, 25);
      let child: ChildProcess | undefined;
      const isMv = victim.endsWith(' mv');
      if (isMv) folder.write(victim, '');
      const strike = () => {
        if (--left === 0 && !isMv && child !== undefined && kill(child, victim)) struck.add(victim);
        return false;
      };
      const watch = sandbox.faults.add({ kind: 'reset', match: strike });
      await run(folder, sandbox, line, (started) => {
        child = started;
      });
      watch.remove();
      await rested(folder);
      if (isMv && !folder.names.includes(victim)) struck.add(victim);
      world.advance(random.pick([DAY, 4 * DAY, 9 * DAY]));
    }
    for (const days of [8, 0]) {
      expect(await run(folder, sandbox, line)).toMatchObject({ code: 0 });
      world.advance(days * DAY);
    }
    expect(differences(storedIn(folder), world.truth({ since }), allStreams)).toEqual([]);
  });

  it('with streams at different intervals on one state file ends with all of them', async () => {
    const world = createWorld({ seed: 4, pipelines: 20, reruns: 12, tailDays: 30 });
    await using sandbox = await serve(world);
    const folder = home(sandbox, settings);
    const [often = '', seldom = ''] = cronLines(folder, crontabs[1] ?? '');
    expect([often, seldom]).toEqual([
      expect.stringContaining('--streams'),
      expect.stringContaining('--streams'),
    ]);
    world.now = since + 40 * DAY;
    const all = async (lines: string[]) => {
      for (const line of lines) expect(await run(folder, sandbox, line)).toMatchObject({ code: 0 });
    };
    await all([often]);
    world.advance(9 * DAY);
    await all([often, seldom]);
    world.advance(9 * DAY);
    const before = JSON.parse(folder.read('state.json')).bookmarks;
    await all([often]);
    const after = JSON.parse(folder.read('state.json')).bookmarks;
    expect(after.jobs).toEqual(before.jobs);
    expect(after.workflows).not.toEqual(before.workflows);
    world.now = world.quietFrom + HOUR;
    await all([often, seldom]);
    world.advance(8 * DAY);
    await all([often, seldom]);
    expect(differences(storedIn(folder), world.truth({ since }), allStreams)).toEqual([]);
  });
});

/** Kills the process below `child` whose command line names `victim`; false if there is none. */
function kill(child: ChildProcess, victim: string): boolean {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' });
  const processes = stdout.split('\n').flatMap((line) => {
    const [, pid, parent, args] = /^ *(\d+) +(\d+) (.*)$/.exec(line) ?? [];
    return args === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), args }];
  });
  const isBelow = (pid: number): boolean => {
    const parent = processes.find((one) => one.pid === pid)?.parent;
    return parent !== undefined && (parent === child.pid || isBelow(parent));
  };
  const found = processes.find(
    ({ pid, args }) => args.includes(`/${victim}`) && !args.includes('flock ') && isBelow(pid),
  );
  if (found !== undefined) process.kill(found.pid, 'SIGKILL');
  return found !== undefined;
}

describe('what the README shows', () => {
  it('is JSON where it says so, and a state that the tap takes', async () => {
    const [state = '', ...others] = blocksOf('json').filter((text) => text.includes('"bookmarks"'));
    const configs = blocksOf('json').filter((text) => text !== state);
    expect({ others, configs: configs.length }).toEqual({ others: [], configs: 4 });
    for (const config of configs) {
      const folder = new Folder();
      folder.write('config.json', config);
      const { stderr, code } = await folder.tap(['discover', '--offline', '--config', 'config.json']);
      expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    }
    const folder = new Folder();
    folder.write('state.json', state);
    const { stdout, code } = await folder.tap(['state', 'show', 'state.json']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^jobs +gh\/acme\/web +2025-11-21T00:00Z +2026-11-21T10:00Z .* 1$/m);
  });

  it('is YAML without tabs, and names commands, settings and capabilities that exist', async () => {
    const [actions = '', meltano = ''] = blocksOf('yaml');
    for (const text of [actions, meltano]) {
      expect(text).not.toContain('\t');
      for (const [open, close] of ['{}', '[]']) {
        expect(text.split(open ?? '').length).toBe(text.split(close ?? '').length);
      }
    }
    const settings = [...meltano.matchAll(/- \{ name: (\w+), kind/g)].map((match) => match[1] ?? '');
    expect(settings).toEqual(expect.arrayContaining(['start_date', 'streams']));
    expect(settings.filter((name) => !settingNames.includes(name))).toEqual([]);
    const { stdout } = await runProgram(['--about', '--format', 'json']);
    const [, capabilities = ''] = /capabilities: \[(.*)\]/.exec(meltano) ?? [];
    expect(capabilities.split(', ')).toEqual(JSON.parse(stdout).capabilities);
    const [, groups = ''] = /settings_group_validation:\n((?: *- \[.*\]\n)+)/.exec(meltano) ?? [];
    const names = [...groups.matchAll(/\[(.*)\]/g)].map((match) => match[1]?.split(', ') ?? []);
    expect(names).toEqual([requiredOfCircleCI, ['token', 'org_slugs'], ['buildkite_token']]);
    expect(names.flat().filter((name) => !settings.includes(name))).toEqual([]);
  });

  it('are flags and commands that exist', async () => {
    const own = [
      'check',
      'discover',
      'about',
      'state show',
      'state last',
      'state rewind',
      'state merge',
      'state migrate',
    ];
    const help = (
      await Promise.all(
        ['', ...own].map((name) => runProgram([...name.split(' '), '--help'].filter(Boolean))),
      )
    )
      .map(({ stdout }) => stdout)
      .join('\n');
    const ours = blocks
      .filter(({ language }) => language === '' || language === 'sh')
      .map(({ text }) => text);
    const prose = readme.replaceAll(/^( *)```[\s\S]*?^\1```$/gm, '').match(/`[^`\n]+`/g) ?? [];
    const lines = [...ours.join('\n').split(/[\n|]/), ...prose];
    const tapLines = lines.filter(
      (line) => /tap-circle-ci |sync\.sh |^`--|^`tap-circle-ci/.test(line) && !/^`?npm|^`?npx/.test(line),
    );
    // Of a crontab, flags that stand before the script are flock's.
    const flags = tapLines.flatMap((line) => line.replace(/^.*flock .* /, '').match(/--[a-z-]+/g) ?? []);
    expect(flags.length).toBeGreaterThan(10);
    expect([...new Set(flags)].filter((flag) => !help.includes(flag))).toEqual([]);
    const called = lines.flatMap(
      (line) => /(?<!meltano run )tap-circle-ci ((?:state )?[a-z]+)/.exec(line)?.[1] ?? [],
    );
    expect([...new Set(called)].filter((name) => !own.includes(name))).toEqual([]);
    expect(called).toEqual(expect.arrayContaining(['check', 'state last', 'state show', 'state migrate']));
  });

  it('are settings, variables, streams and columns that exist', () => {
    const columns = streams.flatMap(({ schema }) => Object.keys(loadSchema(schema).properties ?? {}));
    const ofOthers = ['time_extracted', 'bookmark_properties', 'created_to'];
    const ofStreams = streams.flatMap(({ name, permissions }) => [name, ...permissions]);
    const known = [...settingNames, ...columns, ...ofStreams, ...ofOthers];
    const named = [...readme.matchAll(/`([a-z_]+)`/g)].map((match) => match[1] ?? '');
    expect(named.filter((name) => name.includes('_') && !known.includes(name))).toEqual([]);
    const variables = [...readme.matchAll(/TAP_CIRCLE_CI_([A-Z_]+)/g)].map((match) =>
      (match[1] ?? '').toLowerCase(),
    );
    expect(variables.length).toBeGreaterThan(1);
    expect(variables.filter((name) => !settingNames.includes(name))).toEqual([]);
  });

  it('are links to places that it has', () => {
    const headings = [...readme.matchAll(/^#+ (.*)$/gm)].map((match) =>
      (match[1] ?? '').toLowerCase().replaceAll(' ', '-'),
    );
    const links = [...readme.matchAll(/\]\(#([^)]+)\)/g)].map((match) => match[1] ?? '');
    expect(links.length).toBeGreaterThan(5);
    expect(links.filter((link) => !headings.includes(link))).toEqual([]);
  });
});
