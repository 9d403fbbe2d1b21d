import { describe, expect, test } from 'vitest';
import { furtherStreams } from '../sandbox/resources/truth.js';
import { lastState, logged, rowsOf } from '../support/buildkite-door.js';
import { messagesOf, served, settingsFor } from '../support/calm.js';
import { busyWorld, everything, runDoor } from '../support/circleci-door.js';
import { Destination } from '../support/destination.js';
import { lacking } from '../support/expected.js';

const further = Object.keys(furtherStreams);

describe('a run of everything', () => {
  test.each([
    ['as the spec spells members', 4, 'as the spec'],
    ['as they are observed', 5, 'as observed'],
  ] as const)('brings each row that CircleCI has, %s', async (_, seed, spelling) => {
    const world = busyWorld({ seed, coins: { spelling } });
    const { stdout, stderr, code } = await runDoor(await served(world), {
      streams: everything,
      settings: { log_jobs: 'all', start_date: '2020-01-01' },
    });
    expect({ code, errors: logged(stderr, 'ERROR') }).toEqual({ code: 0, errors: [] });
    const destination = new Destination();
    destination.load(stdout);
    const truth = world.truth();
    expect(lacking(destination, truth.further, further)).toEqual([]);
    for (const name of further) {
      const expected = [...(truth.further.get(name)?.keys() ?? [])];
      expect([name, [...destination.stream(name).keys()].sort()]).toEqual([name, expected.sort()]);
      expect([name, expected.length > 0]).toEqual([name, true]);
    }
  });

  test('has names with underscores, but for those that users give', async () => {
    const { stdout } = await runDoor(await served(busyWorld({ coins: { spelling: 'as the spec' } })), {
      streams: everything,
    });
    const free = new Set(['trigger_parameters', 'parameters', 'values', 'requires']);
    const namesIn = (value: unknown): string[] => {
      if (Array.isArray(value)) return value.flatMap(namesIn);
      if (typeof value !== 'object' || value === null) return [];
      return Object.entries(value).flatMap(([name, item]) => [
        name,
        ...(free.has(name) ? [] : namesIn(item)),
      ]);
    };
    const names = new Set([...rowsOf(stdout).values()].flat().flatMap(namesIn));
    expect([...names].filter((name) => /[^a-z0-9_]/.test(name))).toEqual([]);
    const values = rowsOf(stdout).get('pipeline_values')?.[0]?.values;
    expect(Object.keys(values as object)).toContain('pipeline.git.branch.is_default');
  });

  test('never shows a signed address, nor the latest workflow of a job', async () => {
    const { stdout, stderr } = await runDoor(await served(busyWorld()), {
      streams: everything,
      args: ['--log-level', 'debug'],
    });
    expect(stdout + stderr).not.toMatch(/X-Amz-Signature/);
    expect(stdout).not.toMatch(/"(latest_workflow|output_url|signing_secret)":/);
    expect(stderr).not.toMatch(/WARNING .*this version does not know/);
  });

  test('walks the pipelines, workflows and jobs as often as one of the core', async () => {
    const lists = [
      '/project/{project-slug}/pipeline',
      '/pipeline/{id}/workflow',
      '/workflow/{id}/job',
    ] as const;
    const sandbox = await served(busyWorld({ seed: 7 }));
    const countsOf = async (streams: string) => {
      const requested = () => lists.map((name) => sandbox.traffic.counts[name]);
      sandbox.traffic.reset();
      const first = await runDoor(sandbox, { streams });
      const firstCounts = requested();
      sandbox.traffic.reset();
      const second = await runDoor(sandbox, { streams, state: lastState(first.stdout) });
      expect([first.code, second.code]).toEqual([0, 0]);
      return [firstCounts, requested()];
    };
    const core = await countsOf('core');
    expect(core.flat().every((count) => count > 0)).toBe(true);
    expect(await countsOf(everything)).toEqual(core);
    expect(await countsOf('job_details,job_steps,job_logs,test_results,artifacts')).toEqual(core);
  });

  test('asks for each job once, though reruns from failed list it again', async () => {
    const sandbox = await served(busyWorld({ seed: 5, reruns: 30, features: { rerunsFromFailed: true } }));
    const { stdout } = await runDoor(sandbox, { streams: everything, settings: { log_jobs: 'all' } });
    const jobs = rowsOf(stdout).get('jobs') ?? [];
    expect(new Set(jobs.map(({ id }) => id)).size).toBeLessThan(jobs.length);
    const ofJobs = sandbox.requests.filter((request) => /\/(job\/)?\d+(\/(tests|artifacts))?$/.test(request));
    expect(ofJobs.length).toBeGreaterThan(jobs.length);
    expect(ofJobs.length).toBe(new Set(ofJobs).size);
  });
});

describe('a stream alone', () => {
  test.each([
    ['job_logs', ['job_logs']],
    ['context_restrictions', ['context_restrictions']],
    ['tests,configuration', ['pipeline_configs', 'pipeline_values', 'test_results']],
  ])('%s, brings the same rows as beside all others', async (streams, names) => {
    const sandbox = await served(busyWorld({ pipelines: 5, reruns: 2 }));
    const settings = { log_jobs: 'all' };
    const whole = rowsOf((await runDoor(sandbox, { streams: everything, settings })).stdout);
    const { stdout, code } = await runDoor(sandbox, { streams, settings });
    expect(code).toBe(0);
    expect([...rowsOf(stdout).keys()].sort()).toEqual(names);
    const sorted = (rows: readonly object[] = []) => rows.map((row) => JSON.stringify(row)).sort();
    for (const name of names) expect(sorted(rowsOf(stdout).get(name))).toEqual(sorted(whole.get(name)));
  });

  test('users, says that nothing names any', async () => {
    const { stdout, stderr, code } = await runDoor(await served(busyWorld()), { streams: 'users' });
    expect([code, rowsOf(stdout).size]).toEqual([0, 0]);
    expect(logged(stderr, 'WARNING')).toEqual([
      'WARNING users are the people whom rows of workflows and jobs name, and neither stream is selected.',
    ]);
  });
});

describe('the catalog', () => {
  const discovered = async (sandbox: Awaited<ReturnType<typeof served>>) => {
    const { stdout } = await runDoor(sandbox, { streams: everything, args: ['--discover'] });
    return JSON.parse(stdout) as { streams: { tap_stream_id: string; metadata: object[]; schema: object }[] };
  };

  test('holds all streams that the setting names, with their keys', async () => {
    const { streams } = await discovered(await served(busyWorld()));
    expect(streams.map(({ tap_stream_id: name }) => name).sort()).toEqual(
      ['pipelines', 'workflows', 'jobs', ...further].sort(),
    );
    for (const [name, { key }] of Object.entries(furtherStreams)) {
      const stream = streams.find(({ tap_stream_id: id }) => id === name);
      expect(stream?.metadata).toContainEqual(
        expect.objectContaining({ metadata: expect.objectContaining({ 'table-key-properties': key }) }),
      );
    }
  });

  test('selects: only what is selected is read and announced', async () => {
    const sandbox = await served(busyWorld());
    const { streams } = await discovered(sandbox);
    const catalog = {
      streams: streams.map((stream) => {
        const selected = ['job_logs', 'contexts', 'workflows'].includes(stream.tap_stream_id);
        return { ...stream, metadata: [{ breadcrumb: [], metadata: { selected } }] };
      }),
    };
    const { stdout, code } = await runDoor(sandbox, {
      streams: everything,
      catalog,
      settings: { log_jobs: 'all' },
    });
    expect(code).toBe(0);
    const announced = messagesOf(stdout).filter(({ type }) => type === 'SCHEMA');
    expect(announced.map(({ stream }) => stream)).toEqual(['workflows', 'contexts', 'job_logs']);
    expect([...rowsOf(stdout).keys()].sort()).toEqual(['contexts', 'job_logs', 'workflows']);
    const { counts } = sandbox.traffic;
    expect([counts['/user/{id}'], counts['/project/{project-slug}/{number}/tests']]).toEqual([0, 0]);
  });
});

test('a project of the GitHub App has no schedules, which is no error', async () => {
  const slug = 'circleci/8YpH3JBzy2FNWdMsfi9LqA/GjtzQJmyCgPAhCXmRnjRWa';
  const sandbox = await served(busyWorld({ projects: [slug] }));
  const { stdout, stderr, code } = await runDoor(sandbox, {
    streams: everything,
    settings: { project_slugs: settingsFor(sandbox).project_slugs },
  });
  expect({ code, errors: logged(stderr, 'ERROR') }).toEqual({ code: 0, errors: [] });
  expect(rowsOf(stdout).get('schedules')).toBeUndefined();
  expect(rowsOf(stdout).get('job_steps')?.length).toBeGreaterThan(0);
});
