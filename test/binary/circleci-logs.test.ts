import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { secretInOutput } from '../sandbox/resources/outputs.js';
import { MINUTE } from '../sandbox/rows.js';
import type { Sandbox } from '../sandbox/serve.js';
import type { World } from '../sandbox/world.js';
import { lastState, logged, rowsOf } from '../support/buildkite-door.js';
import { served } from '../support/calm.js';
import { busyWorld, everything, runDoor } from '../support/circleci-door.js';
import { at, script } from '../support/diary.js';

const statuses = ['success', 'failed', 'infrastructure_fail', 'timedout', 'terminated-unknown', 'canceled'];

/** One finished workflow with a job of each of the statuses. */
function worldOf(options: Parameters<typeof script>[0] = {}, jobs: readonly string[] = statuses): World {
  const world = script({ seed: 5, ...options });
  const pipeline = world.addPipeline({ createdAt: at(1) });
  world.addWorkflow(pipeline, {
    createdAt: at(1),
    stoppedAt: at(1) + 5 * MINUTE,
    status: 'failed',
    jobs: jobs.map((status) => ({ name: status, status })),
  });
  world.now = at(2);
  return world;
}

/** Every output says this instead. */
function saying(sandbox: Sandbox<World>, ...messages: readonly string[]): void {
  const body = messages.map((message) => ({ message, time: '2024-01-01T00:00:00Z', type: 'out' }));
  sandbox.faults.add({ kind: 'status', status: 200, body, match: /action-logs/ });
}

const logsIn = (stdout: string) => rowsOf(stdout).get('job_logs') ?? [];
const contentsIn = (stdout: string) => [...new Set(logsIn(stdout).map(({ content }) => content))];

describe('job_logs', () => {
  test('are those of failed jobs, whose steps alone are asked', async () => {
    const world = worldOf();
    const sandbox = await served(world);
    const { stdout, code } = await runDoor(sandbox, { streams: 'job_logs' });
    const jobs = world.projects[0]?.pipelines[0]?.workflows[0]?.jobs ?? [];
    const failed = jobs.filter(({ name }) => !['success', 'canceled'].includes(name));
    expect(new Set(logsIn(stdout).map(({ _job_id }) => _job_id))).toEqual(
      new Set(failed.map(({ id }) => id)),
    );
    expect(code).toBe(0);
    const { counts } = sandbox.traffic;
    expect(counts['/api/v1.1/project/{project-slug}/{number}']).toBe(failed.length);
    expect(sandbox.outputRequests.length).toBe(logsIn(stdout).length);
  });

  test('are those of failed jobs beside the steps of all', async () => {
    const sandbox = await served(worldOf());
    const { stdout } = await runDoor(sandbox, { streams: 'job_steps job_logs' });
    expect(
      new Set(
        rowsOf(stdout)
          .get('job_steps')
          ?.map(({ _job_id }) => _job_id),
      ).size,
    ).toBe(statuses.length);
    expect(new Set(logsIn(stdout).map(({ _job_id }) => _job_id)).size).toBe(4);
    expect(sandbox.outputRequests.length).toBe(logsIn(stdout).length);
  });

  test('are those of all jobs, where log_jobs says so', async () => {
    const sandbox = await served(worldOf());
    const { stdout } = await runDoor(sandbox, { streams: 'job_logs', settings: { log_jobs: 'all' } });
    expect(new Set(logsIn(stdout).map(({ _job_id }) => _job_id)).size).toBe(statuses.length);
    expect(sandbox.traffic.counts['/api/v1.1/project/{project-slug}/{number}']).toBe(statuses.length);
    expect(sandbox.outputRequests.length).toBe(logsIn(stdout).length);
  });

  test('have the end of the output without its colours, and the size of all of it', async () => {
    const sandbox = await served(worldOf({}, ['failed']));
    saying(sandbox, '\u001b[32mone\u001b[0m\r\n', 'two ', 'thr', 'ee\n');
    const { stdout } = await runDoor(sandbox, { streams: 'logs' });
    expect(logsIn(stdout)[0]).toMatchObject({ content: 'one\r\ntwo three\n', size: 24, truncated: false });
  });

  test.each([
    ['so many bytes', 6, 'three\n', true],
    ['all of it where it is no longer', 24, 'one\r\ntwo three\n', false],
    ['none where that is what is wanted', 0, '', true],
    ['no half of a colour', 22, 'one\r\ntwo three\n', true],
  ])('keep %s', async (_, bytes, content, truncated) => {
    const sandbox = await served(worldOf({}, ['failed']));
    saying(sandbox, '\u001b[32mone\u001b[0m\r\n', 'two ', 'three\n');
    const { stdout } = await runDoor(sandbox, { streams: 'logs', settings: { log_tail_bytes: bytes } });
    expect(logsIn(stdout)[0]).toMatchObject({ content, size: 24, truncated });
  });

  test.each([
    [9, '日本語'],
    [8, '本語'],
    [7, '本語'],
    [6, '本語'],
    [1, ''],
  ])('keep no half of a character: of %i bytes %j', async (bytes, content) => {
    const sandbox = await served(worldOf({}, ['failed']));
    saying(sandbox, 'x'.repeat(100), '日本語');
    const { stdout } = await runDoor(sandbox, { streams: 'logs', settings: { log_tail_bytes: bytes } });
    expect(logsIn(stdout)[0]).toMatchObject({ content, size: 109, truncated: true });
  });

  test('keep 64 KiB unless told', async () => {
    const sandbox = await served(worldOf({}, ['failed']));
    saying(sandbox, `${'a'.repeat(99)}\n`.repeat(1000));
    const { stdout } = await runDoor(sandbox, { streams: 'logs' });
    expect(logsIn(stdout)[0]).toMatchObject({ size: 100_000, truncated: true });
    expect(String(logsIn(stdout)[0]?.content).length).toBe(65_536);
  });

  test('are empty where there is no output but a body without a byte', async () => {
    const sandbox = await served(worldOf({}, ['failed']));
    sandbox.faults.add({ kind: 'status', status: 200, body: '', match: /action-logs/ });
    const { stdout, code } = await runDoor(sandbox, { streams: 'logs' });
    expect([code, contentsIn(stdout)]).toEqual([0, ['']]);
    expect(logsIn(stdout)[0]).toMatchObject({ size: 0, truncated: false });
  });
});

describe('a secret that a job prints', () => {
  test.each([
    ['as it is', (token: string) => [`Circle-Token: ${token}\n`]],
    ['in two pieces', (token: string) => [`is ${token.slice(0, 9)}`, `${token.slice(9)}\n`]],
    ['with a colour in it', (token: string) => [`${token.slice(0, 9)}\u001b[1m${token.slice(9)}\n`]],
    ['in UTF-16', (token: string) => [[...token].join('\0')]],
    ['at the cut', (token: string) => [`${token}${'.'.repeat(80)}`]],
  ])('%s, is starred', async (_, messages) => {
    const sandbox = await served(worldOf({}, ['failed']));
    saying(sandbox, ...messages(sandbox.token));
    const settings = { log_tail_bytes: 90 };
    const { stdout, code } = await runDoor(sandbox, { streams: everything, settings });
    expect(code).toBe(0);
    expect(stdout).not.toContain(sandbox.token);
    expect(stdout).not.toContain(sandbox.token.slice(-9));
    const [content] = contentsIn(stdout);
    expect(content).toMatch(/\*\*\*|^\.+$/);
  });

  test('is starred also where it is that of Buildkite; what is no setting of ours stays', async () => {
    const world = busyWorld({ seed: 6, pipelines: 5 });
    const sandbox = await served(world);
    const [job] = [...(world.truth().further.get('job_logs')?.values() ?? [])].filter((row) =>
      String(row.text).includes(secretInOutput(world.seed, String(row._job_id))),
    );
    const secret = secretInOutput(world.seed, String(job?._job_id));
    const settings = { log_jobs: 'all' };
    expect((await runDoor(sandbox, { streams: 'logs', settings })).stdout).toContain(secret);
    const { stdout } = await runDoor(sandbox, {
      streams: 'logs',
      settings: { ...settings, buildkite_token: secret },
    });
    expect(logsIn(stdout).length).toBeGreaterThan(0);
    expect(stdout).not.toContain(secret);
  });
});

/** A server of another origin that keeps what it is sent, and answers with the given body. */
async function elsewhere(body: unknown): Promise<{ origin: string; headers: IncomingHttpHeaders[] }> {
  const headers: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    headers.push(request.headers);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, headers };
}

const tokenless = (headers: IncomingHttpHeaders | Readonly<Record<string, unknown>>, token: string) =>
  Object.keys(headers).filter((name) => /token|cookie|authorization/.test(name)).length === 0 &&
  !JSON.stringify(headers).includes(token);

describe('the token', () => {
  test('is not sent where outputs are', async () => {
    const sandbox = await served(busyWorld({ pipelines: 5 }));
    await runDoor(sandbox, { streams: everything, settings: { log_jobs: 'all' } });
    expect(sandbox.outputRequests.length).toBeGreaterThan(10);
    for (const { headers } of sandbox.outputRequests)
      expect([headers, tokenless(headers, sandbox.token)]).toEqual([headers, true]);
  });

  test('is not sent where an output is moved to, nor back to the API from there', async () => {
    const sandbox = await served(worldOf({}, ['failed']));
    const other = await elsewhere([{ message: 'moved', time: '', type: 'out' }]);
    const location = `${other.origin}/there?signature=s`;
    sandbox.faults.add({ kind: 'status', status: 302, headers: { location }, match: /action-logs/ });
    const moved = await runDoor(sandbox, { streams: 'logs' });
    expect(contentsIn(moved.stdout)).toEqual(['moved']);
    expect(other.headers.length).toBeGreaterThan(0);
    expect(other.headers.every((headers) => tokenless(headers, sandbox.token))).toBe(true);

    sandbox.faults.clear();
    sandbox.faults.add({
      kind: 'status',
      status: 302,
      headers: { location: `${sandbox.url}/me` },
      match: /action-logs/,
    });
    const back = await runDoor(sandbox, { streams: 'logs' });
    expect(back.code).toBe(1);
    expect(logsIn(back.stdout)).toEqual([]);
    expect(back.stderr).toContain('401');
  });

  test.each([
    ['v1.1', /v1\.1\/project/, 'job_steps'],
    ['tests', /\/tests/, 'test_results'],
    ['a project’s settings', /\/settings/, 'project_settings'],
    ['contexts', /\/context\?/, 'contexts'],
    ['people', /\/user\//, 'users'],
  ])('is not sent where a request for %s is led astray, which is an error', async (_, match, stream) => {
    const sandbox = await served(busyWorld({ pipelines: 3, seed: 4 }));
    const other = await elsewhere({});
    sandbox.faults.add({
      kind: 'status',
      status: 307,
      headers: { location: `${other.origin}/there` },
      match,
    });
    const { stdout, stderr, code } = await runDoor(sandbox, { streams: `core ${stream}` });
    expect(other.headers).toEqual([]);
    expect(rowsOf(stdout).get(stream)).toBeUndefined();
    expect(code).toBe(1);
    expect(logged(stderr, 'ERROR').join()).toMatch(/CircleCI leads away from .* the token is not sent there/);
  });
});

describe('an output that cannot be read', () => {
  test.each([400, 401, 403, 410])(
    'because its address is over by then (%i) is asked for at another, for one request for each job',
    async (status) => {
      const jobs = ['failed', 'timedout', 'infrastructure_fail'];
      const sandbox = await served(worldOf({}, jobs));
      const whole = await runDoor(sandbox, { streams: 'logs' });
      sandbox.traffic.reset();
      const tried = new Set<string>();
      const isFirst = (request: string) => {
        const [path = ''] = request.split('?');
        return /action-logs/.test(path) && tried.size < tried.add(path).size;
      };
      sandbox.faults.add({ kind: 'status', status, body: '<Error/>', match: isFirst });
      const { stdout, stderr, code } = await runDoor(sandbox, { streams: 'logs' });
      expect({ code, errors: logged(stderr, 'ERROR') }).toEqual({ code: 0, errors: [] });
      const contents = (text: string) => logsIn(text).map((row) => JSON.stringify(row));
      expect(contents(stdout).sort()).toEqual(contents(whole.stdout).sort());
      expect(tried.size).toBeGreaterThan(jobs.length);
      const { counts } = sandbox.traffic;
      expect(counts['/api/v1.1/project/{project-slug}/{number}']).toBe(2 * jobs.length);
    },
  );

  test('at that address either keeps the pipeline open, and the next run brings it', async () => {
    const sandbox = await served(worldOf({}, ['failed']));
    let lost: string | undefined;
    const isLost = (request: string) => {
      const [path = ''] = request.split('?');
      if (/action-logs/.test(path)) lost ??= path;
      return path === lost;
    };
    const fault = sandbox.faults.add({ kind: 'status', status: 403, body: '<Error/>', match: isLost });
    const first = await runDoor(sandbox, { streams: 'details,logs' });
    expect(first.code).toBe(1);
    const [error, ...more] = logged(first.stderr, 'ERROR');
    expect(error).toMatch(
      /^ERROR gh\/acme\/web: job_logs of pipeline .* will be asked again in the next run\. .*403/,
    );
    expect([error?.includes('X-Amz'), more]).toEqual([false, []]);
    expect(fault.hits).toBe(2);
    const brought = logsIn(first.stdout).length;
    fault.remove();
    sandbox.world.advance(30 * 24 * 60 * MINUTE);
    const second = await runDoor(sandbox, { streams: 'details,logs', state: lastState(first.stdout) });
    expect(second.code).toBe(0);
    expect(logsIn(second.stdout).length).toBe(brought + 1);
    expect(rowsOf(second.stdout).get('job_steps')).toBeUndefined();
    sandbox.world.advance(24 * 60 * MINUTE);
    const third = await runDoor(sandbox, { streams: 'details,logs', state: lastState(second.stdout) });
    expect([third.code, rowsOf(third.stdout).size]).toEqual([0, 0]);
  });

  test.each(['{}', 'null', '{"message":"err"}', '"text"'])(
    'because %s comes in its place is an error of its pipeline',
    async (body) => {
      const sandbox = await served(worldOf({}, ['failed']));
      sandbox.faults.add({ kind: 'status', status: 200, body, match: /action-logs/, times: 1 });
      const { stdout, stderr, code } = await runDoor(sandbox, { streams: 'logs' });
      expect(code).toBe(1);
      expect(logged(stderr, 'ERROR')).toEqual([
        expect.stringMatching(
          /job_logs of pipeline .* 127\.0\.0\.1:\d+ answered \/action-logs\/[^?]+ with no list of messages\.$/,
        ),
      ]);
      expect(JSON.stringify(lastState(stdout))).toMatch(/"open":\[\[/);
    },
  );

  test.each([
    ['is no address', 'not an address'],
    ['is of another kind', 'ftp://storage/log'],
  ])('because what v1.1 names %s is an error of its pipeline', async (_, output_url) => {
    const sandbox = await served(worldOf({}, ['failed']));
    const body = {
      steps: [{ name: 'make', actions: [{ index: 0, step: 0, output_url }] }, null, { name: 'x' }],
    };
    sandbox.faults.add({ kind: 'status', status: 200, body, match: /v1\.1\/project\// });
    const { stdout, stderr, code } = await runDoor(sandbox, { streams: 'details,logs' });
    expect([code, rowsOf(stdout).get('job_steps')?.length]).toEqual([1, 1]);
    expect(logged(stderr, 'ERROR')).toEqual([expect.stringContaining('no http or https URL')]);
  });
});

describe('test_results', () => {
  test('have the place that they have in the whole list, also where only those are kept that failed', async () => {
    const sandbox = await served(busyWorld({ pipelines: 5, pageSize: 2 }));
    const all = rowsOf((await runDoor(sandbox, { streams: 'tests' })).stdout).get('test_results') ?? [];
    const { stdout } = await runDoor(sandbox, {
      streams: 'tests',
      settings: { test_results_kept: 'failed' },
    });
    const kept = rowsOf(stdout).get('test_results') ?? [];
    const named = (rows: readonly object[]) => rows.map((row) => JSON.stringify(row)).sort();
    expect(named(kept)).toEqual(
      named(all.filter(({ result }) => result !== 'success' && result !== 'skipped')),
    );
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThan(all.length);
    expect(all.some(({ position }) => Number(position) >= 2)).toBe(true);
  });
});
