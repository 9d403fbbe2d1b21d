import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

interface Announced {
  url: string;
  token: string;
  projects: string[];
  now: string;
}

/** Starts the sandbox as a process, and ends it by a signal. */
async function withProcess(
  options: string[],
  run: (announced: Announced, control: string) => Promise<void>,
): Promise<number | null> {
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  try {
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const announced = JSON.parse(line) as Announced;
    await run(announced, announced.url.replace('/api/v2', '/sandbox'));
  } finally {
    child.kill('SIGTERM');
  }
  return (await exited)[0];
}

const post = (url: string, body?: object) =>
  fetch(url, { method: 'POST', ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
const json = async (response: Response) => (await response.json()) as Record<string, unknown>;

test('announces itself, is controlled over HTTP, and ends on SIGTERM', async () => {
  const options = [
    '--seed',
    '4',
    '--pipelines',
    '12',
    '--now',
    '2024-05-01T00:00:00Z',
    '--tick',
    '0',
    '--project',
    'gh/acme/api',
  ];
  const code = await withProcess(options, async ({ url, token, projects, now }, control) => {
    expect([projects, now]).toEqual([['gh/acme/api'], '2024-05-01T00:00:00.000Z']);
    const ask = (path: string) => fetch(url + path, { headers: { 'Circle-Token': token } });
    expect((await ask('/project/gh/acme/api/pipeline')).status).toBe(200);

    expect(await json(await post(`${control}/advance?hours=24`))).toEqual({
      now: '2024-05-02T00:00:00.000Z',
    });
    expect(await json(await post(`${control}/advance?ms=500`))).toEqual({ now: '2024-05-02T00:00:00.500Z' });
    expect((await post(`${control}/advance`)).status).toBe(400);

    expect(await json(await fetch(`${control}/truth`))).toMatchObject({ pipelines: 12 });
    expect(await json(await fetch(`${control}/truth?since=2024-05-01`))).toMatchObject({ pipelines: 0 });
    const rows = await json(await fetch(`${control}/truth?rows=true`));
    expect(rows.pipelines).toHaveLength(12);

    const faults = [{ kind: 'status', match: '/me$', status: 503, times: 1 }];
    expect((await post(`${control}/behaviour`, { faults, latencyMs: 1 })).status).toBe(200);
    expect([(await ask('/me')).status, (await ask('/me')).status]).toEqual([503, 200]);
    expect((await post(`${control}/behaviour`, { latency: 1 })).status).toBe(400);

    expect((await json(await fetch(`${control}/requests`))).requests).toEqual([
      'GET /api/v2/project/gh/acme/api/pipeline',
      'GET /api/v2/me',
      'GET /api/v2/me',
    ]);
    await post(`${control}/reset-counters`);
    expect(await json(await fetch(`${control}/counters`))).toMatchObject({ total: 0 });
  });
  expect(code).toBe(0);
});

test('serves a bulk world', async () => {
  const options = ['--bulk', 'pipelines=100000,workflows=3,jobs=4', '--token', 'other'];
  await withProcess(options, async ({ url, token, projects }, control) => {
    expect([token, projects]).toEqual(['other', ['gh/acme/monorepo']]);
    const response = await fetch(`${url}/project/gh/acme/monorepo/pipeline`, {
      headers: { 'Circle-Token': token },
    });
    expect((await json(response)).items).toHaveLength(20);
    expect((await fetch(`${control}/truth`)).status).toBe(400);
  });
});
