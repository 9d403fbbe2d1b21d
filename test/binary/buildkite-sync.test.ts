import { describe, expect, it } from 'vitest';
import { buildkiteStreams } from '../../src/streams/buildkite/index.js';
import { DAY, HOUR } from '../sandbox/buildkite/time.js';
import { createBuildkiteWorld } from '../sandbox/buildkite/world.js';
import {
  buildkiteSettings,
  lastState,
  logged,
  noon,
  quietWorld,
  rowsOf,
  runDoor,
  servedBuildkite,
} from '../support/buildkite-door.js';
import { calmWorld, messagesOf, served, settingsFor, today } from '../support/calm.js';
import { Destination, repeated } from '../support/destination.js';
import { lacking } from '../support/expected.js';
import { Folder } from '../support/folder.js';
import { hasChecker, violations } from '../support/invariants.js';

const names = buildkiteStreams.map(({ name }) => name);

/** What `truth` has in another form than the rows of a stream: their own tests are elsewhere. */
const inOtherForm = new Set(['buildkite_job_logs', 'buildkite_tests', 'buildkite_members']);

/** A history in which all that may happen does, read when it is over. */
function fullWorld(seed: number) {
  const world = createBuildkiteWorld({ seed, builds: 15, tickMs: 0, organizations: ['acme', 'umbrella'] });
  world.now = world.quietFrom + DAY;
  return world;
}

describe('a sync of Buildkite through the built program, over a socket', () => {
  it.each([3, 8, 21])(
    'writes of every stream what the API shows, each key once (history %d)',
    async (seed) => {
      const world = fullWorld(seed);
      const { stdout, stderr, code } = await runDoor(await servedBuildkite(world), { streams: names });
      expect(stderr).not.toMatch(/^(ERROR|CRITICAL)/m);
      expect(code).toBe(0);
      const destination = new Destination();
      const output = destination.load(stdout);
      expect(repeated(output.keys)).toEqual([]);
      const truth = world.truth();
      const compared = names.filter((name) => !inOtherForm.has(name));
      expect(lacking(destination, truth, compared)).toEqual([]);
      const counts = (rows: ReadonlyMap<string, ReadonlyMap<string, unknown>>) =>
        names.map((name) => `${rows.get(name)?.size ?? 0} ${name}`);
      // A member of two organizations has a row in each.
      const members = world.history.reduce((sum, one) => sum + one.members, 0);
      expect(counts(destination.rows)).toEqual(
        counts(truth).map((told) =>
          told.endsWith('buildkite_members') ? `${members} buildkite_members` : told,
        ),
      );
    },
  );

  it('writes SCHEMAs first, parents before children, and a STATE at the end', async () => {
    const { stdout } = await runDoor(await servedBuildkite(fullWorld(3)), { streams: names });
    const messages = messagesOf(stdout);
    const schemas = messages.slice(0, names.length);
    expect(schemas.map(({ type, stream }) => `${type} ${stream}`)).toEqual(
      names.map((name) => `SCHEMA ${name}`),
    );
    expect(messages.at(-1)?.type).toBe('STATE');
    expect(messages.filter(({ type }) => type === 'SCHEMA')).toHaveLength(names.length);
  });

  it.skipIf(!hasChecker)('keeps the line rules that targets enforce (checker in ../shared)', async () => {
    const world = fullWorld(8);
    world.now -= 30 * DAY;
    const sandbox = await servedBuildkite(world);
    const first = await runDoor(sandbox, { streams: names });
    expect(violations(first.stdout)).toBe('');
    world.advance(3 * DAY);
    const second = await runDoor(sandbox, { streams: names, state: lastState(first.stdout) });
    expect(violations(second.stdout)).toBe('');
  });

  it('adds to each job which build it is of, and tells times in one format', async () => {
    const world = quietWorld({ coins: { pipelineCreatedAt: 'spelled out' } });
    world.addBuild({
      createdAt: noon,
      jobs: [{}, { type: 'waiter' }, { type: 'manual' }, { type: 'trigger', name: 'Deploy' }],
    });
    const { stdout } = await runDoor(await servedBuildkite(world));
    const rows = rowsOf(stdout);
    const [build] = rows.get('buildkite_builds') ?? [];
    const jobs = rows.get('buildkite_jobs') ?? [];
    expect(jobs.map(({ type }) => type)).toEqual(['script', 'waiter', 'manual', 'trigger']);
    for (const job of jobs) {
      expect(job).toMatchObject({
        build_id: build?.id,
        build_number: build?.number,
        build_created_at: '2026-03-10T12:00:00.000000Z',
        pipeline_slug: 'web',
        organization_slug: 'acme',
      });
    }
    const [pipeline] = rows.get('buildkite_pipelines') ?? [];
    expect(pipeline?.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    expect(stdout).not.toMatch(/"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"/);
  });

  it('has all attempts of a job, also where the build is too heavy to bring them', async () => {
    const attempts = async (heaviestPage: number) => {
      const world = quietWorld({ heaviestPage });
      const build = world.addBuild({ createdAt: noon, state: 'failed', jobs: 2 });
      const last = build.jobs.at(-1);
      if (last === undefined) throw new Error('no job');
      world.retryJob(last, { at: noon + HOUR });
      const { stdout } = await runDoor(await servedBuildkite(world));
      return (rowsOf(stdout).get('buildkite_jobs') ?? []).map(({ state }) => state);
    };
    expect(await attempts(100)).toEqual(['passed', 'failed', 'passed']);
    expect(await attempts(1)).toEqual(['passed', 'failed', 'passed']);
  });

  it('writes no row again that has settled, and what has changed once', async () => {
    const world = quietWorld();
    world.addBuild({ createdAt: noon - 10 * DAY });
    const open = world.addBuild({ createdAt: noon, state: 'running' });
    const sandbox = await servedBuildkite(world);
    const first = await runDoor(sandbox, { streams: 'buildkite_builds buildkite_jobs' });
    world.finishBuild(open, { at: world.now + HOUR });
    world.advance(DAY);
    const second = await runDoor(sandbox, {
      streams: 'buildkite_builds buildkite_jobs',
      state: lastState(first.stdout),
    });
    expect(rowsOf(second.stdout).get('buildkite_builds')).toEqual([
      expect.objectContaining({ id: open.id, state: 'passed' }),
    ]);
    expect(rowsOf(second.stdout).get('buildkite_jobs')).toHaveLength(2);
    const third = await runDoor(sandbox, {
      streams: 'buildkite_builds buildkite_jobs',
      state: lastState(second.stdout),
    });
    expect(rowsOf(third.stdout).size).toBe(0);
  });

  it('gives a pipeline that the globs name later its history', async () => {
    const world = quietWorld();
    world.addBuild({ pipeline: 'web', createdAt: noon - 20 * DAY });
    const late = world.addBuild({ pipeline: 'api', createdAt: noon - 20 * DAY });
    const sandbox = await servedBuildkite(world);
    const first = await runDoor(sandbox, { settings: { buildkite_pipelines: '*/web' } });
    expect(
      rowsOf(first.stdout)
        .get('buildkite_pipelines')
        ?.map(({ slug }) => slug),
    ).toEqual(['web']);
    world.advance(3 * DAY);
    const second = await runDoor(sandbox, { state: lastState(first.stdout) });
    expect(rowsOf(second.stdout).get('buildkite_builds')).toEqual([expect.objectContaining({ id: late.id })]);
  });

  it('warns where the globs name no pipeline of an organization', async () => {
    const { stdout, stderr, code } = await runDoor(await servedBuildkite(quietWorld()), {
      settings: { buildkite_pipelines: 'acme/website' },
    });
    expect(logged(stderr, 'WARNING')).toEqual([
      'WARNING acme: buildkite_pipelines names none of its 2 pipelines.',
    ]);
    expect([...rowsOf(stdout).keys()]).toEqual(['buildkite_organizations']);
    expect(code).toBe(0);
  });

  it('does not warn where they name those of another organization alone', async () => {
    const world = quietWorld({ organizations: ['acme', 'umbrella'] });
    const { stderr, code } = await runDoor(await servedBuildkite(world), {
      settings: { buildkite_pipelines: 'acme/*' },
    });
    expect(logged(stderr, 'WARNING')).toEqual([]);
    expect(logged(stderr, 'INFO')).toContainEqual(
      expect.stringMatching(/^INFO umbrella: buildkite_pipelines names none of its \d+ pipelines\.$/),
    );
    expect(code).toBe(0);
  });

  it('goes on with a pipeline under its new name, and reads what it had open under the old one', async () => {
    const world = quietWorld();
    const open = world.addBuild({ createdAt: noon - 5 * DAY, state: 'running' });
    const [web] = world.history[0]?.pipelines ?? [];
    if (web === undefined) throw new Error('no pipeline');
    world.renamePipeline(web, { slug: 'website', at: world.now + HOUR });
    const sandbox = await servedBuildkite(world);
    const first = await runDoor(sandbox);
    world.finishBuild(open, { at: world.now + 2 * HOUR });
    const fresh = world.addBuild({ createdAt: world.now + 3 * HOUR });
    world.advance(2 * DAY);
    const { stdout, stderr, code } = await runDoor(sandbox, { state: lastState(first.stdout) });
    expect(rowsOf(stdout).get('buildkite_builds')).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: open.id, state: 'passed', pipeline_slug: 'website' }),
        expect.objectContaining({ id: fresh.id, pipeline_slug: 'website' }),
      ]),
    );
    expect({ code, errors: logged(stderr, 'ERROR') }).toEqual({ code: 0, errors: [] });
    expect(JSON.stringify(lastState(stdout))).toContain('acme/website');
  });

  it('reads the builds of an archived pipeline that the list leaves out', async () => {
    const world = quietWorld({ coins: { archivedPipelines: 'not listed' } });
    world.addPipeline({ slug: 'old', archivedAt: noon });
    const last = world.addBuild({ pipeline: 'old', createdAt: noon - DAY });
    const { stdout, code } = await runDoor(await servedBuildkite(world));
    expect(rowsOf(stdout).get('buildkite_builds')).toEqual([expect.objectContaining({ id: last.id })]);
    expect(
      rowsOf(stdout)
        .get('buildkite_pipelines')
        ?.map(({ slug }) => slug),
    ).toContain('old');
    expect(code).toBe(0);
  });

  it('reads it where the globs name it alone, and asks for none that they leave out', async () => {
    const world = quietWorld({ coins: { archivedPipelines: 'not listed' } });
    world.addPipeline({ slug: 'old', archivedAt: noon });
    const { id } = world.addBuild({ pipeline: 'old', createdAt: noon - DAY });
    const sandbox = await servedBuildkite(world);
    const alone = await runDoor(sandbox, { settings: { buildkite_pipelines: 'acme/old' } });
    expect(rowsOf(alone.stdout).get('buildkite_builds')).toEqual([expect.objectContaining({ id })]);
    expect(rowsOf(alone.stdout).get('buildkite_pipelines')).toEqual([
      expect.objectContaining({ slug: 'old' }),
    ]);
    expect(alone.stderr).not.toContain('names none');
    const settings = { buildkite_pipelines: 'acme/old' };
    const { stdout } = await runDoor(sandbox, { settings, args: ['check'] });
    expect(stdout).toMatch(/^acme +reachable, 1 of 3 pipelines are read$/m);
    const before = sandbox.requests.length;
    const without = await runDoor(sandbox, { settings: { buildkite_pipelines: '!acme/old' } });
    expect(rowsOf(without.stdout).get('buildkite_builds')).toBeUndefined();
    expect(sandbox.requests.slice(before).filter((request) => request.includes('pipelines/old'))).toEqual([]);
  });

  it('reads the others where the token must not see it, and names it once', async () => {
    const world = quietWorld({ coins: { archivedPipelines: 'not listed' } });
    world.addPipeline({ slug: 'old', archivedAt: noon });
    world.addBuild({ pipeline: 'old', createdAt: noon - DAY });
    const { id } = world.addBuild({ pipeline: 'web', createdAt: noon - 2 * DAY });
    const sandbox = await servedBuildkite(world);
    sandbox.faults.add({ kind: 'status', status: 403, match: /pipelines\/old/ });
    const { stdout, stderr, code } = await runDoor(sandbox);
    expect(rowsOf(stdout).get('buildkite_builds')).toEqual([expect.objectContaining({ id })]);
    expect(logged(stderr, 'ERROR')).toEqual([
      expect.stringMatching(/^ERROR acme: the pipeline old is left out of this run, .*!acme\/old/),
    ]);
    expect(code).toBe(1);
  });

  it('asks no more for the open builds of a pipeline that was deleted, and says so once', async () => {
    const world = quietWorld();
    world.addBuild({ pipeline: 'web', createdAt: noon - 2 * DAY });
    const open = world.addBuild({ pipeline: 'api', createdAt: noon - 2 * DAY, state: 'running' });
    const first = await runDoor(await servedBuildkite(world));
    const after = quietWorld({ pipelines: ['web'], now: world.now + DAY });
    const sandbox = await servedBuildkite(after);
    const second = await runDoor(sandbox, { state: lastState(first.stdout) });
    expect(logged(second.stderr, 'INFO').filter((line) => line.includes('gone'))).toEqual([
      'INFO acme: pipelines that are gone, whose open builds are asked for no more: api.',
    ]);
    expect(JSON.stringify(lastState(first.stdout))).toContain(`["${open.number}"`);
    expect(JSON.stringify(lastState(second.stdout))).not.toContain(`["${open.number}"`);
    const before = sandbox.requests.length;
    const third = await runDoor(sandbox, { state: lastState(second.stdout) });
    expect(sandbox.requests.slice(before).filter((request) => request.includes('/api'))).toEqual([]);
    expect([second.code, third.code]).toEqual([0, 0]);
  });

  it('reads the other organizations where one is gone, names it, and ends with 1', async () => {
    const world = quietWorld({ organizations: ['acme', 'umbrella'] });
    world.addBuild({ createdAt: noon });
    const { stdout, stderr, code } = await runDoor(await servedBuildkite(world), {
      settings: { buildkite_organizations: 'gone acme umbrella' },
    });
    const rows = rowsOf(stdout);
    expect(rows.get('buildkite_organizations')?.map(({ slug }) => slug)).toEqual(['acme', 'umbrella']);
    expect(rows.get('buildkite_builds')).toHaveLength(1);
    expect(logged(stderr, 'ERROR')).toEqual([
      expect.stringMatching(/^ERROR Buildkite does not know the organization gone,/),
    ]);
    expect(code).toBe(1);
  });

  it('names builds that do not tell their pipeline', async () => {
    const world = quietWorld();
    for (const days of [3, 4]) world.addBuild({ createdAt: noon - days * DAY });
    const sandbox = await servedBuildkite(world);
    const [first, second] = world.get('/organizations/acme/builds').body as { id: string }[];
    const body = [{ ...first, url: null }, second];
    sandbox.faults.add({ kind: 'status', status: 200, body, match: /\/acme\/builds\?/ });
    const { stdout, stderr, code } = await runDoor(sandbox);
    expect(rowsOf(stdout).get('buildkite_builds')).toHaveLength(1);
    expect(logged(stderr, 'WARNING').filter((line) => line.includes('left out'))).toEqual([
      `WARNING acme: builds without url, which tells their pipeline, were left out with their jobs: ${first?.id}.`,
    ]);
    expect(code).toBe(0);
  });

  it('says that the token sees no organization', async () => {
    const sandbox = await servedBuildkite(quietWorld());
    sandbox.faults.add({ kind: 'status', status: 200, body: [], match: /\/organizations\?/ });
    const { stderr, code } = await runDoor(sandbox);
    expect(logged(stderr, 'ERROR')).toEqual([
      'ERROR Buildkite shows no organization to the token, so there is nothing to read.',
    ]);
    expect(code).toBe(1);
  });

  it('follows no link to another origin, and sends the token nowhere else', async () => {
    const elsewhere = await servedBuildkite(quietWorld());
    const sandbox = await servedBuildkite(quietWorld());
    sandbox.faults.add({
      kind: 'status',
      status: 200,
      body: [],
      headers: { link: `<${elsewhere.url}/organizations/acme/agents?page=2>; rel="next"` },
      match: /\/agents/,
    });
    const { stderr, code } = await runDoor(sandbox, { streams: 'buildkite_agents' });
    expect(logged(stderr, 'ERROR').join()).toMatch(
      /buildkite_agents could not be read\. Buildkite leads away from .*; the token is not sent there/,
    );
    expect({ code, asked: elsewhere.requests }).toEqual({ code: 1, asked: [] });
  });

  it('ends a list that goes round in circles', async () => {
    const sandbox = await servedBuildkite(quietWorld());
    sandbox.faults.add({ kind: 'token-loop', match: /\/agents/ });
    const { stderr, code } = await runDoor(sandbox, { streams: 'buildkite_agents' });
    expect(stderr).toMatch(/goes round in circles/);
    expect(code).toBe(1);
    expect(sandbox.traffic.endpoints['/organizations/{organization}/agents']).toBe(2);
  });

  it.each([
    ['one in each hour', (index: number) => index * HOUR],
    ['all of one second', () => 0],
  ])('reads all builds where the header Link is lost on the way, %s', async (_, after) => {
    const world = quietWorld({ now: noon + 10 * DAY });
    for (let index = 0; index < 75; index++) world.addBuild({ createdAt: noon + after(index), jobs: 1 });
    const { stdout, code } = await runDoor(await servedBuildkite(world, { linkHeaders: false }));
    expect(rowsOf(stdout).get('buildkite_builds')).toHaveLength(75);
    expect(code).toBe(0);
  });

  it('ends a list of builds that goes round in circles', async () => {
    const world = quietWorld();
    for (let index = 0; index < 3; index++) world.addBuild({ createdAt: noon + index * HOUR, jobs: 1 });
    const sandbox = await servedBuildkite(world);
    sandbox.faults.add({ kind: 'token-loop', match: /\/acme\/builds/ });
    const { stderr, code } = await runDoor(sandbox);
    expect(logged(stderr, 'ERROR')).toEqual([expect.stringMatching(/^ERROR acme: .* goes round in circles/)]);
    expect(code).toBe(1);
  });

  it('reads all pages of lists that are paged by links', async () => {
    const world = quietWorld({ pipelines: Array.from({ length: 230 }, (_, index) => `p${index}`) });
    const sandbox = await servedBuildkite(world);
    const { stdout } = await runDoor(sandbox, { streams: 'buildkite_pipelines' });
    expect(rowsOf(stdout).get('buildkite_pipelines')).toHaveLength(230);
    expect(sandbox.traffic.endpoints['/organizations/{organization}/pipelines']).toBe(3);
  });
});

describe('a run that is interrupted', () => {
  it('is finished by the next one, which begins with the last state', async () => {
    const world = createBuildkiteWorld({ seed: 5, builds: 120, tickMs: 0, features: 'none' });
    const sandbox = await servedBuildkite(world, { latencyMs: 5 });
    const folder = new Folder({ CLOCK_START: String(world.now), CLOCK_SPEED: '2000' });
    const settings = { ...buildkiteSettings(sandbox), max_concurrency: 2 };
    folder.write('config.json', { ...settings, streams: names });
    const child = folder.startTap(['--config', 'config.json']);
    let stdout = '';
    const killed = new Promise<void>((resolve) => {
      child.stdout?.on('data', (chunk: Buffer) => {
        stdout += chunk.toString('latin1');
        const covered = stdout.slice(0, Math.max(0, stdout.lastIndexOf('{"type":"STATE"')));
        if (covered.split('"RECORD","stream":"buildkite_builds"').length > 20) child.kill('SIGKILL');
      });
      child.on('close', () => resolve());
    });
    await killed;
    const destination = new Destination();
    const first = destination.load(Buffer.from(stdout, 'latin1').toString());
    const isBuild = (key: string) => key.startsWith('buildkite_builds');
    expect(first.keys.filter(isBuild).length).toBeLessThan(120);
    const second = await runDoor(sandbox, { streams: names, state: first.states.at(-1)?.value });
    const again = destination.load(second.stdout);
    expect(second.code).toBe(0);
    const compared = names.filter((name) => !inOtherForm.has(name));
    expect(lacking(destination, world.truth(), compared)).toEqual([]);
    const twice = again.keys.filter((key) => isBuild(key) && first.keys.includes(key));
    expect(twice.length).toBeLessThan(first.keys.filter(isBuild).length / 2);
  });
});

describe('two sources in one run', () => {
  const both = async (settings: object = {}) => {
    const circleci = await served(calmWorld());
    const world = quietWorld({ start: today - DAY, now: today });
    world.addBuild({ createdAt: today - 12 * HOUR });
    const sandbox = await servedBuildkite(world);
    const options = { settings: { ...settingsFor(circleci), start_date: '2020-01-01', ...settings } };
    return { sandbox, circleci, options, result: await runDoor(sandbox, options) };
  };

  it('have one state, one summary and both groups of streams', async () => {
    const { result, sandbox, options } = await both();
    const { stdout, stderr, code } = result;
    expect(code).toBe(0);
    expect([...rowsOf(stdout).keys()].sort()).toEqual([
      'buildkite_builds',
      'buildkite_jobs',
      'buildkite_organizations',
      'buildkite_pipelines',
      'jobs',
      'pipelines',
      'workflows',
    ]);
    const state = lastState(stdout) as { bookmarks: object };
    expect(Object.keys(state.bookmarks).sort()).toEqual([
      'buildkite_builds',
      'buildkite_jobs',
      'jobs',
      'pipelines',
      'workflows',
    ]);
    expect(stderr.match(/^INFO Rows: /gm)).toHaveLength(1);
    expect(stderr).toMatch(/^INFO Rows: .*1 buildkite_builds/m);
    expect(stderr).toMatch(/^INFO Rows: .* 1 workflows/m);
    const second = await runDoor(sandbox, { ...options, state });
    expect(second.code).toBe(0);
    expect(rowsOf(second.stdout).get('buildkite_builds')).toBeUndefined();
  });

  it.each([
    ['token', 'CircleCI', 'buildkite_builds', 'pipelines'],
    ['buildkite_token', 'Buildkite', 'pipelines', 'buildkite_builds'],
  ])(
    'read the one where the other is refused its %s, which ends with 1',
    async (name, source, read, lost) => {
      const { stdout, stderr, code } = (await both({ [name]: 'wrong' })).result;
      const rows = rowsOf(stdout);
      expect([rows.has(read), rows.has(lost)]).toEqual([true, false]);
      expect(logged(stderr, 'ERROR')).toEqual([
        expect.stringMatching(new RegExp(`^ERROR ${source} did not accept the token: 401`)),
      ]);
      expect(messagesOf(stdout).at(-1)?.type).toBe('STATE');
      expect(code).toBe(1);
    },
  );

  it('refuse nothing of Buildkite alone: its token is enough', async () => {
    const { code, stderr } = await runDoor(await servedBuildkite(quietWorld()));
    expect({ code, errors: logged(stderr, 'CRITICAL') }).toEqual({ code: 0, errors: [] });
  });

  it('ask for both settings of CircleCI where neither source is configured', async () => {
    const sandbox = await servedBuildkite(quietWorld());
    const { stderr, code } = await runDoor(sandbox, { settings: { buildkite_token: undefined } });
    expect(stderr).toMatch(/^CRITICAL Config is missing required keys: \['token', 'project_slugs'\]/m);
    expect(code).toBe(1);
  });
});

describe('state show', () => {
  it('tells the pipelines of Buildkite by their names', async () => {
    const world = quietWorld();
    world.addBuild({ createdAt: noon });
    const sandbox = await servedBuildkite(world);
    const state = lastState((await runDoor(sandbox)).stdout);
    const folder = new Folder();
    folder.write('state.json', state);
    const { stdout, code } = await folder.tap(['state', 'show', 'state.json']);
    expect(stdout).toMatch(/^buildkite_builds +acme\/web /m);
    expect(stdout).toMatch(/^buildkite_jobs +acme\/api /m);
    expect(code).toBe(0);
  });
});
