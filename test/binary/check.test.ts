import { describe, expect, it } from 'vitest';
import { type BulkOptions, createBulkWorld } from '../sandbox/bulk.js';
import { plainCoins } from '../sandbox/coins.js';
import { DAY, MINUTE } from '../sandbox/rows.js';
import { type Sandbox, serve } from '../sandbox/serve.js';
import type { Source } from '../sandbox/source.js';
import { createWorld, type World } from '../sandbox/world.js';
import { calmWorld, messagesOf, served, settingsFor, stillClock } from '../support/calm.js';
import { at, script } from '../support/diary.js';
import { type Ended, Folder } from '../support/folder.js';

const web = 'gh/acme/web';
const api = 'gh/acme/api';

/** Runs check against a sandbox, with other settings if told. */
function checked(sandbox: Sandbox<World>, settings: object = {}, args = ['check']): Promise<Ended> {
  const folder = new Folder(stillClock(sandbox));
  folder.write('config.json', { ...settingsFor(sandbox), ...settings });
  return folder.tap([...args, '--config', 'config.json']);
}

const linesOf = (text: string) => text.trimEnd().split('\n');

describe('check', () => {
  it('tells that token and projects are good, a line for each, and ends with 0', async () => {
    const sandbox = await served(calmWorld([web, api]));
    const { stdout, stderr, code } = await checked(sandbox);
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(linesOf(stdout)).toEqual([
      'token: accepted',
      'gh/acme/web  reachable  1 pipelines since 2024-01-01  first sync about 4 requests  usual run about 3',
      'gh/acme/api  reachable  1 pipelines since 2024-01-01  first sync about 4 requests  usual run about 3',
    ]);
  });

  it('is also --test', async () => {
    const sandbox = await served();
    expect(await checked(sandbox, {}, ['--test'])).toEqual(await checked(sandbox));
  });

  it('needs a config', async () => {
    const { stdout, stderr, code } = await new Folder().tap(['check']);
    expect({ stdout, code }).toEqual({ stdout: '', code: 2 });
    expect(linesOf(stderr).at(-1)).toMatch(/^CRITICAL No config was given\./);
  });

  it.each(['401', '404'] as const)(
    'tells that the token is refused, and how to make another, where that means %s',
    async (badToken) => {
      const sandbox = await served(calmWorld([web], { badToken }));
      const { stdout, stderr, code } = await checked(sandbox, { token: 'another' });
      expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
      expect(linesOf(stderr)).toEqual([
        expect.stringMatching(/^CRITICAL CircleCI did not accept the token: 401 .*user\/tokens\.$/),
      ]);
    },
  );

  it('tells that the host cannot be reached', async () => {
    const sandbox = await served();
    await sandbox.close();
    const { stdout, stderr, code } = await checked(sandbox);
    expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
    expect(linesOf(stderr)).toEqual([
      expect.stringMatching(/^CRITICAL 127\.0\.0\.1:\d+ cannot be reached: /),
    ]);
  });

  it('tells that base_url leads elsewhere', async () => {
    const sandbox = await served();
    const { stderr, code } = await checked(sandbox, { base_url: `${sandbox.url}/elsewhere` });
    expect(code).toBe(1);
    expect(linesOf(stderr)).toEqual([
      expect.stringMatching(/^CRITICAL CircleCI's API is not where base_url leads/),
    ]);
  });

  describe('of a project that cannot be read, beside one that can', () => {
    const fewer = { max_retries: 1 };

    it.each([
      [
        '403: who may help',
        { kind: 'status', status: 403 } as const,
        /^gh\/acme\/api {2}not readable: CircleCI does not allow the token to read \/api\/v2\/project\/gh\/acme\/api: 403 .* ask an administrator/,
      ],
      [
        'HTML: where base_url should lead',
        { kind: 'html200' } as const,
        /^gh\/acme\/api {2}not readable: CircleCI did not answer .* with JSON .*Checking your browser.*Is base_url right\?/,
      ],
      [
        'no answer: when to try again',
        { kind: 'reset' } as const,
        /^gh\/acme\/api {2}not readable: CircleCI gave no usable answer to .* in 2 attempts: .*ECONNRESET/,
      ],
      [
        'a list of another shape',
        { kind: 'garbage-shape', match: /acme\/api\/pipeline$/ } as const,
        /^gh\/acme\/api {2}not readable: The answer to .* has another shape/,
      ],
    ])('tells for %s', async (_, fault, text) => {
      const sandbox = await served(calmWorld([api, web]));
      sandbox.faults.add({ match: /acme\/api/, ...fault });
      const { stdout, stderr, code } = await checked(sandbox, fewer);
      expect(code).toBe(1);
      const [token, broken, good] = linesOf(stdout);
      expect(token).toBe('token: accepted');
      expect(broken).toMatch(text);
      expect(good).toBe(
        'gh/acme/web  reachable  1 pipelines since 2024-01-01  first sync about 4 requests  usual run about 3',
      );
      expect(linesOf(stderr)).toEqual(['CRITICAL 1 of 2 projects cannot be read; see above.']);
    });

    it('tells for 404: the forms of slugs, and all that hides a project', async () => {
      const sandbox = await served();
      const { stdout, stderr, code } = await checked(sandbox, { project_slugs: [web, 'gh/acme/wbe'] });
      expect(code).toBe(1);
      const line = linesOf(stdout).at(-1);
      expect(line).toContain('gh/acme/wbe  not readable: CircleCI does not know the project gh/acme/wbe');
      expect(line).toContain(
        'gh/<organization>/<repository>, bb/<workspace>/<repository>, or circleci/<organization id>/<project id>',
      );
      expect(line).toContain("The token's owner must be able to see the project.");
      expect(line).toContain('deleted, renamed or never set up');
      expect(line).toContain('GitHub App');
      expect(linesOf(stderr)).toEqual(['CRITICAL 1 of 2 projects cannot be read; see above.']);
    });
  });
});

interface Requests {
  readonly firstSync: number;
  readonly usualRun: number;
}

/** The numbers of a project's line. */
function numbersOf({ stdout }: Ended): Requests & { readonly pipelines: number } {
  const found = /(\d+) pipelines since .* about (\d+) requests {2}usual run about (\d+)/.exec(stdout);
  const [pipelines = 0, firstSync = 0, usualRun = 0] = (found ?? []).slice(1).map(Number);
  return { pipelines, firstSync, usualRun };
}

describe('the numbers of check', () => {
  it('are those of the pipelines since start_date, found with few requests', async () => {
    const sandbox = await served(
      createWorld({
        seed: 5,
        pipelines: 400,
        days: 300,
        reruns: 0,
        features: 'none',
        coins: plainCoins,
        tickMs: 0,
      }),
    );
    for (const days of [0, 100, 299, 301]) {
      sandbox.traffic.reset();
      const since = at(days);
      const { pipelines } = numbersOf(await checked(sandbox, { start_date: new Date(since).toISOString() }));
      expect(pipelines).toBe(sandbox.world.truth({ since }).pipelines.size);
      // Halving 400 takes 9 at the most, three times; 20 are a sample.
      expect(sandbox.traffic.counts['/project/{project-slug}/pipeline/{number}']).toBeLessThanOrEqual(
        3 * 9 + 20,
      );
      expect(sandbox.traffic.counts['/project/{project-slug}/pipeline']).toBe(1);
    }
  });

  it('end with end_date', async () => {
    const sandbox = await served(
      createWorld({ seed: 5, pipelines: 100, features: 'none', coins: plainCoins, tickMs: 0 }),
    );
    const { pipelines } = numbersOf(
      await checked(sandbox, { start_date: '2024-01-11', end_date: '2024-02-01' }),
    );
    const since = (days: number) => sandbox.world.truth({ since: at(days) }).pipelines.size;
    expect(pipelines).toBe(since(10) - since(31));
    expect(pipelines).toBeGreaterThan(0);
  });

  it('go back a year by the clock without a start_date', async () => {
    const world = createWorld({
      seed: 5,
      pipelines: 100,
      days: 700,
      reruns: 0,
      features: 'none',
      coins: plainCoins,
      tickMs: 0,
    });
    world.now = Date.UTC(2025, 8, 30, 12);
    const sandbox = await served(world);
    const { stdout } = await checked(sandbox, { start_date: null });
    const since = Date.UTC(2024, 8, 30, 12);
    expect(stdout).toContain(`${world.truth({ since }).pipelines.size} pipelines since 2024-09-30`);
  });

  it('are 0 for a project without pipelines', async () => {
    const world = createWorld({ pipelines: 0, coins: plainCoins, tickMs: 0 });
    const { stdout, code } = await checked(await served(world));
    expect(code).toBe(0);
    expect(stdout).toContain('0 pipelines since 2024-01-01  first sync about 2 requests  usual run about 2');
  });

  /** What check says, and what a first sync and the run after it say at their ends. */
  async function estimated(sandbox: Sandbox<Source>, settings: object = {}): Promise<[Requests, Requests]> {
    const { world } = sandbox;
    const folder = new Folder({ CLOCK_START: String(world.now), CLOCK_SPEED: '0' });
    const config = { token: sandbox.token, base_url: sandbox.url, project_slugs: world.slugs, ...settings };
    folder.write('config.json', config);
    const { firstSync, usualRun } = numbersOf(await folder.tap(['check', '--config', 'config.json']));
    const counted = async (...args: string[]) => {
      const { stdout, stderr } = await folder.tap(['--config', 'config.json', ...args]);
      folder.write('state.json', messagesOf(stdout).at(-1)?.value);
      return Number(/^INFO Requests: (\d+),/m.exec(stderr)?.[1]);
    };
    const real = { firstSync: await counted(), usualRun: await counted('--state', 'state.json') };
    return [{ firstSync, usualRun }, real];
  }

  const bulk = { pipelines: 50, workflowsPerPipeline: 2, jobsPerWorkflow: 3, days: 25 };
  it.each<[string, BulkOptions, object]>([
    ['of a usual project', bulk, {}],
    ['of a part of its history', bulk, { start_date: '2024-12-20' }],
    [
      'of one with long lists below',
      { ...bulk, workflowsPerPipeline: 22, jobsPerWorkflow: 25, pipelines: 12 },
      {},
    ],
    ['without jobs', bulk, { streams: 'pipelines,workflows' }],
    ['of pipelines alone', bulk, { streams: 'pipelines' }],
    ['without a look-back', bulk, { lookback_days: 0 }],
    ['with all jobs in every run', bulk, { jobs_replication_method: 'FULL_TABLE' }],
    ['until an end_date', bulk, { end_date: '2024-12-20' }],
  ])('are the requests of real runs, %s', async (_, options, settings) => {
    await using sandbox = await serve<Source>(createBulkWorld(options));
    const [said, counted] = await estimated(sandbox, { start_date: '2024-01-01', ...settings });
    expect(said).toEqual(counted);
  });

  /** Forty pipelines of a workflow with three jobs, of which one failed and has steps like any other. */
  const alike = () => {
    const world = script({ pageSize: 20 });
    for (let number = 0; number < 40; number++) {
      const createdAt = at(1, 12 * number);
      const pipeline = world.addPipeline({ createdAt });
      const jobs = ['success', 'success', 'failed'].map((status) => ({ status }));
      world.addWorkflow(pipeline, { createdAt, stoppedAt: createdAt + 5 * MINUTE, status: 'failed', jobs });
    }
    world.now = at(30);
    return world;
  };
  it.each<[string, object]>([
    ['of configurations', { streams: 'pipelines configuration' }],
    ['of configurations without their pipelines', { streams: 'configuration' }],
    ['of job details without jobs', { streams: 'details' }],
    ['of steps', { streams: 'job_steps' }],
    ['of configurations, with a look-back', { streams: 'core configuration', lookback_days: 10 }],
  ])('are the requests of real runs, %s', async (_, settings) => {
    const sandbox = await served(alike());
    const [said, counted] = await estimated(sandbox, { start_date: '2024-01-01', ...settings });
    expect(said).toEqual(counted);
  });

  // Of lists that may be long only the first pages are reckoned with, and of steps those of some jobs.
  it.each<[string, object]>([
    ['of the project alone', { streams: 'project' }],
    ['of tests and artifacts', { streams: 'core tests artifacts' }],
    ['of logs of failed jobs', { streams: 'logs' }],
    ['of logs of all jobs', { streams: 'logs', log_jobs: 'all' }],
    ['of everything about projects', { streams: 'core project configuration details logs tests artifacts' }],
  ])('are near the requests of real runs, %s', async (_, settings) => {
    const sandbox = await served(alike());
    const [said, counted] = await estimated(sandbox, { start_date: '2024-01-01', ...settings });
    expect(Math.abs(said.firstSync - counted.firstSync)).toBeLessThanOrEqual(2 + 0.2 * counted.firstSync);
    expect(Math.abs(said.usualRun - counted.usualRun)).toBeLessThanOrEqual(2);
  });

  it('are near those of a project whose pipelines differ, when nothing is open', async () => {
    const world = createWorld({
      seed: 9,
      pipelines: 300,
      reruns: 40,
      days: 60,
      coins: plainCoins,
      tickMs: 0,
    });
    world.now = world.quietFrom + 100 * DAY;
    await using sandbox = await serve<Source>(world);
    const [said, counted] = await estimated(sandbox, { start_date: '2024-01-01' });
    expect(said.usualRun).toBe(counted.usualRun);
    expect(Math.abs(said.firstSync / counted.firstSync - 1)).toBeLessThan(0.2);
  });
});
