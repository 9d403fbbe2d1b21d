import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { streams } from '../../src/streams/index.js';
import { type BinaryResult, runIn } from '../support/binary.js';
import { calmWorld, messagesOf, served, settingsFor, stackLine, stillClock } from '../support/calm.js';

const token = 'CCIPAT_a-secret-that-nobody-may-see';

/** Settings that would do, but for what a row gives instead; nothing listens on port 1. */
const good = {
  token,
  project_slugs: 'gh/acme/web',
  base_url: 'http://127.0.0.1:1/api/v2',
  max_retries: 0,
};

/** What a run that fails shows, whatever it fails for. */
function expectPlainFailure({ stdout, stderr, code }: BinaryResult, last: string, exitCode = 1): void {
  const lines = stderr.trimEnd().split('\n');
  // Node 24 adds advice of its own.
  const shown = lines.at(-1)?.replace(/; if the root CA is installed locally, [^(]*(?= \()/, '');
  expect(shown?.replace(/127\.0\.0\.1:\d{4,}/g, '127.0.0.1:port')).toBe(`CRITICAL ${last}`);
  expect(code).toBe(exitCode);
  expect(stderr).not.toMatch(stackLine);
  expect(stderr + stdout).not.toContain(token);
  messagesOf(stdout);
}

const ofCircleCI = streams.filter(({ source }) => source === 'circleci');
const groups = [...new Set(ofCircleCI.map(({ group }) => group))];
const choice = `Groups: ${groups.join(', ')}. Streams: ${ofCircleCI.map(({ name }) => name).join(', ')}.`;
const helpHint = 'See tap-circle-ci --help.';
const configHint = 'sample-config.json shows what a config looks like.';
const catalogHint = 'Make one with: tap-circle-ci --config config.json --discover > catalog.json';
const stateFileHint = 'Give the value of the last STATE that an earlier run wrote, or leave --state out.';
const stateHint = 'Give the last STATE that the tap or the target wrote, or none to start from start_date.';
const settingHint = 'tap-circle-ci --about explains each setting.';
const dateHint = 'Write a date such as 2026-01-31 (midnight in UTC), or a time such as 2026-01-31T12:00:00Z.';
const urlHint = 'For CircleCI Server write https://<host>/api/v2.';
const slugHint =
  'Write gh/<organization>/<repository>, bb/<workspace>/<repository>, or circleci/<organization id>/<project id> ' +
  'as the project settings show it.';
const headerHint = 'Copy it again, as one line of plain letters, digits and signs.';

describe.concurrent('a command line that cannot be understood ends with 2', () => {
  it.each([
    [
      'nothing',
      [],
      'No config was given. Name a file with --config config.json, or take TAP_CIRCLE_CI_… variables with --config=ENV.',
    ],
    ['a flag that does not exist', ['--wrong'], `Unknown option '--wrong'. ${helpHint}`],
    ['a flag with a typo', ['--confg', 'x'], `Unknown option '--confg'. Did you mean --config? ${helpHint}`],
    ['a flag without its value', ['--config'], `Option '-c, --config <file>' argument missing. ${helpHint}`],
    [
      'a level that does not exist',
      ['--log-level', 'loud'],
      "Option '--log-level <level>' argument 'loud' is invalid. " +
        `Allowed choices are debug, info, warning, error, critical. ${helpHint}`,
    ],
  ])('%s', async (_, args, last) => {
    const result = await runIn({}, args);
    expectPlainFailure(result, last, 2);
    expect(result.stdout).toBe('');
  });

  it('shows how it is used when nothing is given', async () => {
    expect((await runIn({}, [])).stderr).toMatch(/^Usage: tap-circle-ci \[options\]/);
  });
});

describe.concurrent('a config file', () => {
  it.each([
    ['that is missing', undefined, 'does not exist'],
    ['that is empty', '', 'is not JSON: it is empty'],
    ['that is cut off', '{\n  "token": "x",\n', 'is not JSON: line 3, column 1: property name expected'],
    ['that is not JSON', '{\n  "token": x}', 'is not JSON: line 2, column 12: invalid symbol'],
    ['with a comma too many', '{"token": "x",}', 'is not JSON: line 1, column 15: property name expected'],
    ['with a comment', '{\n// mine\n"token": "x"}', 'is not JSON: line 2, column 1: invalid comment token'],
    [
      'with a line break in a text',
      '{"token": "a\nb"}',
      'is not JSON: line 1, column 11: unexpected end of string',
    ],
    ['that holds an array', '[]', 'holds an array, not an object'],
    ['that holds a text', '"token"', 'holds a string, not an object'],
    ['that holds nothing', 'null', 'holds null, not an object'],
  ])('%s', async (_, content, why) => {
    const files = content === undefined ? {} : { 'config.json': content };
    const result = await runIn(files, ['--config', 'config.json']);
    expectPlainFailure(result, `The config file config.json ${why}. ${configHint}`);
    expect(result.stdout).toBe('');
  });

  it.skipIf(!existsSync('/proc/self/mem'))('that cannot be read', async () => {
    const file = '/proc/self/mem';
    expectPlainFailure(
      await runIn({}, ['--config', file]),
      `The config file ${file} cannot be read (EIO). ${configHint}`,
    );
  });

  it('that is a folder', async () => {
    expectPlainFailure(await runIn({}, ['--config', '.']), `The config file . is a folder. ${configHint}`);
  });
});

describe.concurrent('a setting', () => {
  it.each<[given: object, last: string]>([
    [
      { token: null, project_slugs: '' },
      "Config is missing required keys: ['token', 'project_slugs']. " +
        'Put them into the config file, or into variables such as TAP_CIRCLE_CI_TOKEN. org_slugs may stand for ' +
        'project_slugs, and to read Buildkite alone, buildkite_token for both.',
    ],
    [{ start_date: 'yesterday' }, `start_date is "yesterday", which is no date. ${dateHint}`],
    [{ start_date: '2026-02-30' }, `start_date is "2026-02-30", which is no date. ${dateHint}`],
    [{ end_date: '20260101' }, `end_date is "20260101", which is no date. ${dateHint}`],
    [
      { start_date: '2026-01-01T00:00:00' },
      `start_date is "2026-01-01T00:00:00", which is a time without its offset. ${dateHint}`,
    ],
    [
      { start_date: '2026-03-01', end_date: '2026-02-01' },
      'start_date 2026-03-01 is not before end_date 2026-02-01. ' +
        'Nothing lies between them; move one of the two, or leave end_date out.',
    ],
    [{ project_slugs: 'acme/web' }, `project_slugs has "acme/web", which is not a project slug. ${slugHint}`],
    [
      { project_slugs: ['gh/acme/web', 'gh/acme'] },
      `project_slugs has "gh/acme", which is not a project slug. ${slugHint}`,
    ],
    [
      { project_slugs: 'https://github.com/acme/web' },
      `project_slugs has "https://github.com/acme/web", which is not a project slug. ${slugHint}`,
    ],
    [{ project_slugs: [] }, `project_slugs is []; it must not be empty. ${settingHint}`],
    [{ project_slugs: ' , ' }, 'project_slugs names no project. Write for example gh/acme/web.'],
    [
      { project_slugs: { web: true } },
      `project_slugs is {"web":true}; it must be a string or an array. ${settingHint}`,
    ],
    [{ base_url: 'circleci.com' }, `base_url is "circleci.com", which is no http or https URL. ${urlHint}`],
    [
      { base_url: 'ftp://circleci.com' },
      `base_url is "ftp://circleci.com", which is no http or https URL. ${urlHint}`,
    ],
    [
      { base_url: `https://me:${token}@circleci.com/api/v2` },
      'base_url has a user name or password in it. Use the setting "token" instead.',
    ],
    [
      { base_url: 'me:pass@' },
      'base_url has a user name or password in it. Use the setting "token" instead.',
    ],
    [{ max_concurrency: 0 }, `max_concurrency is 0; it must be at least 1. ${settingHint}`],
    [{ max_concurrency: '1000' }, `max_concurrency is 1000; it must be at most 256. ${settingHint}`],
    [{ max_retries: 1.5 }, `max_retries is 1.5; it must be a whole number. ${settingHint}`],
    [{ request_timeout: 0 }, `request_timeout is 0; it must be more than 0. ${settingHint}`],
    [{ lookback_days: 'few' }, `lookback_days is "few"; it must be a number. ${settingHint}`],
    [{ on_error: 'ignore' }, `on_error is "ignore"; it must be fail or skip. ${settingHint}`],
    [
      { on_error: 'ignore', max_retries: -1 },
      `max_retries is -1; it must be at least 0. on_error is "ignore"; it must be fail or skip. ${settingHint}`,
    ],
    [
      { streams: 'core builds jbos' },
      `The setting streams names "builds", "jbos", which do not exist. ${choice}`,
    ],
    [{ streams: [] }, `The setting streams names none. ${choice}`],
    [{ token: { secret: token } }, `token must be a string. ${settingHint}`],
    [
      { token: `${token}\nsecond line` },
      `token has a line break at position ${token.length + 1}, which no HTTP header can carry. ${headerHint}`,
    ],
    [
      { token: `${token}—` },
      `token has a character that is not ASCII at position ${token.length + 1}, which no HTTP header can carry. ${headerHint}`,
    ],
    [
      { token: `${token}\ud800` },
      `token has a character that is not ASCII at position ${token.length + 1}, which no HTTP header can carry. ${headerHint}`,
    ],
    [
      { user_agent: 'tap\r\nevil: yes' },
      `user_agent has a line break at position 4, which no HTTP header can carry. ${headerHint}`,
    ],
  ])('%j', async (given, last) => {
    const result = await runIn({ 'config.json': { ...good, ...given } }, ['--config', 'config.json']);
    expectPlainFailure(result, last);
    expect(result.stdout).toBe('');
  });
});

describe.concurrent('a catalog', () => {
  it.each([
    ['that is missing', undefined, `The catalog file catalog.json does not exist. ${catalogHint}`],
    [
      'that is not JSON',
      '{',
      `The catalog file catalog.json is not JSON: line 1, column 2: close brace expected. ${catalogHint}`,
    ],
    [
      'of another shape',
      '{"streams": {}}',
      `The catalog cannot be used: it has no array "streams". ${catalogHint}`,
    ],
    [
      'with a stream that does not exist',
      { streams: [{ stream: 'builds', schema: { selected: true } }] },
      `The catalog selects "builds", which this tap does not have. Streams: ${ofCircleCI.map(({ name }) => name).join(', ')}.`,
    ],
  ])('%s', async (_, content, last) => {
    const files = { 'config.json': good, ...(content === undefined ? {} : { 'catalog.json': content }) };
    const result = await runIn(files, ['--config', 'config.json', '--catalog', 'catalog.json']);
    expectPlainFailure(result, last);
    expect(result.stdout).toBe('');
  });
});

describe.concurrent('a state', () => {
  it.each([
    ['that is missing', undefined, `The state file state.json does not exist. ${stateFileHint}`],
    ['that is empty', '', `The state file state.json is not JSON: it is empty. ${stateFileHint}`],
    [
      'of two lines',
      '{}\n{}',
      `The state file state.json is not JSON: line 2, column 1: end of file expected. ${stateFileHint}`,
    ],
    [
      'that is a whole message',
      { type: 'STATE', value: { bookmarks: {} } },
      'The state file state.json holds a whole STATE message. Take its value: tap-circle-ci state last < state.json',
    ],
    ['that is no object', [], `The state is [], not an object. ${stateHint}`],
    [
      'with a bookmark that is no date',
      { bookmarks: { pipelines: { 'gh/acme/web': 'x', tap: [] } } },
      `"gh/acme/web" of bookmarks.pipelines in the state is "x", not a date-time such as 2026-01-31T00:00:00.000000Z. ${stateHint}`,
    ],
    [
      'of a newer version',
      { bookmarks: { jobs: { tap: [{ v: 2, project: 'gh/acme/web' }] } } },
      'The state was written by a newer tap-circle-ci: v of tap[0] of bookmarks.jobs in the state is 2, ' +
        'this version knows 1. Install the newer version again.',
    ],
  ])('%s', async (_, content, last) => {
    const files = { 'config.json': good, ...(content === undefined ? {} : { 'state.json': content }) };
    const result = await runIn(files, ['--config', 'config.json', '--state', 'state.json']);
    expectPlainFailure(result, last);
    expect(result.stdout).toBe('');
  });
});

describe('a state in the future', () => {
  it('is a WARNING, and the run goes on', async () => {
    const sandbox = await served();
    const bookmark = '2030-01-01T00:00:00.000000Z';
    const state = { bookmarks: { pipelines: { 'gh/acme/web': bookmark, tap: [] } } };
    const files = { 'config.json': { ...settingsFor(sandbox), streams: 'pipelines' }, 'state.json': state };
    const { code, stdout, stderr } = await runIn(
      files,
      ['-c', 'config.json', '-s', 'state.json'],
      stillClock(sandbox),
    );
    expect(code).toBe(0);
    expect(stderr.match(/^WARNING .*$/gm)).toEqual([
      'WARNING gh/acme/web: the bookmark of pipelines, 2030-01-01T00:00:00.000000Z, lies more than a day ahead of ' +
        "the server's clock (2024-01-03T00:00:00.000000Z); it is not moved back.",
    ]);
    expect(messagesOf(stdout).at(-1)?.value).toMatchObject({
      bookmarks: { pipelines: { 'gh/acme/web': bookmark } },
    });
  });
});

/** Runs a sync against a base URL, or against a sandbox. */
function sync(settings: object): Promise<BinaryResult> {
  return runIn({ 'config.json': { ...good, ...settings } }, ['--config', 'config.json']);
}

/** The origin of a server that answers until the test is over. */
async function listening(server: Server, scheme = 'http'): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const answering = (status: number, type: string, body: string): RequestListener => {
  return (_, response) => response.writeHead(status, { 'content-type': type }).end(body);
};

const tokenHint =
  'Check "token": API v2 takes personal API tokens only, project tokens do not work, and tokens expire. ' +
  'Make one at https://app.circleci.com/settings/user/tokens.';

describe('CircleCI', () => {
  it.each(['401', '404'] as const)(
    'refuses the token, with %s where there is a choice: the error says what a good one is',
    async (badToken) => {
      const world = calmWorld(['gh/acme/web'], { badToken });
      const result = await sync({ base_url: (await served(world)).url });
      expect(result.stdout).toBe('');
      const path = badToken === '401' ? '/api/v2/project/gh/acme/web' : '/api/v2/me';
      expectPlainFailure(
        result,
        `CircleCI did not accept the token: 401 ("Invalid token provided.") for ${path}. ${tokenHint}`,
      );
    },
  );

  it('does not know the project', async () => {
    const sandbox = await served();
    const result = await sync({ ...settingsFor(sandbox), project_slugs: 'gh/acme/wbe' });
    expect(result.stdout).toBe('');
    expectPlainFailure(
      result,
      'CircleCI does not know the project gh/acme/wbe, or does not show it to this token. ' +
        'Check project_slugs; slugs are gh/<organization>/<repository>, bb/<workspace>/<repository>, or ' +
        'circleci/<organization id>/<project id> as the project settings show it. ' +
        "The token's owner must be able to see the project.",
    );
  });

  it('forbids the project', async () => {
    const sandbox = await served();
    sandbox.faults.add({
      kind: 'status',
      status: 403,
      body: { message: 'Permission denied' },
      match: /project/,
    });
    const result = await sync(settingsFor(sandbox));
    expect(result.stdout).toBe('');
    expectPlainFailure(
      result,
      'CircleCI does not allow the token to read /api/v2/project/gh/acme/web: 403 ("Permission denied"). ' +
        "The token's owner lacks the permission; ask an administrator of the organization.",
    );
  });

  it('knows one of two projects: that one is read, and the run has failed', async () => {
    const sandbox = await served();
    const result = await sync({ ...settingsFor(sandbox), project_slugs: 'gh/acme/wbe gh/acme/web' });
    expectPlainFailure(
      result,
      '1 thing could not be read. See the lines above. Pipelines and builds among it are remembered in the state and asked again in the next run.',
    );
    expect(result.stderr.match(/^ERROR .*$/gm)).toEqual([
      expect.stringMatching(/^ERROR CircleCI does not know the project gh\/acme\/wbe, or does not show it/),
    ]);
    const messages = messagesOf(result.stdout);
    expect(messages.filter(({ type }) => type === 'RECORD').map(({ stream }) => stream)).toEqual([
      'pipelines',
      'workflows',
      'jobs',
      'jobs',
    ]);
    expect(messages.at(-1)?.type).toBe('STATE');
  });

  it('cannot be reached', async () => {
    expectPlainFailure(
      await sync({}),
      '127.0.0.1:1 cannot be reached: connect ECONNREFUSED 127.0.0.1:1, asking for /api/v2/project/gh/acme/web (1 attempt). ' +
        'Check base_url, the network, and the proxy settings (HTTPS_PROXY, HTTP_PROXY, NO_PROXY).',
    );
  });

  const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
  it.skipIf(!hasOpenssl)(
    'has a certificate that is not trusted (skipped where openssl is absent)',
    async () => {
      const origin = await listening(
        createTlsServer(selfSigned(), answering(200, 'application/json', '{}')),
        'https',
      );
      expectPlainFailure(
        await sync({ base_url: `${origin}/api/v2` }),
        'The certificate of 127.0.0.1:port is not trusted: self-signed certificate (DEPTH_ZERO_SELF_SIGNED_CERT), ' +
          'asking for /api/v2/project/gh/acme/web. If the server or a proxy uses an authority of its own, ' +
          'name its certificate file in NODE_EXTRA_CA_CERTS.',
      );
    },
  );

  it('is a page of HTML', async () => {
    const origin = await listening(createServer(answering(200, 'text/html', '<html>\n<h1>Sign in</h1>')));
    expectPlainFailure(
      await sync({ base_url: origin }),
      'CircleCI did not answer /project/gh/acme/web with JSON in 1 attempt: text/html, "<html> <h1>Sign in</h1>". ' +
        'Is base_url right? It should look like https://circleci.com/api/v2.',
    );
  });

  it('is not below base_url, where everything is 404', async () => {
    const origin = await listening(createServer(answering(404, 'text/html', '<h1>Not found</h1>')));
    const last =
      "CircleCI's API is not where base_url leads: /me answered 404. " +
      'Is base_url right? It should look like https://circleci.com/api/v2.';
    expectPlainFailure(await sync({ base_url: origin }), last);
    const files = { 'config.json': { ...good, base_url: origin } };
    expectPlainFailure(await runIn(files, ['--discover', '--config', 'config.json']), last);
  });
});

describe('stdout', () => {
  it('on a full disk is an error as any other', async () => {
    const { status, stderr } = spawnSync(
      'sh',
      ['-c', `"${process.execPath}" bin/tap-circle-ci.js --discover --offline > /dev/full`],
      { encoding: 'utf8' },
    );
    expect(stderr).toBe(
      'CRITICAL stdout cannot be written: ENOSPC: no space left on device, write. Run again with the last STATE that arrived.\n',
    );
    expect(status).toBe(1);
  });
});

/** A key and a certificate that no authority has signed. */
function selfSigned(): { key: Buffer; cert: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), 'tap-circle-ci-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  try {
    const kind = [
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-subj',
      '/CN=localhost',
    ];
    spawnSync('openssl', ['req', ...kind, '-keyout', key, '-out', cert]);
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
