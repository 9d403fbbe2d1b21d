import { describe, expect, test } from 'vitest';
import type { Endpoint } from '../sandbox/endpoints.js';
import { logged, rowsOf } from '../support/buildkite-door.js';
import { served } from '../support/calm.js';
import { busyWorld, everything, runDoor } from '../support/circleci-door.js';

/** An endpoint, the streams that need it, the path and the permission that the error names. */
type Case = readonly [endpoint: Endpoint, streams: readonly string[], path: RegExp, permission: string];

const project = 'view the project';
const administrator = 'view the project settings, as its administrators may';
const contexts = 'view the contexts of the organization';

const cases: readonly Case[] = [
  [
    '/me/collaborations',
    ['organizations', 'contexts', 'context_environment_variables', 'context_restrictions'],
    /\/me\/collaborations/,
    'view the organization',
  ],
  ['/user/{id}', ['users'], /\/user\/[0-9a-f-]{36}/, 'view the user'],
  [
    '/context',
    ['contexts', 'context_environment_variables', 'context_restrictions'],
    /\/context\?owner-id=/,
    contexts,
  ],
  [
    '/context/{id}/environment-variable',
    ['context_environment_variables'],
    /\/environment-variable/,
    contexts,
  ],
  ['/context/{id}/restrictions', ['context_restrictions'], /\/context\/[^/]+\/restrictions/, contexts],
  ['/project/{project-slug}/settings', ['project_settings'], /gh\/acme\/web\/settings/, administrator],
  [
    '/project/{project-slug}/envvar',
    ['project_environment_variables'],
    /gh\/acme\/web\/envvar/,
    administrator,
  ],
  ['/project/{project-slug}/checkout-key', ['checkout_keys'], /gh\/acme\/web\/checkout-key/, administrator],
  [
    '/project/{project-slug}/schedule',
    ['schedules'],
    /gh\/acme\/web\/schedule/,
    'view the schedules of the project',
  ],
  ['/webhook', ['webhooks'], /\/webhook\?scope-id=/, 'view the webhooks of the project'],
  ['/pipeline/{id}/config', ['pipeline_configs'], /\/pipeline\/[^/]+\/config/, project],
  ['/pipeline/{id}/values', ['pipeline_values'], /\/pipeline\/[^/]+\/values/, project],
  ['/project/{project-slug}/job/{number}', ['job_details'], /gh\/acme\/web\/job\/\d+/, project],
  [
    '/api/v1.1/project/{project-slug}/{number}',
    ['job_steps', 'job_logs'],
    /\/api\/v1\.1\/project\/gh\/acme\/web\/\d+/,
    project,
  ],
  ['/project/{project-slug}/{number}/tests', ['test_results'], /gh\/acme\/web\/\d+\/tests/, project],
  ['/project/{project-slug}/{number}/artifacts', ['artifacts'], /gh\/acme\/web\/\d+\/artifacts/, project],
];

/** Where 404 does not mean that there is nothing. */
const neverMissing: readonly Endpoint[] = [
  '/me/collaborations',
  '/context',
  '/project/{project-slug}/settings',
  '/project/{project-slug}/envvar',
  '/project/{project-slug}/checkout-key',
  '/project/{project-slug}/schedule',
  '/webhook',
];

const worldOf = (refused: { forbidden?: readonly Endpoint[]; missing?: readonly Endpoint[] }) =>
  busyWorld({
    seed: 4,
    pipelines: 4,
    reruns: 1,
    projects: ['gh/acme/web'],
    features: { expiredChildren: false },
    ...refused,
  });

/** How many rows of each stream are written, and what the log says. */
async function outcome(
  refused: { forbidden?: readonly Endpoint[]; missing?: readonly Endpoint[] },
  settings: object = {},
) {
  const { stdout, stderr, code } = await runDoor(await served(worldOf(refused)), {
    streams: everything,
    settings: { log_jobs: 'all', ...settings },
  });
  const counts = new Map([...rowsOf(stdout)].map(([stream, rows]) => [stream, rows.length]));
  return { counts, stderr, code };
}

let whole: Promise<ReadonlyMap<string, number>> | undefined;
const everyRow = () => {
  whole ??= outcome({}).then(({ counts }) => counts);
  return whole;
};

const without = (counts: ReadonlyMap<string, number>, streams: readonly string[]) =>
  new Map([...counts].filter(([stream]) => !streams.includes(stream)));

describe('where CircleCI forbids', () => {
  test.each(cases)(
    '%s, its streams, the path and the permission are named, and all others are read',
    async (...refused) => {
      const [endpoint, streams, path, permission] = refused;
      const { counts, stderr, code } = await outcome({ forbidden: [endpoint] });
      const errors = logged(stderr, 'ERROR').join('\n');
      for (const stream of streams) expect(errors).toContain(stream);
      expect(errors).toMatch(path);
      expect(errors).toContain('403');
      for (const line of logged(stderr, 'ERROR')) {
        expect(line).toContain(` are left out of this run; they need permission to ${permission}. `);
      }
      // One line for each stream and place, however often it is forbidden.
      expect(logged(stderr, 'ERROR').length).toBeLessThanOrEqual(streams.length);
      expect(Object.fromEntries(counts)).toEqual(Object.fromEntries(without(await everyRow(), streams)));
      expect(code).toBe(1);
    },
  );

  test('everything beyond the core, the core is read, and with on_error skip the run ends with 0', async () => {
    const forbidden = cases.map(([endpoint]) => endpoint);
    const { counts, stderr, code } = await outcome({ forbidden }, { on_error: 'skip' });
    expect([...counts.keys()].sort()).toEqual(['jobs', 'pipelines', 'projects', 'workflows']);
    expect(logged(stderr, 'ERROR')).toEqual([]);
    expect(logged(stderr, 'WARNING').filter((line) => line.includes('403')).length).toBeGreaterThan(9);
    expect(code).toBe(0);
  });
});

describe('where CircleCI answers 404', () => {
  const missing = cases.filter(([endpoint]) => neverMissing.includes(endpoint));
  test.each(missing)(
    '%s, its streams, the path and the permission are named, and all others are read',
    async (...refused) => {
      const [endpoint, streams, path, permission] = refused;
      const { counts, stderr, code } = await outcome({ missing: [endpoint] });
      const errors = logged(stderr, 'ERROR');
      expect(errors).toEqual([expect.stringMatching(path)]);
      const sentence = `${streams.join(', ')} could not be read; they need permission to ${permission}. `;
      for (const text of [sentence, '404']) expect(errors[0]).toContain(text);
      expect(Object.fromEntries(counts)).toEqual(Object.fromEntries(without(await everyRow(), streams)));
      expect(code).toBe(1);
    },
  );

  test('to what a row may simply not have, that is no error', async () => {
    const none = cases.filter(([endpoint]) => !neverMissing.includes(endpoint));
    const { counts, stderr, code } = await outcome({ missing: none.map(([endpoint]) => endpoint) });
    const streams = none.flatMap(([, names]) => names);
    expect(Object.fromEntries(counts)).toEqual(Object.fromEntries(without(await everyRow(), streams)));
    expect({ code, errors: logged(stderr, 'ERROR') }).toEqual({ code: 0, errors: [] });
    expect(stderr).toMatch(/INFO gh\/acme\/web: \d+ answers 404 below pipelines .*were left out\./);
    expect(stderr).toMatch(
      /INFO \d+ people whom rows name are not shown by CircleCI \(404\), and were left out\./,
    );
  });
});

test('contexts that one organization forbids leave those of the others as they are', async () => {
  const world = busyWorld({ seed: 6 });
  const sandbox = await served(world);
  const organizationOf = (slug: string) => world.projects.find((one) => one.slug === slug)?.organizationId;
  const all = rowsOf((await runDoor(sandbox, { streams: 'organization' })).stdout).get('contexts') ?? [];
  const slugs = ['gh/acme/web', 'bb/umbrella/old'].filter((slug) =>
    all.some(({ organization_id }) => organization_id === organizationOf(slug)),
  );
  expect(slugs.length).toBe(2);
  for (const slug of slugs) {
    const fault = sandbox.faults.add({
      kind: 'status',
      status: 403,
      match: new RegExp(`owner-id=${organizationOf(slug)}`),
    });
    const { stdout, stderr, code } = await runDoor(sandbox, { streams: 'organization' });
    fault.remove();
    const expected = all.filter(({ organization_id }) => organization_id !== organizationOf(slug));
    expect(rowsOf(stdout).get('contexts')).toEqual(expect.arrayContaining(expected));
    expect(rowsOf(stdout).get('contexts')?.length).toBe(expected.length);
    expect(rowsOf(stdout).get('context_restrictions')?.length).toBeGreaterThan(0);
    expect([code, logged(stderr, 'ERROR').length]).toEqual([1, 1]);
  }
});

test('contexts of an organization that the token’s owner is no member of are left out, and that is said', async () => {
  const sandbox = await served(busyWorld());
  sandbox.faults.add({
    kind: 'status',
    status: 200,
    body: [{ id: 'x', slug: 'gh/else', name: 'else', vcs_type: 'github' }],
    match: /collaborations/,
  });
  const { stderr, code } = await runDoor(sandbox, { streams: 'contexts' });
  expect(code).toBe(0);
  expect(logged(stderr, 'WARNING')).toEqual([
    "WARNING contexts of gh/acme, bb/umbrella are left out: the token's owner is no member there (/me/collaborations).",
  ]);
});
