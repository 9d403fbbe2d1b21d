import { describe, expect, test } from 'vitest';
import { answerOf, isOutputUrl } from '../answers.js';
import { get, plainSandbox } from '../client.js';
import { MINUTE } from '../rows.js';
import { rowsIn } from '../rows-in.js';
import type { Row } from '../source.js';
import { createWorld } from '../world.js';
import { secretInOutput } from './outputs.js';

interface Build {
  readonly steps: readonly { readonly name: string; readonly actions: readonly Row[] }[];
}

const buildsOf = (world: ReturnType<typeof createWorld>): Build[] =>
  [...(world.truth().further.get('job_details')?.values() ?? [])].map(
    ({ project_slug, job_number }) =>
      answerOf(world, `/api/v1.1/project/${project_slug}/${job_number}`) as Build,
  );
const actionsOf = ({ steps }: Build) => steps.flatMap(({ actions }) => actions);

const world = createWorld({ seed: 6, projects: ['gh/acme/web', 'gh/acme/api'] });
const builds = buildsOf(world);

describe('the steps of a job', () => {
  test('have numbers with gaps, and an action for each container', () => {
    const numbers = builds.map((build) => build.steps.map(({ actions }) => actions[0]?.step));
    expect(numbers.every((list) => String(list).startsWith('0,99,101') || list.length < 3)).toBe(true);
    expect(builds.some(({ steps }) => steps.some(({ actions }) => actions.length === 3))).toBe(true);
    for (const { steps } of builds) {
      for (const { actions } of steps) {
        expect(new Set(actions.map(({ index }) => index)).size).toBe(actions.length);
        expect(new Set(actions.map(({ step }) => step)).size).toBe(1);
      }
    }
  });

  test('have the URL of an output where there is one', () => {
    const actions = builds.flatMap(actionsOf);
    expect(new Set(actions.map(({ has_output }) => has_output))).toEqual(new Set([true, false]));
    for (const { has_output, output_url } of actions) {
      expect(output_url !== undefined).toBe(has_output);
      if (output_url !== undefined) expect(isOutputUrl(world, String(output_url))).toBe(true);
    }
    expect(isOutputUrl(world, '/me')).toBe(false);
  });

  test('end with the job: one of them failed where the job did', () => {
    for (const build of builds as (Build & Row)[]) {
      const statuses = new Set(actionsOf(build).map(({ status }) => status));
      expect(statuses.has('running')).toBe(build.lifecycle === 'running');
      if (build.lifecycle === 'finished')
        expect(statuses.size).toBe(build.status === 'success' ? 1 : statuses.size);
      if (build.status === 'failed') expect(statuses).toContain('failed');
    }
  });
});

test('outputs have colours, odd characters, and secrets that are found again', () => {
  const logs = [...(world.truth().further.get('job_logs')?.values() ?? [])];
  const text = logs.map((row) => row.text).join('');
  for (const sign of ['\u001b[31m', '\r', '\ud83d', '\u0000', '****************'])
    expect(text).toContain(sign);
  const leaking = logs.filter((row) => String(row.text).includes(secretInOutput(6, String(row._job_id))));
  expect(leaking.length).toBeGreaterThan(10);
});

/** A sandbox and the URL of an output in it. */
async function withOutput() {
  const sandbox = await plainSandbox({ seed: 2 });
  const [url] = buildsOf(sandbox.world)
    .flatMap(actionsOf)
    .flatMap(({ output_url }) => (output_url === undefined ? [] : [String(output_url)]));
  return { sandbox, url: url as string };
}

describe('the origin of outputs', () => {
  test('is another than that of the API, and tells which headers came', async () => {
    const { sandbox, url } = await withOutput();
    expect(new URL(url).origin).not.toBe(new URL(sandbox.url).origin);
    const response = await fetch(url);
    expect(response.headers.get('content-type')).toContain('application/json');
    const [message] = rowsIn(await response.json());
    expect(message).toEqual({
      message: expect.any(String),
      time: expect.stringMatching(/Z$/),
      type: expect.stringMatching(/^(out|err)$/),
    });
    await fetch(url, { headers: { 'Circle-Token': 'oh' } });
    expect(sandbox.outputRequests.map(({ request }) => request)).toEqual([
      `GET ${url.slice(new URL(url).origin.length)}`,
      `GET ${url.slice(new URL(url).origin.length)}`,
    ]);
    expect(sandbox.outputRequests.map(({ headers }) => headers['circle-token'])).toEqual([undefined, 'oh']);
    expect(sandbox.traffic.total).toBe(0);
  });

  test('refuses a bearer token beside the signature', async () => {
    const { url } = await withOutput();
    const response = await fetch(url, { headers: { Authorization: 'Bearer oh' } });
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('Only one auth')]);
  });

  test('has URLs that are over after some minutes, and cannot be made up', async () => {
    const { sandbox, url } = await withOutput();
    sandbox.world.advance(5 * MINUTE - 1000);
    expect((await fetch(url)).status).toBe(200);
    sandbox.world.advance(2000);
    const response = await fetch(url);
    expect([response.status, response.headers.get('content-type')]).toEqual([403, 'application/xml']);
    expect(answerOf(sandbox.world, url)).toBe('forbidden');
    expect((await fetch(url.replace('Expires=300', 'Expires=900'))).status).toBe(403);
    expect((await fetch(new URL('/none', url))).status).toBe(501);
  });

  test('may fail as the API may', async () => {
    const { sandbox, url } = await withOutput();
    sandbox.faults.add({ kind: 'status', status: 503, match: /action-logs/, times: 1 });
    expect((await fetch(url)).status).toBe(503);
    expect((await fetch(url)).status).toBe(200);
    expect((await get(sandbox, '/me')).status).toBe(200);
  });
});
