import { describe, expect, it } from 'vitest';
import { allScopes } from '../sandbox/buildkite/options.js';
import { DAY, HOUR } from '../sandbox/buildkite/time.js';
import { buildkiteSettings, noon, quietWorld, runDoor, servedBuildkite } from '../support/buildkite-door.js';
import { calmWorld, served, settingsFor } from '../support/calm.js';
import type { DoorOptions } from '../support/door.js';

const all = allScopes.join(', ');
const linesOf = (text: string) => (text === '' ? [] : text.trimEnd().split('\n'));

/** What check says of a world. */
async function checked(
  { scopes, expiresAt }: { scopes?: readonly string[]; expiresAt?: number } = {},
  options: DoorOptions = {},
) {
  const sandbox = await servedBuildkite(quietWorld(), {
    ...(scopes === undefined ? {} : { scopes }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  });
  const { stdout, stderr, code } = await runDoor(sandbox, { ...options, args: ['check'] });
  return { out: linesOf(stdout), err: linesOf(stderr), code, requests: sandbox.requests };
}

describe('check of Buildkite', () => {
  it('tells scopes and expiry of a good token, and which pipelines will be read', async () => {
    const { out, err, code, requests } = await checked();
    expect(out).toEqual([
      'buildkite_token: accepted, no expiry is known',
      `scopes: ${all}`,
      'buildkite_organizations  allowed',
      'buildkite_pipelines      allowed',
      'buildkite_builds         allowed',
      'buildkite_jobs           allowed',
      'acme                     reachable, 2 of 2 pipelines are read',
    ]);
    expect({ err, code }).toEqual({ err: [], code: 0 });
    expect(requests).toEqual([
      'GET /v2/access-token',
      'GET /v2/organizations?per_page=100',
      'GET /v2/organizations/acme/pipelines?per_page=100',
    ]);
  });

  it('names for every selected stream the scopes that a poor token lacks', async () => {
    const { out, err, code } = await checked(
      { scopes: ['read_organizations', 'read_pipelines'] },
      { streams: 'buildkite_pipelines buildkite_builds buildkite_job_logs buildkite_agents' },
    );
    expect(out).toEqual([
      'buildkite_token: accepted, no expiry is known',
      'scopes: read_organizations, read_pipelines',
      'buildkite_pipelines  allowed',
      'buildkite_builds     not allowed: the token lacks read_builds',
      'buildkite_agents     not allowed: the token lacks read_agents',
      'buildkite_job_logs   not allowed: the token lacks read_build_logs and read_builds',
      'acme                 reachable, 2 of 2 pipelines are read',
    ]);
    expect(err).toEqual([
      'CRITICAL The token lacks scopes for buildkite_builds, buildkite_agents, buildkite_job_logs; see above.',
    ]);
    expect(code).toBe(1);
  });

  it('says that a token has no scopes at all, which it needs to find the organizations', async () => {
    const { out, code } = await checked({ scopes: [] }, { streams: 'buildkite_agents' });
    expect(out.slice(1)).toEqual([
      'scopes: none',
      'buildkite_agents  not allowed: the token lacks read_agents',
      expect.stringMatching(/^organizations {5}not readable: .*read_organizations/),
    ]);
    expect(code).toBe(1);
  });

  const now = noon + 2 * DAY;
  it.each([
    [now + HOUR, 'expires within a day, on 2026-03-12'],
    [now + 36 * HOUR, 'expires in 1 day, on 2026-03-14'],
    [now + 90 * DAY, 'expires in 90 days, on 2026-06-10'],
  ])('tells of a token that ends at %d: %s', async (expiresAt, told) => {
    const { out, code } = await checked({ expiresAt });
    expect(out[0]).toBe(`buildkite_token: accepted, ${told}`);
    expect(code).toBe(0);
  });

  it('tells of a refused token where another is made', async () => {
    const { out, err, code } = await checked({}, { settings: { buildkite_token: 'bkua_another' } });
    expect(out).toEqual([]);
    expect(err).toEqual([
      expect.stringMatching(
        /^CRITICAL Buildkite did not accept the token: 401 .*https:\/\/buildkite\.com\/user\/api-access-tokens\.$/,
      ),
    ]);
    expect(err.join()).not.toContain('bkua_another');
    expect(code).toBe(1);
  });

  it('advises nothing that needs the token where that is shut out', async () => {
    const sandbox = await servedBuildkite(quietWorld());
    sandbox.faults.add({ kind: 'status', status: 403, match: /\/access-token/ });
    const { stderr, code } = await runDoor(sandbox, { args: ['check'] });
    expect(stderr).toMatch(/^CRITICAL .*403.*allowed from this IP address\?/);
    expect(stderr).not.toContain('tap-circle-ci check');
    expect(code).toBe(1);
  });

  it('takes a token that has expired for refused', async () => {
    const { err, code } = await checked({ expiresAt: now - HOUR });
    expect(err.join()).toMatch(/did not accept the token: 401 .*it expires after 7 days/);
    expect(code).toBe(1);
  });

  it('tells that buildkite_base_url leads elsewhere', async () => {
    const sandbox = await servedBuildkite(quietWorld());
    const settings = { buildkite_base_url: sandbox.url.replace('/v2', '/v2/v2') };
    const { stderr, code } = await runDoor(sandbox, { settings, args: ['check'] });
    expect(stderr).toMatch(
      /^CRITICAL Buildkite's API is not where buildkite_base_url leads.*api\.buildkite\.com\/v2\.$/m,
    );
    expect(code).toBe(1);
  });

  it('looks at no more than the pipelines that the globs name', async () => {
    const { out, code } = await checked({}, { settings: { buildkite_pipelines: 'acme/* !*/api' } });
    expect(out.at(-1)).toMatch(/^acme +reachable, 1 of 2 pipelines are read$/);
    expect(code).toBe(0);
  });

  it('finds globs that name no pipeline, and organizations that are not there', async () => {
    const { out, err, code } = await checked(
      {},
      { settings: { buildkite_pipelines: 'acme/website', buildkite_organizations: 'acme acne' } },
    );
    expect(out.slice(-2)).toEqual([
      expect.stringMatching(/^acme +reachable, 0 of 2 pipelines are read$/),
      expect.stringMatching(/^acne +not readable: Buildkite does not know the organization acne/),
    ]);
    expect(err).toEqual([
      'CRITICAL buildkite_pipelines names no pipeline, and 1 of 2 organizations cannot be read; see above.',
    ]);
    expect(code).toBe(1);
  });

  it('finds nothing wrong with globs for one of two organizations', async () => {
    const sandbox = await servedBuildkite(quietWorld({ organizations: ['acme', 'umbrella'] }));
    const settings = { buildkite_pipelines: 'acme/*' };
    const { stdout, stderr, code } = await runDoor(sandbox, { settings, args: ['check'] });
    expect(linesOf(stdout).slice(-2)).toEqual([
      expect.stringMatching(/^acme +reachable, 2 of 2 pipelines are read$/),
      expect.stringMatching(/^umbrella +reachable, 0 of 2 pipelines are read$/),
    ]);
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  });

  it('needs no read_organizations where the organizations are named and no stream asks for it', async () => {
    const { out, code } = await checked(
      { scopes: ['read_builds', 'read_pipelines'] },
      { settings: { buildkite_organizations: 'acme' }, streams: 'buildkite_builds' },
    );
    expect(out.slice(1)).toEqual([
      'scopes: read_builds, read_pipelines',
      'buildkite_builds  allowed',
      'acme              reachable, 2 of 2 pipelines are read',
    ]);
    expect(code).toBe(0);
  });

  it('needs read_user alone for the user', async () => {
    const { out, code, requests } = await checked({ scopes: ['read_user'] }, { streams: 'buildkite_user' });
    expect(out.slice(2)).toEqual(['buildkite_user  allowed']);
    expect({ code, requests }).toEqual({ code: 0, requests: ['GET /v2/access-token'] });
  });

  it('needs no read_pipelines where no stream asks for pipelines', async () => {
    const { out, code } = await checked(
      { scopes: ['read_organizations', 'read_agents'] },
      { streams: 'buildkite_agents' },
    );
    expect(out.slice(2)).toEqual([
      'buildkite_agents  allowed',
      'acme              no stream asks for its pipelines',
    ]);
    expect(code).toBe(0);
  });

  it('looks at both sources, and at the other one where a token is refused', async () => {
    const circleci = await served(calmWorld());
    const sandbox = await servedBuildkite(quietWorld());
    const settings = { ...settingsFor(circleci), start_date: '2024-01-01' };
    const good = await runDoor(sandbox, { settings, args: ['check'] });
    expect(linesOf(good.stdout)).toEqual([
      'token: accepted',
      expect.stringMatching(/^gh\/acme\/web {2}reachable/),
      'buildkite_token: accepted, no expiry is known',
      `scopes: ${all}`,
      expect.stringMatching(/^buildkite_organizations {2}allowed$/),
      expect.stringMatching(/^buildkite_pipelines/),
      expect.stringMatching(/^buildkite_builds/),
      expect.stringMatching(/^buildkite_jobs/),
      expect.stringMatching(/^acme +reachable/),
    ]);
    expect(good.code).toBe(0);
    const poor = await runDoor(sandbox, { settings: { ...settings, token: 'another' }, args: ['check'] });
    expect(poor.stdout).toContain('buildkite_token: accepted');
    expect(linesOf(poor.stderr)).toEqual([
      expect.stringMatching(/^ERROR CircleCI did not accept the token/),
      'CRITICAL CircleCI cannot be read; see above.',
    ]);
    expect(poor.code).toBe(1);
  });
});

describe('discover and about', () => {
  const streamsIn = (catalog: string) =>
    JSON.parse(catalog).streams.map(({ tap_stream_id: id }: { tap_stream_id: string }) => id);

  it('discover shows the group buildkite with its token, and asks only whether that is good', async () => {
    const sandbox = await servedBuildkite(quietWorld());
    const { stdout, code } = await runDoor(sandbox, { args: ['discover'] });
    expect(streamsIn(stdout)).toEqual([
      'buildkite_organizations',
      'buildkite_pipelines',
      'buildkite_builds',
      'buildkite_jobs',
    ]);
    expect({ code, requests: sandbox.requests }).toEqual({ code: 0, requests: ['GET /v2/access-token'] });
  });

  it('discover asks nothing of Buildkite when offline', async () => {
    const sandbox = await servedBuildkite(quietWorld());
    const { stdout, code } = await runDoor(sandbox, { args: ['discover', '--offline'] });
    expect(streamsIn(stdout)).toContain('buildkite_jobs');
    expect({ code, requests: sandbox.requests }).toEqual({ code: 0, requests: [] });
  });

  it('discover refuses a wrong token', async () => {
    const sandbox = await servedBuildkite(quietWorld());
    const { stdout, stderr, code } = await runDoor(sandbox, {
      settings: { buildkite_token: 'wrong' },
      args: ['discover'],
    });
    expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
    expect(stderr).toMatch(/^CRITICAL Buildkite did not accept the token/);
  });

  it('without the token nothing of Buildkite shows', async () => {
    const circleci = await served(calmWorld());
    const sandbox = await servedBuildkite(quietWorld());
    const settings = { ...settingsFor(circleci), buildkite_token: undefined };
    const catalog = await runDoor(sandbox, { settings, args: ['discover'] });
    expect(catalog.stdout).not.toMatch(/buildkite/i);
    const { stdout, stderr, code } = await runDoor(sandbox, { settings });
    expect(stdout + stderr).not.toMatch(/buildkite/i);
    expect({ code, requests: sandbox.requests }).toEqual({ code: 0, requests: [] });
  });

  it('names a stream of Buildkite that is asked for without the token, and what to set', async () => {
    const circleci = await served(calmWorld());
    const sandbox = await servedBuildkite(quietWorld());
    const settings = { ...settingsFor(circleci), buildkite_token: undefined };
    const { stderr, code } = await runDoor(sandbox, { settings, streams: 'core buildkite_builds' });
    expect(stderr).toMatch(
      /^CRITICAL .*"buildkite_builds" of Buildkite, but buildkite_token is missing\. Set buildkite_token/m,
    );
    expect(code).toBe(1);
  });

  it('about tells of every setting, and that the token is a secret', async () => {
    const sandbox = await servedBuildkite(quietWorld());
    const { stdout } = await runDoor(sandbox, { args: ['about', '--format', 'json'] });
    const { settings } = JSON.parse(stdout);
    expect(settings.required).toEqual([]);
    expect(settings.properties.buildkite_token.secret).toBe(true);
    expect(
      Object.entries<{ default?: unknown }>(settings.properties)
        .filter(([name]) => name.startsWith('buildkite_'))
        .map(([name, setting]) => [name, setting.default]),
    ).toEqual([
      ['buildkite_token', undefined],
      ['buildkite_organizations', undefined],
      ['buildkite_pipelines', undefined],
      ['buildkite_base_url', 'https://api.buildkite.com/v2'],
      ['buildkite_lookback_days', 1],
      ['buildkite_deep_days', 30],
      ['buildkite_job_log_tail_bytes', 65536],
      ['buildkite_env_allow', undefined],
      ['buildkite_reserve', 0.1],
    ]);
    expect(stdout).not.toContain(String(buildkiteSettings(sandbox).buildkite_token));
  });
});
