import { describe, expect, it } from 'vitest';
import { HttpError } from '../../src/errors.js';
import type { Row } from '../../src/http/pagination.js';
import { type BuildFilter, BuildList } from '../../src/sync/buildkite/build-list.js';
import { HOUR, SECOND } from '../sandbox/buildkite/time.js';
import type { BuildkiteWorld, BuildkiteWorldOptions } from '../sandbox/buildkite/world.js';
import { BuildkiteHistoryClient } from '../support/buildkite-client.js';
import { noon, quietWorld } from '../support/buildkite-door.js';

const always = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

/** A history of so many builds of one job, one in each hour or as told. */
function worldOf(
  builds: number,
  createdAt = (index: number) => noon + index * HOUR,
  more: BuildkiteWorldOptions = {},
) {
  const world = quietWorld({ now: noon + 1000 * HOUR, deepestBuild: 1_000_000, ...more });
  for (let index = 0; index < builds; index++) world.addBuild({ createdAt: createdAt(index), jobs: 1 });
  return world;
}

interface Asked {
  readonly window?: { readonly from: number; readonly to: number };
  readonly filter?: BuildFilter;
  readonly withJobs?: boolean;
  readonly pipeline?: string;
  readonly breaks?: (path: string) => HttpError | undefined;
  /** Told after each page. */
  readonly meanwhile?: (page: number) => void;
}

/** All rows of a list, and what was asked for them. */
async function listed(world: BuildkiteWorld, asked: Asked = {}) {
  const requests: string[] = [];
  const { signal } = new AbortController();
  const client = new BuildkiteHistoryClient(world, {
    signal,
    requests,
    clock: () => world.now,
    breaks: asked.breaks,
  });
  const { withJobs = true, pipeline, window = always, filter } = asked;
  const list = new BuildList({ client, organization: 'acme', pipeline, withJobs });
  const rows: Row[] = [];
  let pages = 0;
  for await (const { items } of list.pages(window, filter)) {
    rows.push(...items);
    asked.meanwhile?.(++pages);
  }
  const queries = requests.map((path) => new URLSearchParams(path.split('?')[1]));
  return { rows, requests, queries, ids: new Set(rows.map(({ id }) => id)) };
}

describe('a list of builds', () => {
  it('asks for each page below the last build of the one before, and for none twice', async () => {
    const { rows, queries, ids } = await listed(worldOf(70));
    expect(
      queries.map((query) => [query.get('per_page'), query.get('created_to'), query.get('page')]),
    ).toEqual([
      ['30', null, null],
      ['30', '2026-03-12T04:00:01Z', null],
      // What was created in the second of the last one comes again.
      ['30', '2026-03-10T23:00:01Z', null],
    ]);
    expect(ids.size).toBe(70);
    expect(rows).toHaveLength(72);
  });

  it('ends with a full page where that says so', async () => {
    const { rows, queries, ids } = await listed(worldOf(59));
    expect(queries).toHaveLength(2);
    expect([rows.length, ids.size]).toEqual([60, 59]);
  });

  it('brings all jobs and leaves out the pipeline', async () => {
    const { queries, rows } = await listed(worldOf(1));
    expect(queries[0]?.get('include_retried_jobs')).toBe('true');
    expect(queries[0]?.get('exclude_pipeline')).toBe('true');
    expect(rows[0]?.jobs).toHaveLength(1);
  });

  it('without jobs has 100 on a page', async () => {
    const { queries, rows } = await listed(worldOf(150), { withJobs: false });
    expect(queries.map((query) => [query.get('per_page'), query.get('exclude_jobs')])).toEqual([
      ['100', 'true'],
      ['100', 'true'],
    ]);
    expect(rows[0]).not.toHaveProperty('jobs');
  });

  it('is of the organization, or of one pipeline', async () => {
    const world = worldOf(2);
    const other = world.addBuild({ pipeline: 'api', createdAt: noon });
    expect((await listed(world)).ids.size).toBe(3);
    const { ids, requests } = await listed(world, { pipeline: 'api' });
    expect(ids).toEqual(new Set([other.id]));
    expect(requests[0]).toMatch(/^\/organizations\/acme\/pipelines\/api\/builds\?/);
  });

  it('cuts its window to the second, outwards', async () => {
    const window = { from: noon + 1500, to: noon + 2500 };
    const world = worldOf(5, (index) => noon + index * SECOND);
    const { queries, ids } = await listed(world, { window });
    expect(queries[0]?.get('created_from')).toBe('2026-03-10T12:00:01Z');
    expect(queries[0]?.get('created_to')).toBe('2026-03-10T12:00:03Z');
    expect(ids.size).toBe(2);
  });

  it('takes filters along from page to page', async () => {
    const filter = { states: ['passed', 'failed'], finishedFrom: noon + 999 };
    const { queries } = await listed(worldOf(40), { filter });
    expect(queries).toHaveLength(2);
    for (const query of queries) {
      expect(query.getAll('state[]')).toEqual(['passed', 'failed']);
      expect(query.get('finished_from')).toBe('2026-03-10T12:00:00Z');
    }
  });

  it('goes through more builds of one second than a page holds by their links', async () => {
    const { ids, queries } = await listed(worldOf(75, () => noon));
    expect(ids.size).toBe(75);
    expect(queries.map((query) => query.get('page'))).toEqual([null, null, '2', '3']);
  });

  it('passes nothing over while builds leave the list that a filter makes', async () => {
    const world = worldOf(0);
    const open = Array.from({ length: 70 }, (_, index) =>
      world.addBuild({ createdAt: noon + index * HOUR, state: 'running', jobs: 1 }),
    );
    const { ids } = await listed(world, {
      filter: { states: ['running'] },
      // Those of the first page end before the second one is asked for.
      meanwhile: (page) => {
        if (page === 1)
          for (const build of open.slice(40)) world.finishBuild(build, { at: world.now - SECOND });
      },
    });
    expect(ids.size).toBe(70);
  });

  it('goes deeper than Buildkite lets anybody page', async () => {
    expect((await listed(worldOf(200, undefined, { deepestBuild: 60 }))).ids.size).toBe(200);
  });
});

describe('a list of builds that is too heavy', () => {
  const failed = (path: string, more: object) =>
    new HttpError('It failed.', { failure: 'unreadable', path, ...more });

  it('is asked for in smaller pages, and in larger ones again after a while', async () => {
    const { queries, ids } = await listed(worldOf(100, undefined, { heaviestPage: 12 }));
    expect(ids.size).toBe(100);
    expect(queries.slice(0, 12).map((query) => query.get('per_page'))).toEqual([
      ...['30', '15'],
      ...Array(8).fill('7'),
      // Still too heavy.
      ...['14', '7'],
    ]);
  });

  it.each([
    ['504', { status: 504, isTooHeavy: true }],
    ['too many bytes, or no answer in time', { isTooHeavy: true }],
    ['a connection that breaks', {}],
  ])('%s: a build that is so alone comes without its jobs', async (_, more) => {
    const { rows, requests } = await listed(worldOf(1), {
      breaks: (path) =>
        /\/builds\?/.test(path) && !/exclude_jobs/.test(path) ? failed(path, more) : undefined,
    });
    expect(rows).toEqual([expect.not.objectContaining({ jobs: expect.anything() })]);
    expect(requests.map((path) => path.split('?')[0])).toEqual(Array(6).fill('/organizations/acme/builds'));
  });

  it.each([
    ['a refused token', { failure: 'unauthorized' as const, status: 401 }],
    ['a missing scope', { failure: 'forbidden' as const, status: 403 }],
    ['an organization that is gone', { failure: 'not-found' as const, status: 404 }],
    ['a rejected request', { status: 400 }],
  ])('is none for %s, which no smaller page helps', async (_, more) => {
    let asked = 0;
    const breaks = (path: string) => {
      asked++;
      return failed(path, more);
    };
    await expect(listed(worldOf(1), { breaks })).rejects.toThrow('It failed.');
    expect(asked).toBe(1);
  });

  it('without jobs has no smaller form', async () => {
    let asked = 0;
    const breaks = (path: string) => {
      asked++;
      return failed(path, { status: 504, isTooHeavy: true });
    };
    await expect(listed(worldOf(1), { breaks, withJobs: false })).rejects.toThrow('It failed.');
    expect(asked).toBe(1);
  });
});
