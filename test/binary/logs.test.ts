import { describe, expect, it } from 'vitest';
import { type BinaryResult, runIn } from '../support/binary.js';
import { messagesOf, served, settingsFor, stillClock } from '../support/calm.js';

type Served = Awaited<ReturnType<typeof served>>;

/** Syncs the sandbox with these settings, arguments and variables besides. */
function sync(
  sandbox: Served,
  {
    settings = {},
    args = [],
    env = {},
  }: { settings?: object; args?: string[]; env?: Record<string, string> } = {},
): Promise<BinaryResult> {
  const files = { 'config.json': { ...settingsFor(sandbox), ...settings } };
  return runIn(files, ['--config', 'config.json', ...args], { ...stillClock(sandbox), ...env });
}

interface Metric {
  readonly type: string;
  readonly metric: string;
  readonly value: number;
  readonly tags: Readonly<Record<string, unknown>>;
}

const metricsIn = (stderr: string): Metric[] =>
  [...stderr.matchAll(/^INFO METRIC: (.*)$/gm)].map(([, json = '']) => JSON.parse(json));
const levelsIn = (stderr: string) =>
  [...new Set([...stderr.matchAll(/^(\S+) /gm)].map(([, level]) => level))].sort();
const everyLine = /^(?:(?:DEBUG|INFO|WARNING|ERROR|CRITICAL) .*\n)*$/;

describe('the log', () => {
  it('is lines of a level and a message, on stderr', async () => {
    const sandbox = await served();
    const { stderr, stdout } = await sync(sandbox, {
      settings: { wrong: 1 },
      args: ['--log-level', 'debug'],
    });
    expect(stderr).toMatch(everyLine);
    expect(levelsIn(stderr)).toEqual(['DEBUG', 'INFO', 'WARNING']);
    messagesOf(stdout);
  });

  it.each([
    ['LOGLEVEL=debug', { env: { LOGLEVEL: 'debug' } }, ['DEBUG', 'INFO', 'WARNING']],
    ['LOGLEVEL=WARNING', { env: { LOGLEVEL: 'WARNING' } }, ['WARNING']],
    ['LOGLEVEL=nonsense', { env: { LOGLEVEL: 'nonsense' } }, ['INFO', 'WARNING']],
    ['--log-level error', { args: ['--log-level', 'error'] }, []],
    [
      '--log-level, which wins over LOGLEVEL',
      { args: ['--log-level', 'warning'], env: { LOGLEVEL: 'debug' } },
      ['WARNING'],
    ],
  ])('has the level of %s', async (_, options, levels) => {
    const { stderr } = await sync(await served(), { settings: { wrong: 1 }, ...options });
    expect(levelsIn(stderr)).toEqual(levels);
  });

  it('shows every URL at debug', async () => {
    const sandbox = await served();
    const { stderr } = await sync(sandbox, { args: ['--log-level', 'debug'] });
    const origin = new URL(sandbox.url).origin;
    const shown = [...stderr.matchAll(/^DEBUG GET (\S+) 200 in \d+ ms$/gm)].map(([, url = '']) => url);
    expect(sandbox.requests.length).toBeGreaterThan(3);
    expect(shown.map((url) => `GET ${url.replace(origin, '')}`).sort()).toEqual([...sandbox.requests].sort());
  });

  it('has a stack trace at debug alone', async () => {
    const sandbox = await served();
    const options = { settings: { project_slugs: 'gh/acme/none' } };
    expect((await sync(sandbox, options)).stderr).not.toMatch(/ at .*:\d+:\d+/);
    const debug = await sync(sandbox, { ...options, args: ['--log-level', 'debug'] });
    expect(debug.stderr).toMatch(/^DEBUG +at .*:\d+:\d+/m);
    expect(debug.stderr).toMatch(everyLine);
    expect(debug.stderr.trimEnd().split('\n').at(-1)).toMatch(/^CRITICAL CircleCI does not know the project/);
  });
});

describe('metrics', () => {
  it('count the records of each stream', async () => {
    const { stdout, stderr } = await sync(await served());
    const records = messagesOf(stdout).filter(({ type }) => type === 'RECORD');
    const counts: Record<string, number> = {};
    for (const { type, metric, value, tags } of metricsIn(stderr)) {
      if (metric !== 'record_count') continue;
      expect(type).toBe('counter');
      counts[String(tags.endpoint)] = (counts[String(tags.endpoint)] ?? 0) + value;
    }
    expect(counts).toEqual({ pipelines: 1, workflows: 1, jobs: 2 });
    expect(records).toHaveLength(4);
  });

  it('time the requests by the template of their endpoint, which holds no id', async () => {
    const sandbox = await served();
    const { stderr } = await sync(sandbox);
    const timers = metricsIn(stderr).filter(({ metric }) => metric === 'http_request_duration');
    expect(timers.map(({ tags }) => tags.endpoint).sort()).toEqual([
      '/pipeline/{pipelines.id}/workflow',
      '/project/{+projects.slug}',
      '/project/{+projects.slug}/pipeline',
      '/workflow/{workflows.id}/job',
    ]);
    for (const { type, value, tags } of timers) {
      expect(type).toBe('timer');
      expect(value).toEqual(expect.any(Number));
      expect(tags).toMatchObject({ status: 'succeeded', http_status_code: 200, count: 1 });
    }
  });

  it('tell the requests that failed apart', async () => {
    const sandbox = await served();
    sandbox.faults.add({ kind: 'status', status: 500, match: /workflow/, times: 1 });
    sandbox.faults.add({ kind: 'reset', match: /job/, times: 1 });
    const { stderr } = await sync(sandbox);
    const tags = metricsIn(stderr)
      .filter(({ metric, tags }) => metric === 'http_request_duration' && tags.status === 'failed')
      .map((metric) => metric.tags);
    expect(tags).toEqual([
      { endpoint: '/pipeline/{pipelines.id}/workflow', status: 'failed', http_status_code: 500, count: 1 },
      { endpoint: '/workflow/{workflows.id}/job', status: 'failed', count: 1 },
    ]);
  });

  it.each([
    ['succeeded', {}],
    ['failed', { project_slugs: 'gh/acme/none' }],
  ])('time the job once, which has %s', async (status, settings) => {
    const { stderr } = await sync(await served(), { settings });
    const jobs = metricsIn(stderr).filter(({ metric }) => metric === 'job_duration');
    expect(jobs).toEqual([
      {
        type: 'timer',
        metric: 'job_duration',
        value: expect.any(Number),
        tags: { job_type: 'sync', status },
      },
    ]);
  });
});

/** A token with characters that JSON and URLs write in another way. */
const token = 'CCIPAT_s3cret/with+"signs"&\\more=';

/** A server that accepts the token, and has it in its bodies. */
async function echoing(): Promise<Served> {
  const sandbox = await served();
  sandbox.behaviour.token = token;
  return sandbox;
}

const forms = [token, encodeURIComponent(token), JSON.stringify(token).slice(1, -1)];

function expectNoToken({ stdout, stderr }: BinaryResult): void {
  for (const form of [...forms, 'CCIP', 's3cret']) expect(stdout + stderr).not.toContain(form);
}

describe('the token', () => {
  it('never appears, even at debug', async () => {
    const result = await sync(await echoing(), { args: ['--log-level', 'debug'] });
    expect(result.code).toBe(0);
    expectNoToken(result);
  });

  /** Syncs a server that answers this, to the first request for a project and to all for workflows. */
  async function expectNoEcho(status: number, body: unknown): Promise<void> {
    const sandbox = await echoing();
    sandbox.faults.add({ kind: 'status', status, body, match: /workflow/ });
    sandbox.faults.add({ kind: 'status', status, body, match: /project/, times: 1 });
    const result = await sync(sandbox, { settings: { max_retries: 0 }, args: ['--log-level', 'debug'] });
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(everyLine);
    expectNoToken(result);
  }

  it.each<[where: string, body: unknown]>([
    ['a message', { message: `The token ${token} is not good` }],
    ['an error', { error: `Bad: ${encodeURIComponent(token)}` }],
    ['a text', `token=${token}`],
    ['a page', `<html><a href="?circle-token=${encodeURIComponent(token)}">back</a></html>`],
  ])('never appears when the server sends it back in %s', async (_, body) => {
    await Promise.all([200, 400, 401, 403, 500].map((status) => expectNoEcho(status, body)));
  });

  it('never appears in part when a long text is cut off in the middle of it', async () => {
    // The first 1000 characters are looked at, the first 120 that are no blanks are shown.
    const filled = [90, 100, 110, 115].map((length) => 'x'.repeat(length));
    const blank = [975, 985, 990].map((length) => ' '.repeat(length));
    await Promise.all([...filled, ...blank].map((before) => expectNoEcho(500, `${before}${token} is bad`)));
  });

  it('never appears in a value that does not fit, or in a page of the wrong shape', async () => {
    const sandbox = await echoing();
    const text = `${'x'.repeat(70)}${token}`;
    const page = (row: object) => ({ items: [{ id: 'p1', ...row }], next_page_token: null });
    const rows = [page({ created_at: text }), page({ created_at: '2024-01-02T00:00:00Z', number: text })];
    for (const body of [...rows, { items: token }, [token], token]) {
      sandbox.faults.clear();
      sandbox.faults.add({ kind: 'status', status: 200, body: JSON.stringify(body), match: /pipeline/ });
      const result = await sync(sandbox, { args: ['--log-level', 'debug'] });
      expect(result.code).toBe(1);
      expectNoToken(result);
    }
  });

  it('never appears when it is given as a number, or is wrong altogether', async () => {
    const number = 5551234567;
    const sandbox = await served();
    sandbox.faults.add({ kind: 'status', status: 401, body: { message: `No such token: ${number}` } });
    const result = await sync(sandbox, { settings: { token: number } });
    expect(result.code).toBe(1);
    expect(result.stderr).not.toContain(String(number));
    const wrong = await sync(sandbox, { settings: { token: [token] } });
    expect(wrong.code).toBe(1);
    expectNoToken(wrong);
  });
});
