import { describe, expect, it } from 'vitest';
import { buildkiteStreams } from '../../src/streams/buildkite/index.js';
import { plantedSecrets, secretKinds, secretOf } from '../sandbox/buildkite/secrets.js';
import { DAY } from '../sandbox/buildkite/time.js';
import { createBuildkiteWorld } from '../sandbox/buildkite/world.js';
import { lastState, noon, quietWorld, rowsOf, runDoor, servedBuildkite } from '../support/buildkite-door.js';
import type { DoorOptions } from '../support/door.js';

const names = buildkiteStreams.map(({ name }) => name);

/** What jobs have printed leaves with their logs, and what people have noted about a build with its row. */
const leaving = ['log', 'meta-data'] as const;
const hidden = secretKinds.filter((kind) => !leaving.some((one) => one === kind));

describe('secrets', () => {
  it.each([1, 2])('stand in no byte of the output or of the log at debug (history %d)', async (seed) => {
    const world = createBuildkiteWorld({
      seed,
      builds: 15,
      tickMs: 0,
      coins: { webhookUrl: 'present', badgeUrl: 'present', embeddedAgent: 'full' },
    });
    const sandbox = await servedBuildkite(world);
    const run = (state?: unknown) =>
      runDoor(sandbox, { streams: names, state, args: ['--log-level', 'debug'] });
    const first = await run();
    world.advance(3 * DAY);
    const second = await run(lastState(first.stdout));
    expect([first.code, second.code]).toEqual([0, 0]);
    const written = [first, second].map(({ stdout, stderr }) => stdout + stderr).join('');
    for (const kind of hidden) {
      const planted = plantedSecrets(world, [kind]);
      expect(planted.length, kind).toBeGreaterThan(0);
      expect(
        planted.filter((secret) => written.includes(secret)),
        kind,
      ).toEqual([]);
    }
    expect(written).not.toContain(sandbox.token);
  });

  it('stay hidden while requests fail: a message shows no more than where', async () => {
    const world = quietWorld();
    world.addBuild({ createdAt: noon });
    const sandbox = await servedBuildkite(world);
    const secret = plantedSecrets(world, ['build env'])[0];
    const [row] = world.get('/organizations/acme/builds').body as [object];
    // The environment comes as a text, which the schema does not take.
    const body = [{ ...row, env: `TOKEN=${secret}` }];
    sandbox.faults.add({ kind: 'status', status: 200, body, match: /\/builds\?/ });
    const { stdout, stderr, code } = await runDoor(sandbox, { args: ['--log-level', 'debug'] });
    expect(stdout + stderr).not.toContain(secret);
    expect(stderr).toMatch(/^ERROR .*env is "\*\*\*", expected/m);
    expect(code).toBe(1);
  });
});

describe('the values of environment variables', () => {
  const envsOf = async (settings: object) => {
    const world = quietWorld();
    world.addBuild({ createdAt: noon, jobs: 1 });
    const sandbox = await servedBuildkite(world);
    const { stdout } = await runDoor(sandbox, {
      streams: 'buildkite_pipelines buildkite_builds buildkite_job_env',
      settings,
    });
    const rows = rowsOf(stdout);
    const [pipeline] = rows.get('buildkite_pipelines') ?? [];
    const [build] = rows.get('buildkite_builds') ?? [];
    const [job] = rows.get('buildkite_job_env') ?? [];
    return { pipeline: pipeline?.env, build: build?.env, job: job?.env, world };
  };

  it('are starred, their names stay', async () => {
    const { pipeline, build, job } = await envsOf({});
    expect(pipeline).toEqual({ NPM_TOKEN: '***' });
    expect(Object.values(build as object)).toEqual(Object.values(build as object).map(() => '***'));
    expect(job).toEqual({
      CI: '***',
      BUILDKITE_BRANCH: '***',
      BUILDKITE_JOB_ID: '***',
      BUILDKITE_BUILD_URL: '***',
      BUILDKITE_PIPELINE_SLUG: '***',
      DATABASE_PASSWORD: '***',
    });
  });

  it('are kept of those that buildkite_env_allow names, letter by letter', async () => {
    const { pipeline, job, world } = await envsOf({
      buildkite_env_allow: ['CI', 'BUILDKITE_PIPELINE_SLUG', 'database_password', 'NPM_TOKEN'],
    });
    expect(job).toMatchObject({ CI: 'true', BUILDKITE_PIPELINE_SLUG: 'web', DATABASE_PASSWORD: '***' });
    expect(job).toMatchObject({ BUILDKITE_BRANCH: '***' });
    const [web] = world.history[0]?.pipelines ?? [];
    expect(pipeline).toEqual({ NPM_TOKEN: secretOf('pipeline env', web?.id ?? '') });
  });
});

describe('the logs of jobs', () => {
  const logsOf = async (options: DoorOptions = {}, jobs: object[] = [{}]) => {
    const world = quietWorld();
    const build = world.addBuild({ createdAt: noon, jobs });
    const sandbox = await servedBuildkite(world);
    const { stdout, stderr, code } = await runDoor(sandbox, { streams: 'buildkite_job_logs', ...options });
    const whole = world
      .truth()
      .get('buildkite_job_logs')
      ?.get(build.jobs[0]?.id ?? '');
    return { rows: rowsOf(stdout).get('buildkite_job_logs') ?? [], whole, stderr, code, build };
  };

  it('come whole, without colours and marks, with their size', async () => {
    const { rows, whole, build } = await logsOf();
    const [job] = build.jobs;
    expect(rows).toEqual([
      {
        job_id: job?.id,
        build_id: build.id,
        build_number: build.number,
        build_created_at: '2026-03-10T12:00:00.000000Z',
        pipeline_slug: 'web',
        organization_slug: 'acme',
        content: [
          '~~~ Preparing working directory',
          `$ export AWS_SECRET_ACCESS_KEY=${secretOf('log', job?.id ?? '')}`,
          '+++ :rspec: Running specs 🪁',
          '....................',
          'passed',
          '',
        ].join('\r\n'),
        size: whole?.size,
        truncated: false,
      },
    ]);
  });

  it.each([1, 8, 20, 40, 47, 60, 77, 100, 150])(
    'come as their last %d bytes, and nothing of what the cut went through',
    async (bytes) => {
      const { rows, whole } = await logsOf({ settings: { buildkite_job_log_tail_bytes: bytes } });
      const [row] = rows;
      const content = String(row?.content);
      expect(row).toMatchObject({ size: whole?.size, truncated: true });
      expect(Buffer.byteLength(content)).toBeLessThanOrEqual(bytes);
      const plain = (await logsOf()).rows[0]?.content;
      expect(String(plain).endsWith(content)).toBe(true);
      // A mark of a line is 20 bytes long, a colour 5.
      expect(content.length).toBeGreaterThanOrEqual(Math.floor((bytes - 30) / 2));
    },
  );

  it('are not read at 0 bytes, but for their size', async () => {
    const { rows, whole, code } = await logsOf({ settings: { buildkite_job_log_tail_bytes: 0 } });
    expect(rows).toEqual([expect.objectContaining({ content: '', size: whole?.size, truncated: true })]);
    expect(code).toBe(0);
  });

  it('may be empty', async () => {
    const { rows, code, stderr } = await logsOf({}, [{ isSilent: true }]);
    expect(rows).toEqual([expect.objectContaining({ content: '', size: 0, truncated: false })]);
    expect({ code, errors: /ERROR/.test(stderr) }).toEqual({ code: 0, errors: false });
  });

  it('are asked for of commands that have ended alone', async () => {
    const { rows } = await logsOf({}, [{}, { type: 'waiter' }, { type: 'manual' }, { state: 'running' }]);
    expect(rows).toHaveLength(1);
  });

  it.each(['65536', '60'])(
    'never show the configured token, also where a cut of %s goes through it',
    async (bytes) => {
      const world = quietWorld();
      world.addBuild({ createdAt: noon, jobs: 1 });
      const token = `bkua_${'0123456789abcdef'.repeat(3)}`;
      const sandbox = await servedBuildkite(world, { token });
      const body = `+ tap --token ${token}\r\nread 30 builds and went home again`;
      sandbox.faults.add({
        kind: 'status',
        status: 206,
        body,
        headers: { 'content-range': `bytes 0-${body.length - 1}/${body.length}` },
        match: /\/log$/,
      });
      const { stdout, stderr } = await runDoor(sandbox, {
        streams: 'buildkite_job_logs',
        settings: { buildkite_job_log_tail_bytes: Number(bytes) },
        args: ['--log-level', 'debug'],
      });
      const [row] = rowsOf(stdout).get('buildkite_job_logs') ?? [];
      expect(row?.content).toBe(
        `${bytes === '60' ? '' : '+ tap --token ***'}\r\nread 30 builds and went home again`,
      );
      for (const part of [token, token.slice(-8)]) expect(stdout + stderr).not.toContain(part);
    },
  );
});
