import { describe, expect, it } from 'vitest';
import { buildkiteStreams } from '../../src/streams/buildkite/index.js';
import { allScopes } from '../sandbox/buildkite/options.js';
import { createBuildkiteWorld } from '../sandbox/buildkite/world.js';
import { logged, rowsOf, runDoor, servedBuildkite } from '../support/buildkite-door.js';
import { describeError, runBuildkiteInProcess } from '../support/in-process.js';

const names = buildkiteStreams.map(({ name }) => name);
const needing = (scope: string) =>
  buildkiteStreams.filter(({ permissions }) => permissions.includes(scope)).map(({ name }) => name);

/** A history with rows of every stream, seen with a token that lacks a scope. */
const worldWithout = (...lacking: string[]) =>
  createBuildkiteWorld({
    seed: 3,
    builds: 12,
    tickMs: 0,
    coins: { archivedPipelines: 'listed' },
    scopes: allScopes.filter((scope) => !lacking.includes(scope)),
  });

const everything = { streams: names, settings: { buildkite_organizations: 'acme' } };

/** Whether one of the lines names both. */
const areNamed = (lines: readonly string[], stream: string, scope: string) =>
  lines.some((line) => line.split(/[^a-z_]+/).includes(stream) && line.includes(scope));

describe('a token that may read all', () => {
  it('brings rows of every stream', async () => {
    const { stdout, code } = await runDoor(await servedBuildkite(worldWithout()), everything);
    expect([...rowsOf(stdout).keys()].sort()).toEqual([...names].sort());
    expect(code).toBe(0);
  });
});

describe('a token that lacks a scope', () => {
  it.each(allScopes)(
    '%s: each stream that needs it is named and skipped, all others are read',
    async (scope) => {
      const { stdout, stderr, code } = await runDoor(await servedBuildkite(worldWithout(scope)), everything);
      const rows = rowsOf(stdout);
      expect(names.filter((name) => !rows.has(name))).toEqual(needing(scope));
      const errors = logged(stderr, 'ERROR');
      for (const stream of needing(scope)) {
        expect(areNamed(errors, stream, scope), `${stream} in ${errors.join('\n')}`).toBe(true);
      }
      expect(code).toBe(1);
    },
  );

  const pairs = buildkiteStreams.flatMap(({ name, permissions }) =>
    permissions.map((scope) => [name, scope] as const),
  );

  it.each(pairs)('names %s where that alone is read without %s', async (stream, scope) => {
    const { stdout, log, error } = await runBuildkiteInProcess(worldWithout(scope), {
      config: { streams: [stream], buildkite_organizations: 'acme' },
    });
    const errors = log.filter((line) => line.startsWith('ERROR '));
    expect(areNamed(errors, stream, scope), errors.join('\n')).toBe(true);
    expect(rowsOf(stdout).size).toBe(0);
    expect(describeError(error)).toMatch(/could not be read/);
  });

  it.each(allScopes)('%s: the run goes on to 0 when told to skip', async (scope) => {
    const { stderr, code } = await runDoor(await servedBuildkite(worldWithout(scope)), {
      ...everything,
      settings: { ...everything.settings, on_error: 'skip' },
    });
    expect(logged(stderr, 'ERROR')).toEqual([]);
    for (const stream of needing(scope)) {
      expect(areNamed(logged(stderr, 'WARNING'), stream, scope), stream).toBe(true);
    }
    expect(code).toBe(0);
  });

  it('read_organizations: tells to name the organizations where they are not', async () => {
    const sandbox = await servedBuildkite(worldWithout('read_organizations'));
    const { stderr, code } = await runDoor(sandbox, { streams: names });
    expect(logged(stderr, 'ERROR').join()).toMatch(/read_organizations.*buildkite_organizations\.$/);
    expect(code).toBe(1);
  });

  it('all but read_user: the user is read, with no request for anything else', async () => {
    const sandbox = await servedBuildkite(
      worldWithout(...allScopes.filter((scope) => scope !== 'read_user')),
    );
    const { stdout, stderr, code } = await runDoor(sandbox, { streams: 'buildkite_user' });
    expect([...rowsOf(stdout).keys()]).toEqual(['buildkite_user']);
    expect({ code, errors: logged(stderr, 'ERROR') }).toEqual({ code: 0, errors: [] });
    expect(sandbox.requests).toEqual(['GET /v2/access-token', 'GET /v2/user']);
  });

  it('keeps the bookmarks of what was skipped where they were: with the scope all of it comes', async () => {
    const sandbox = await servedBuildkite(worldWithout('read_job_env', 'read_builds'));
    const without = await runDoor(sandbox, everything);
    sandbox.behaviour.scopes = allScopes;
    const state = JSON.parse(without.stdout.trimEnd().split('\n').at(-1) ?? '').value;
    const { stdout, code } = await runDoor(sandbox, { ...everything, state });
    const { length } = rowsOf(stdout).get('buildkite_builds') ?? [];
    expect(length).toBe(sandbox.world.truth().get('buildkite_builds')?.size);
    expect(rowsOf(stdout).get('buildkite_job_env')?.length).toBeGreaterThan(0);
    expect(code).toBe(0);
  });
});
