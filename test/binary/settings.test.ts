import { describe, expect, it } from 'vitest';
import { runIn } from '../support/binary.js';
import { calmWorld, messagesOf, served, settingsFor, stillClock } from '../support/calm.js';

const { version }: { version: string } = (await import('../../package.json', { with: { type: 'json' } }))
  .default;

/** The variable of a setting. */
const variable = (name: string) => `TAP_CIRCLE_CI_${name.toUpperCase()}`;

/** Settings as variables, texts as they are and anything else as JSON, as Meltano passes them. */
const variables = (settings: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      variable(name),
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );

const lastOf = (stderr: string) => stderr.trimEnd().split('\n').at(-1);
const streamsOf = (stdout: string) =>
  messagesOf(stdout)
    .filter(({ type }) => type === 'SCHEMA')
    .map(({ stream }) => stream);

describe('settings', () => {
  it('of several files are put together: the later wins, before and after the command', async () => {
    const sandbox = await served();
    const { token, ...others } = settingsFor(sandbox);
    const files = {
      'base.json': { ...others, token: 'wrong', streams: 'jobs' },
      'token.json': { token, streams: 'pipelines' },
      'streams.json': { streams: 'workflows' },
    };
    const flags = ['--config', 'base.json', '-c', 'token.json'];
    const synced = await runIn(files, [...flags, '--config=streams.json']);
    expect([synced.code, streamsOf(synced.stdout)]).toEqual([0, ['workflows']]);
    const before = await runIn(files, [...flags, 'discover', '--config', 'streams.json']);
    expect(JSON.parse(before.stdout).streams).toMatchObject([{ stream: 'workflows' }]);
    const turned = await runIn(files, [
      '-c',
      'base.json',
      '-c',
      'streams.json',
      'discover',
      '-c',
      'token.json',
    ]);
    expect(JSON.parse(turned.stdout).streams).toMatchObject([{ stream: 'pipelines' }]);
  });

  it('that the files leave out, or leave empty, come from variables', async () => {
    const sandbox = await served();
    const { token, project_slugs, ...others } = settingsFor(sandbox);
    const config = { ...others, streams: 'jobs', token: '', end_date: null };
    const env = { ...variables({ token, project_slugs, streams: 'pipelines' }), ...stillClock(sandbox) };
    const { stdout, code, stderr } = await runIn({ 'config.json': config }, ['-c', 'config.json'], env);
    expect([code, streamsOf(stdout), stderr]).toEqual([0, ['jobs'], expect.not.stringContaining('WARNING')]);
  });

  it('come from variables alone with --config=ENV', async () => {
    const sandbox = await served();
    const { stdout, code } = await runIn({}, ['--config=ENV'], variables(settingsFor(sandbox)));
    expect([code, streamsOf(stdout)]).toEqual([0, ['pipelines', 'workflows', 'jobs']]);
    const { stderr, ...other } = await runIn({}, ['--config', 'ENV']);
    expect([other.code, lastOf(stderr)]).toEqual([1, expect.stringContaining('missing required keys')]);
  });

  it.each([
    ['a JSON array', '["gh/acme/web","gh/acme/api"]'],
    ['a JSON array with spaces', ' [ "gh/acme/web", "gh/acme/api" ] '],
    ['spaces', 'gh/acme/web gh/acme/api'],
    ['commas', 'gh/acme/web, gh/acme/api'],
    ['new lines and long names', '\ngithub/acme/web\ngithub/acme/api\n'],
  ])('take an array in a variable as %s', async (_, projects) => {
    const sandbox = await served(calmWorld(['gh/acme/web', 'gh/acme/api']));
    const settings = { ...settingsFor(sandbox), project_slugs: projects, streams: '["pipelines"]' };
    const { stdout, code } = await runIn({}, ['--config=ENV'], variables(settings));
    const records = messagesOf(stdout).filter(({ type }) => type === 'RECORD');
    expect(code).toBe(0);
    expect(records.map(({ record }) => record.project_slug).sort()).toEqual(['gh/acme/api', 'gh/acme/web']);
  });

  it('take texts for numbers and arrays, as Stitch writes them', async () => {
    const sandbox = await served();
    const config = {
      ...settingsFor(sandbox),
      project_slugs: 'gh/acme/web',
      max_concurrency: '4',
      lookback_days: '0.5',
      request_timeout: '30',
      max_retries: '0',
      streams: 'pipelines jobs',
    };
    const { stdout, code } = await runIn({ 'config.json': config }, ['-c', 'config.json']);
    expect([code, streamsOf(stdout)]).toEqual([0, ['pipelines', 'jobs']]);
  });

  it.each([
    ['2024-01-02', 1],
    ['2024-01-02T00:00:00Z', 1],
    ['2024-01-02T00:00:00.000001Z', 1],
    ['2024-01-02 01:00:00+01:00', 1],
    ['2024-01-01T23:00:00-01:00', 1],
    ['2024-01-02T01:00:00+01', 1],
    ['2024-01-02T00:00:01Z', 0],
    ['2024-01-03', 0],
  ])('take start_date %s', async (start_date, pipelines) => {
    const sandbox = await served();
    const config = { ...settingsFor(sandbox), start_date, streams: 'pipelines' };
    const { stdout, code } = await runIn({ 'config.json': config }, ['-c', 'config.json']);
    expect(code).toBe(0);
    expect(messagesOf(stdout).filter(({ type }) => type === 'RECORD')).toHaveLength(pipelines);
  });

  it('that do not exist are named, with the nearest that does', async () => {
    const config = { tokn: 't', start_dat: '2024-01-01', maxConcurrency: 4, wonderful: true };
    const { stderr, code } = await runIn({ 'config.json': config }, ['-c', 'config.json', '-d', '--offline']);
    expect(stderr.trimEnd().split('\n')).toEqual([
      'WARNING There is no setting "tokn"; it is ignored. Is token meant?',
      'WARNING There is no setting "start_dat"; it is ignored. Is start_date meant?',
      'WARNING There is no setting "maxConcurrency"; it is ignored. Is max_concurrency meant?',
      'WARNING There is no setting "wonderful"; it is ignored.',
    ]);
    expect(code).toBe(0);
  });

  it('that do not exist are named where variables have them, but for what Meltano adds', async () => {
    const env = { TAP_CIRCLE_CI_TOKN: 't', TAP_CIRCLE_CI__SELECT: '["*.*"]' };
    const { stderr, code } = await runIn({}, ['--config=ENV', '-d', '--offline'], env);
    expect([stderr, code]).toEqual([
      'WARNING There is no setting "tokn"; it is ignored. Is token meant?\n',
      0,
    ]);
  });

  it('take a base_url with a slash at its end', async () => {
    const sandbox = await served();
    const config = { ...settingsFor(sandbox), base_url: `${sandbox.url}/` };
    expect((await runIn({ 'config.json': config }, ['-c', 'config.json'])).code).toBe(0);
    expect(sandbox.requests.filter((request) => request.includes('//'))).toEqual([]);
  });
});

describe('discovery', () => {
  it('is byte-equal every time, and asks one thing: whether the token is good', async () => {
    const sandbox = await served();
    const files = { 'config.json': settingsFor(sandbox) };
    const flag = await runIn(files, ['--config', 'config.json', '--discover']);
    const short = await runIn(files, ['-c', 'config.json', '-d']);
    const command = await runIn(files, ['discover', '-c', 'config.json']);
    expect(sandbox.requests).toEqual(['GET /api/v2/me', 'GET /api/v2/me', 'GET /api/v2/me']);
    expect([flag.code, flag.stderr]).toEqual([0, '']);
    expect(short.stdout).toBe(flag.stdout);
    expect(command.stdout).toBe(flag.stdout);
  });

  it('asks nothing with --offline, and needs no token then', async () => {
    const sandbox = await served();
    const config = { base_url: sandbox.url };
    const { code, stdout } = await runIn({ 'config.json': config }, ['-d', '-c', 'config.json', '--offline']);
    expect([code, JSON.parse(stdout).streams.length, sandbox.requests]).toEqual([0, 3, []]);
  });

  it('ends with 1 and prints nothing when the token is refused', async () => {
    const sandbox = await served();
    const config = { ...settingsFor(sandbox), token: 'refused-token' };
    const { code, stdout, stderr } = await runIn({ 'config.json': config }, ['-d', '-c', 'config.json']);
    expect([code, stdout]).toEqual([1, '']);
    expect(lastOf(stderr)).toMatch(/^CRITICAL CircleCI did not accept the token: 401 .*Check "token": /);
    expect(stderr).not.toContain('refused-token');
  });
});

describe('the flags of singer-python and of Meltano', () => {
  it('-c, -s, -p and --dev are taken', async () => {
    const sandbox = await served();
    const selected = { breadcrumb: [], metadata: { selected: true } };
    const files = {
      'config.json': settingsFor(sandbox),
      'state.json': { bookmarks: {}, mine: 1 },
      'properties.json': { streams: [{ tap_stream_id: 'workflows', metadata: [selected] }] },
    };
    const args = ['-c', 'config.json', '-s', 'state.json', '-p', 'properties.json', '--dev'];
    const { code, stdout } = await runIn(files, args);
    expect([code, streamsOf(stdout)]).toEqual([0, ['workflows']]);
    expect(messagesOf(stdout).at(-1)?.value).toMatchObject({ mine: 1 });
    const long = await runIn(files, [
      '--config',
      'config.json',
      '--state',
      'state.json',
      '--properties',
      'properties.json',
    ]);
    expect([long.code, streamsOf(long.stdout)]).toEqual([0, ['workflows']]);
  });

  it('--version prints the version', async () => {
    expect(await runIn({}, ['--version'])).toEqual({
      code: 0,
      signal: null,
      stderr: '',
      stdout: `${version}\n`,
    });
  });

  it('--about tells name, version, capabilities and settings, in the shape of the SDK', async () => {
    const { stdout, stderr, code } = await runIn({}, ['--about', '--format=json']);
    expect([stderr, code]).toEqual(['', 0]);
    const about = JSON.parse(stdout);
    expect(about).toMatchObject({
      name: 'tap-circle-ci',
      version,
      description: expect.any(String),
      capabilities: expect.arrayContaining(['catalog', 'discover', 'state', 'about']),
      settings: {
        type: 'object',
        required: [],
        properties: { token: { secret: true } },
      },
    });
    const secrets = Object.entries<{ secret?: boolean }>(about.settings.properties).filter(
      ([, { secret }]) => secret,
    );
    expect(secrets.map(([name]) => name)).toEqual(['token', 'buildkite_token']);
    expect((await runIn({}, ['about', '--format', 'json'])).stdout).toBe(stdout);
  });

  it('--about names every setting for a person', async () => {
    const { stdout, code } = await runIn({}, ['--about']);
    expect(code).toBe(0);
    expect(stdout).toContain(`Version: ${version}\n`);
    expect(stdout).toMatch(/^ {2}token \(secret\): .* Required unless buildkite_token is set/m);
    expect(stdout).toMatch(/^ {2}buildkite_token \(secret\): /m);
    expect((await runIn({}, ['about'])).stdout).toBe(stdout);
  });

  it('--help prints examples on stdout', async () => {
    const { stdout, stderr, code } = await runIn({}, ['--help']);
    expect([stderr, code]).toEqual(['', 0]);
    for (const flag of [
      '-c, --config',
      '-s, --state',
      '--catalog',
      '-p, --properties',
      '-d, --discover',
      '--dev',
    ])
      expect(stdout).toContain(flag);
    expect(stdout).toContain('\n  tap-circle-ci --config config.json --state state.json | target-jsonl\n');
  });
});
