import { describe, expect, test } from 'vitest';
import type { WorldOptions } from '../sandbox/options.js';
import { MINUTE } from '../sandbox/rows.js';
import type { Sandbox } from '../sandbox/serve.js';
import type { World } from '../sandbox/world.js';
import { lastState, logged, rowsOf } from '../support/buildkite-door.js';
import { served } from '../support/calm.js';
import { runDoor } from '../support/circleci-door.js';
import { at, script } from '../support/diary.js';
import type { DoorOptions } from '../support/door.js';

const web = 'gh/acme/web';
const api = 'gh/acme/api';
const legacy = 'gh/acme/legacy-api';
const other = 'gh/other/web';

/** A pipeline in each project, on a day of its own; legacy-api is in no list of projects. */
function worldOf(options: WorldOptions = {}): World {
  const world = script({ projects: [web, api, { slug: legacy, followed: false }, other], ...options });
  world.projects.forEach(({ slug: project }, day) => {
    const createdAt = at(1 + day);
    const pipeline = world.addPipeline({ project, createdAt });
    world.addWorkflow(pipeline, { createdAt, stoppedAt: createdAt + 5 * MINUTE });
  });
  world.now = at(10);
  return world;
}

/** Runs with these settings and without project_slugs, unless they have them. */
function run(sandbox: Sandbox<World>, settings: object, options: DoorOptions = {}) {
  return runDoor(sandbox, { ...options, settings: { project_slugs: null, ...settings } });
}

const projectsIn = (stdout: string) =>
  [...new Set((rowsOf(stdout).get('pipelines') ?? []).map(({ project_slug }) => project_slug))].sort();

describe('org_slugs', () => {
  test.each<[why: string, settings: object, projects: string[]]>([
    ['brings every project of an organization', { org_slugs: 'gh/acme' }, [api, web]],
    ['brings those of several', { org_slugs: ['github/acme', 'gh/other'] }, [api, web, other]],
    ['stands beside project_slugs', { org_slugs: 'gh/acme', project_slugs: other }, [api, web, other]],
    ['leaves out what ! excludes', { org_slugs: 'gh/acme', project_slugs: '!gh/*/api' }, [web]],
    ['is not needed for a glob', { project_slugs: 'gh/acme/*' }, [api, web]],
    ['is not needed for a glob over organizations', { project_slugs: 'gh/*/web' }, [web, other]],
    ['is not needed for a glob with exclusions', { project_slugs: 'gh/acme/* !gh/acme/w?b' }, [api]],
  ])('%s', async (_, settings, projects) => {
    const { stdout, stderr, code } = await run(await served(worldOf()), settings);
    expect(projectsIn(stdout)).toEqual(projects);
    expect({ code, errors: logged(stderr, 'ERROR') }).toEqual({ code: 0, errors: [] });
  });

  test('also brings a project that fell out of the list of recent ones, as it is followed', async () => {
    const { stdout } = await run(await served(worldOf({ recentProjects: 1 })), { org_slugs: 'gh/acme' });
    expect(projectsIn(stdout)).toEqual([api, web]);
  });

  test.each([
    ['an organization', { org_slugs: 'gh/acme' }],
    ['a glob', { project_slugs: 'gh/acme/*' }],
  ])(
    'of %s goes on with a project that only the state knows, also for streams that are new',
    async (_, settings) => {
      const world = worldOf();
      const sandbox = await served(world);
      const first = await run(sandbox, { project_slugs: `${legacy} ${other}` });
      const createdAt = at(10, 1);
      const pipeline = world.addPipeline({ project: legacy, createdAt });
      world.addWorkflow(pipeline, { createdAt, stoppedAt: createdAt + 5 * MINUTE });
      world.now = at(10, 12);
      const state = lastState(first.stdout);
      const core = await run(sandbox, settings, { state });
      expect(projectsIn(core.stdout)).toEqual([api, legacy, web]);
      expect(
        rowsOf(core.stdout)
          .get('pipelines')
          ?.filter(({ project_slug }) => project_slug === legacy),
      ).toEqual([expect.objectContaining({ id: pipeline.id })]);
      const fresh = await run(sandbox, settings, { state, streams: 'job_details' });
      const slugs = rowsOf(fresh.stdout)
        .get('job_details')
        ?.map(({ project_slug }) => project_slug);
      expect(new Set(slugs)).toEqual(new Set([api, legacy, web]));
    },
  );

  test('passes over a project that only the state knows and that is gone, with a WARNING', async () => {
    const sandbox = await served(worldOf());
    const first = await run(sandbox, { project_slugs: legacy });
    const state = JSON.parse(JSON.stringify(lastState(first.stdout)).replaceAll(legacy, 'gh/acme/gone'));
    const { stdout, stderr, code } = await run(sandbox, { org_slugs: 'gh/acme' }, { state });
    expect(projectsIn(stdout)).toEqual([api, web]);
    expect(logged(stderr, 'WARNING')).toEqual([
      'WARNING gh/acme/gone, which only the state knows, is not shown by CircleCI any more; it is passed over.',
    ]);
    expect(code).toBe(0);
    expect(JSON.stringify(lastState(stdout))).toContain('gh/acme/gone');
  });

  test('names a project that is listed and cannot be seen, with what to do, and reads the others', async () => {
    const sandbox = await served(worldOf());
    sandbox.faults.add({ kind: 'status', status: 404, match: /project\/gh\/acme\/api/ });
    const { stdout, stderr, code } = await run(sandbox, { org_slugs: 'gh/acme' });
    expect(projectsIn(stdout)).toEqual([web]);
    expect(logged(stderr, 'ERROR')).toEqual([
      'ERROR gh/acme/api, which was found by recent pipelines, followed, could not be read: ' +
        '/project/gh/acme/api answered 404. The token needs permission to view the project; if it is gone, ' +
        'leave it out with "!gh/acme/api" in project_slugs.',
    ]);
    expect(code).toBe(1);
  });

  test('goes on with a project that has another name by now, without a word and without reading it again', async () => {
    const world = worldOf({ projects: [{ slug: web, formerSlugs: ['gh/acme/site'], renamedAt: at(9) }] });
    const sandbox = await served(world);
    world.now = at(8);
    const first = await run(sandbox, { org_slugs: 'gh/acme' });
    expect(JSON.stringify(lastState(first.stdout))).toContain('gh/acme/site');
    world.now = at(10);
    // Lists name the project by its new name, which would be found first.
    sandbox.faults.add({ kind: 'status', status: 503, match: /project\/gh\/acme\/site$/, times: 1 });
    const { stdout, stderr, code } = await run(
      sandbox,
      { org_slugs: 'gh/acme', max_retries: 2 },
      { state: lastState(first.stdout) },
    );
    expect({ code, warnings: logged(stderr, 'WARNING').filter((line) => !line.includes('503')) }).toEqual({
      code: 0,
      warnings: [],
    });
    expect(projectsIn(stdout)).toEqual([]);
    expect(JSON.stringify(lastState(stdout))).not.toContain('gh/acme/site');
    expect(JSON.stringify(lastState(stdout))).toContain(web);
  });

  test('leaves out what bears an excluded name by now', async () => {
    const world = worldOf({ projects: [{ slug: legacy, formerSlugs: ['gh/acme/site'], renamedAt: at(9) }] });
    const sandbox = await served(world);
    world.now = at(8);
    const first = await run(sandbox, { org_slugs: 'gh/acme' });
    world.now = at(10);
    world.addPipeline({ project: legacy, createdAt: at(9, 12) });
    const { stdout, stderr } = await run(
      sandbox,
      { org_slugs: 'gh/acme', project_slugs: '!gh/acme/legacy-*' },
      { state: lastState(first.stdout) },
    );
    expect(projectsIn(stdout)).toEqual([]);
    expect(logged(stderr, 'INFO')).toContain(
      'INFO gh/acme/site is gh/acme/legacy-api by now, which project_slugs leaves out.',
    );
  });

  test('does not forget a project of which nothing is read that has a bookmark', async () => {
    const world = worldOf();
    const sandbox = await served(world);
    const streams = 'projects';
    const first = await run(sandbox, { org_slugs: 'gh/acme' }, { streams });
    const unlisted = sandbox.faults.add({ kind: 'status', status: 200, body: [], match: /v1\.1\/projects/ });
    sandbox.faults.add({
      kind: 'status',
      status: 200,
      body: { items: [], next_page_token: null },
      match: /\/pipeline\?org-slug=/,
    });
    const again = await run(sandbox, { org_slugs: 'gh/acme' }, { streams, state: lastState(first.stdout) });
    expect(unlisted.hits).toBe(1);
    expect(
      rowsOf(again.stdout)
        .get('projects')
        ?.map(({ slug }) => slug),
    ).toEqual(expect.arrayContaining([api, web]));
    // Where the settings name what is read, there is nothing to remember.
    const named = await run(sandbox, { project_slugs: web }, { streams });
    expect(JSON.stringify(lastState(named.stdout))).not.toContain(web);
  });

  test('that CircleCI does not know is an error that says what to check, and the other one is read', async () => {
    const { stdout, stderr, code } = await run(await served(worldOf()), { org_slugs: 'gh/amce gh/acme' });
    expect(projectsIn(stdout)).toEqual([api, web]);
    expect(logged(stderr, 'ERROR')).toEqual([
      'ERROR CircleCI does not know the organization gh/amce, or does not show it to this token: ' +
        '/api/v2/pipeline?org-slug=gh%2Famce answered 404. Check org_slugs and the patterns in project_slugs; the ' +
        'token needs permission to view the organization.',
    ]);
    expect(code).toBe(1);
  });

  test('that is the only one and unknown leaves stdout empty', async () => {
    const { stdout, stderr, code } = await run(await served(worldOf()), { org_slugs: 'gh/amce' });
    expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
    expect(logged(stderr, 'CRITICAL')).toEqual([
      expect.stringContaining('does not know the organization gh/amce'),
    ]);
  });

  test('that may not be listed is an error that names the permission; what is followed is read', async () => {
    const { stdout, stderr, code } = await run(await served(worldOf({ forbidden: ['/pipeline'] })), {
      org_slugs: 'gh/acme',
    });
    expect(projectsIn(stdout)).toEqual([api, web]);
    expect(logged(stderr, 'ERROR')).toEqual([
      expect.stringMatching(
        /^ERROR Projects of gh\/acme may be missing, .* view the organization\..*org-slug=gh%2Facme: 403/,
      ),
    ]);
    expect(code).toBe(1);
  });

  test('is a WARNING where what the owner follows may not be listed', async () => {
    const { stdout, stderr, code } = await run(await served(worldOf({ forbidden: ['/api/v1.1/projects'] })), {
      org_slugs: 'gh/acme',
    });
    expect(projectsIn(stdout)).toEqual([api, web]);
    expect(logged(stderr, 'WARNING')).toEqual([
      expect.stringMatching(/follows could not be listed\. .*\/api\/v1\.1\/projects: 403/),
    ]);
    expect(code).toBe(0);
  });

  test('gives way to --project', async () => {
    const sandbox = await served(worldOf());
    const { stdout } = await run(sandbox, { org_slugs: 'gh/acme' }, { args: ['--project', other] });
    expect(projectsIn(stdout)).toEqual([other]);
    expect(sandbox.traffic.counts['/pipeline']).toBe(0);
  });

  test('brings the contexts of that organization alone', async () => {
    const world = worldOf({ seed: 6 });
    const { stdout } = await run(await served(world), { org_slugs: 'gh/acme' }, { streams: 'organization' });
    const rows = rowsOf(stdout);
    expect(new Set(rows.get('contexts')?.map(({ organization_slug }) => organization_slug))).toEqual(
      new Set(['gh/acme']),
    );
    expect(rows.get('organizations')?.length).toBe(2);
  });
});

describe('check', () => {
  const check = async (sandbox: Sandbox<World>, settings: object) => {
    const { stdout, stderr, code } = await run(sandbox, settings, { args: ['check'] });
    return { lines: stdout.trimEnd().split('\n'), stderr, code };
  };
  const invisible =
    'A project is missing here if it has not been built for long, or others have been built far more often since, ' +
    'and the owner of the token does not follow it, or may not see it: follow it, or name it in project_slugs.';

  test('lists what was found, by which way, and why a project may be invisible', async () => {
    const world = worldOf({ recentProjects: 1 });
    const { lines, stderr, code } = await check(await served(world), {
      org_slugs: 'gh/acme',
      project_slugs: legacy,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(
      lines.map((line) => line.split(/ {2,}/).filter((_, column) => [0, 1, 5].includes(column))),
    ).toEqual([
      ['token: accepted'],
      [legacy, 'reachable'],
      [api, 'reachable', 'found by: recent pipelines, followed'],
      [web, 'reachable', 'found by: followed'],
      [invisible],
    ]);
  });

  test('says nothing of invisible projects where all are named', async () => {
    const { lines } = await check(await served(worldOf()), { project_slugs: web });
    expect(lines.length).toBe(2);
  });

  test('says which organization cannot be listed, and ends with 1', async () => {
    const { lines, stderr, code } = await check(await served(worldOf()), { org_slugs: 'gh/acme gh/amce' });
    expect(code).toBe(1);
    expect(lines.some((line) => line.startsWith('CircleCI does not know the organization gh/amce'))).toBe(
      true,
    );
    expect(lines.filter((line) => line.includes('reachable')).length).toBe(2);
    expect(logged(stderr, 'CRITICAL')).toEqual([
      'CRITICAL 1 of the organizations cannot be listed; see above.',
    ]);
  });

  test('says that no project was found', async () => {
    const { stderr, code } = await check(await served(worldOf()), { project_slugs: 'gh/*/none' });
    expect(code).toBe(1);
    expect(logged(stderr, 'CRITICAL')).toEqual([
      'CRITICAL CircleCI shows no project that the settings name; see above.',
    ]);
  });
});
