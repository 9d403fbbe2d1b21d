import { describe, expect, it, onTestFinished } from 'vitest';
import { plainBuildkiteCoins } from '../sandbox/buildkite/coins.js';
import { type BuildkiteSandbox, serveBuildkite } from '../sandbox/buildkite/serve.js';
import { createBuildkiteWorld } from '../sandbox/buildkite/world.js';
import { DAY, HOUR, MINUTE } from '../sandbox/rows.js';
import type { World } from '../sandbox/world.js';
import { type BinaryResult, runIn } from '../support/binary.js';
import { calmWorld, messagesOf, served, settingsFor, stillClock, today } from '../support/calm.js';

/** Leaves out what is another in every run, and the schemas, which stand in the catalog of `discover`. */
function scrubbed(text: string): string {
  return text
    .replaceAll(/("type":"SCHEMA","stream":"\w+","schema":).*(,"key_properties")/g, '$1{…}$2')
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:<port>')
    .replaceAll(/("type":"timer","metric":"\w+","value":)[\d.]+/g, '$1<seconds>')
    .replaceAll(/ in \d+ ms$/gm, ' in <milliseconds> ms')
    .replaceAll(/[\d.]+ s(?= for limits|\.$)/gm, '<seconds> s');
}

/** Compares what a run wrote with the files of `scenario`; `vitest -u` writes them anew. */
async function expectGolden(scenario: string, { stdout, stderr, code }: BinaryResult): Promise<void> {
  await expect(scrubbed(stdout)).toMatchFileSnapshot(`${scenario}/stdout.txt`);
  await expect(scrubbed(stderr)).toMatchFileSnapshot(`${scenario}/stderr.txt`);
  await expect(`${code}\n`).toMatchFileSnapshot(`${scenario}/exit-code.txt`);
}

interface Given {
  readonly settings?: object;
  readonly state?: unknown;
  readonly args?: readonly string[];
}

/** A sync, or another command, against a history of one project; one request at a time, so that lines keep their order. */
async function run(world: World, { settings = {}, state, args = [] }: Given = {}): Promise<BinaryResult> {
  const sandbox = await served(world);
  const files = {
    'config.json': { ...settingsFor(sandbox), max_concurrency: 1, ...settings },
    ...(state === undefined ? {} : { 'state.json': state }),
  };
  const withState = state === undefined ? [] : ['--state', 'state.json'];
  return runIn(files, ['--config', 'config.json', ...withState, ...args], stillClock(sandbox));
}

/** The state that a first sync of `world` leaves. */
async function stateAfterFirst(world: World): Promise<unknown> {
  return messagesOf((await run(world)).stdout).at(-1)?.value;
}

/** A Buildkite with a build that has passed, one with a job that was retried, and one at a block step. */
async function servedBuildkite(): Promise<BuildkiteSandbox> {
  const world = createBuildkiteWorld({
    builds: 0,
    pipelines: ['web'],
    start: today - DAY,
    now: today,
    tickMs: 0,
    coins: plainBuildkiteCoins,
    expiresAt: today + 7 * DAY,
  });
  const rest = {
    message: 'Mend the till',
    commit: 'HEAD',
    branch: 'main',
    creator: null,
    pull_request: null,
  };
  const build = (createdAt: number, state: string) =>
    world.addBuild({ createdAt, state, rest, jobs: [{ name: 'Test', artifacts: 0, state }] });
  build(today - 8 * HOUR, 'passed');
  const flaky = build(today - 6 * HOUR, 'failed');
  for (const job of flaky.jobs.slice()) world.retryJob(job, { at: today - 4 * HOUR });
  const release = build(today - 3 * HOUR, 'running');
  world.blockBuild(release, { at: today - 3 * HOUR + 5 * MINUTE, label: 'Release?' });
  const sandbox = await serveBuildkite(world);
  onTestFinished(() => sandbox.close());
  return sandbox;
}

/** A command against Buildkite, and CircleCI beside it unless `settings` leave it out; one request at a time of each. */
async function runWithBuildkite(args: readonly string[], settings: object = {}): Promise<BinaryResult> {
  const circleci = await served();
  const buildkite = await servedBuildkite();
  const config = {
    ...settingsFor(circleci),
    buildkite_token: buildkite.token,
    buildkite_base_url: buildkite.url,
    max_concurrency: 1,
    ...settings,
  };
  return runIn({ 'config.json': config }, ['--config', 'config.json', ...args], stillClock(circleci));
}

const withoutCircleCI = { token: null, project_slugs: null };

/** Puts what the two sources wrote at the same time one after the other, and last what is of both. */
function untangled(text: string): string {
  const rank = (line: string): string => {
    if (/^{"type":"STATE"|"job_duration"|^INFO (?!METRIC)/.test(line)) return '2';
    const source = /"buildkite_|"\/access-token|"\/organizations/.test(line) ? '1' : '0';
    // Requests that are made at the same time may end in any order.
    return `${source} ${/"http_request_duration".*"endpoint":"([^"]+)"/.exec(line)?.[1] ?? ''}`;
  };
  const lines = text.trimEnd().split('\n');
  return `${lines.toSorted((one, other) => rank(one).localeCompare(rank(other), 'en')).join('\n')}\n`;
}

describe('golden runs', () => {
  it('a first sync', async () => {
    await expectGolden('first-sync', await run(calmWorld()));
  });

  it('a first sync, at debug', async () => {
    await expectGolden('first-sync-at-debug', await run(calmWorld(), { args: ['--log-level', 'debug'] }));
  });

  it('a second sync, with nothing new', async () => {
    const world = calmWorld();
    const state = await stateAfterFirst(world);
    await expectGolden('second-sync', await run(world, { state }));
  });

  it('a second sync, after a rerun', async () => {
    const world = calmWorld();
    const state = await stateAfterFirst(world);
    const [workflow] = world.projects[0]?.pipelines[0]?.workflows ?? [];
    if (workflow === undefined) throw new Error('There is no workflow to rerun.');
    world.rerun(workflow, { at: today + HOUR, stoppedAt: today + 2 * HOUR, fromFailed: true });
    world.now = today + 3 * HOUR;
    await expectGolden('rerun', await run(world, { state }));
  });

  it('jobs only', async () => {
    await expectGolden('jobs-only', await run(calmWorld(), { settings: { streams: 'jobs' } }));
  });

  it('a list of workflows that cannot be read', async () => {
    const sandbox = await served();
    sandbox.faults.add({ kind: 'status', status: 500, match: /workflow/ });
    const files = { 'config.json': { ...settingsFor(sandbox), max_concurrency: 1, max_retries: 0 } };
    await expectGolden('unreadable', await runIn(files, ['--config', 'config.json'], stillClock(sandbox)));
  });

  it('a token that is refused', async () => {
    await expectGolden('token-refused', await run(calmWorld(), { settings: { token: 'expired-token' } }));
  });

  it('discover', async () => {
    await expectGolden('discover', await run(calmWorld(), { args: ['--discover'] }));
  });

  it('a sync of both sources', async () => {
    const { stdout, stderr, ...rest } = await runWithBuildkite([]);
    await expectGolden('both', { ...rest, stdout: untangled(stdout), stderr: untangled(stderr) });
  });

  it('discover, of both sources', async () => {
    const { stdout, ...rest } = await runWithBuildkite(['--discover']);
    const { streams }: { streams: { stream: string }[] } = JSON.parse(stdout);
    await expectGolden('discover-both', {
      ...rest,
      stdout: `${streams.map(({ stream }) => stream).join('\n')}\n`,
    });
  });

  it('check, of Buildkite', async () => {
    const settings = { ...withoutCircleCI, streams: 'buildkite buildkite_job_logs' };
    await expectGolden('check-buildkite', await runWithBuildkite(['check'], settings));
  });

  it.each(['help', 'about', 'version'])('--%s', async (flag) => {
    await expectGolden(flag, await runIn({}, [`--${flag}`]));
  });

  it('no arguments', async () => {
    await expectGolden('no-arguments', await runIn({}, []));
  });
});
