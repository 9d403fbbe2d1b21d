import { describe, expect, it } from 'vitest';
import { HttpError } from '../../src/errors.js';
import { State } from '../../src/sync/state.js';
import { DAY, HOUR } from '../sandbox/buildkite/time.js';
import { lastState, noon, quietWorld, rowsOf } from '../support/buildkite-door.js';
import { Destination } from '../support/destination.js';
import { lacking } from '../support/expected.js';
import { runBuildkiteInProcess } from '../support/in-process.js';

type Breaks = (path: string) => HttpError | undefined;

const pipelines = Array.from({ length: 40 }, (_, index) => `p${index}`);

const failing =
  (pattern: RegExp, status = 500): Breaks =>
  (path) =>
    pattern.test(path)
      ? new HttpError(`GET ${path} answered ${status}.`, {
          failure: status === 403 ? 'forbidden' : 'unreadable',
          path,
          status,
        })
      : undefined;

/** Two pipelines of forty, each with a build for every run. */
function few() {
  const world = quietWorld({ pipelines });
  const config = { start_date: '2020-01-01', buildkite_pipelines: 'acme/p1 acme/p2' };
  const destination = new Destination();
  let state: unknown;
  const run = async (breaks?: Breaks) => {
    for (const pipeline of ['p1', 'p2']) world.addBuild({ pipeline, createdAt: world.now - 2 * HOUR });
    const ended = await runBuildkiteInProcess(world, { config, state, ...(breaks ? { breaks } : {}) });
    destination.load(ended.stdout);
    state = lastState(ended.stdout);
    world.advance(2 * DAY);
    const known = new State(state);
    const ids = ['p1', 'p2'].map((slug) => world.history[0]?.pipelines.find(isCalled(slug))?.id ?? '');
    return {
      /** Of the pipelines whose builds were written. */
      slugs: new Set(
        rowsOf(ended.stdout)
          .get('buildkite_builds')
          ?.map((row) => row.pipeline_slug),
      ),
      since: ids.map((id) => known.entry('buildkite_builds', id).since),
      errors: ended.log.filter((line) => line.startsWith('ERROR ')),
      requests: ended.requests,
    };
  };
  const lacks = () => lacking(destination, world.truth(), ['buildkite_builds', 'buildkite_jobs']);
  return { world, run, lacks };
}

const isCalled = (wanted: string) => (pipeline: { readonly slugs: readonly { readonly slug: string }[] }) =>
  pipeline.slugs[0]?.slug === wanted;

describe('a pipeline whose list cannot be read', () => {
  it('leaves the others alone in the first sync', async () => {
    const { run, lacks } = few();
    const first = await run(failing(/pipelines\/p1\/builds\?/));
    expect(first.slugs).toEqual(new Set(['p2']));
    expect(first.errors).toEqual([expect.stringMatching(/^ERROR acme: .*\/pipelines\/p1\/builds\?/)]);
    await run();
    expect(lacks()).toEqual([]);
  });

  it.each([
    ['open', /pipelines\/p1\/builds\?.*state/],
    ['finished', /pipelines\/p1\/builds\?.*finished_from/],
    ['created', /pipelines\/p1\/builds\?.*created_from/],
  ])('keeps its bookmark, it alone, where it was that of the builds %s since then', async (_, list) => {
    const { run, lacks } = few();
    const { since } = await run();
    const second = await run(failing(list));
    expect(second.slugs).toContain('p2');
    expect(second.errors).toHaveLength(1);
    expect(second.since[0]).toBe(since[0]);
    expect(second.since[1]).toBeGreaterThan(since[1] ?? Number.POSITIVE_INFINITY);
    await run();
    expect(lacks()).toEqual([]);
  });

  it('is asked for no more, nor its open builds one by one, where it is forbidden', async () => {
    const { world, run } = few();
    for (const pipeline of ['p1', 'p2'])
      world.addBuild({ pipeline, createdAt: noon - 10 * DAY, state: 'running' });
    await run();
    const { errors, requests, slugs } = await run(failing(/pipelines\/p1\/builds/, 403));
    expect(errors).toEqual([
      expect.stringMatching(/^ERROR acme: .*\/p1\/builds\?.* buildkite_builds, .* need read_builds/),
    ]);
    expect(requests.filter((path) => path.includes('/p1/builds'))).toHaveLength(1);
    expect(slugs).toContain('p2');
  });

  it('is taken for a fault of the server when it is the third in a row', async () => {
    const { log, requests } = await runBuildkiteInProcess(quietWorld({ pipelines }), {
      // 11 pipelines, each with its history.
      config: { start_date: '2020-01-01', buildkite_pipelines: 'acme/p1*' },
      breaks: failing(/\/builds\?/),
    });
    expect(log.filter((line) => line.startsWith('ERROR '))).toHaveLength(3);
    expect(requests.filter((path) => path.includes('/builds?'))).toHaveLength(3);
  });
});
