import { describe, expect, it } from 'vitest';
import { rowIn, rowsIn } from '../rows-in.js';
import { createBuildkiteBulkWorld } from './bulk.js';
import { plainBuildkiteCoins } from './coins.js';
import { MINUTE } from './time.js';
import type { BuildkiteAnswer, BuildkiteWorldOptions } from './world.js';
import { createBuildkiteWorld } from './world.js';

const start = Date.UTC(2026, 0, 1);
const BUILDS = '/organizations/acme/builds';

/** Seven builds, a minute apart; the clock stands two hours later. */
function sevenBuilds(options: BuildkiteWorldOptions = {}) {
  const world = createBuildkiteWorld({
    builds: 0,
    start,
    now: start + 120 * MINUTE,
    ...options,
    coins: { ...plainBuildkiteCoins, ...options.coins },
  });
  const builds = Array.from({ length: 7 }, (_, minute) =>
    world.addBuild({ createdAt: start + minute * MINUTE }),
  );
  return { world, builds };
}

const idsOf = ({ body }: BuildkiteAnswer) => rowsIn(body).map(({ id }) => id);
const at = (minute: number, more = 0) => new Date(start + minute * MINUTE + more).toISOString();
const next = ({ headers }: BuildkiteAnswer) => /<([^>]+)>; rel="next"/.exec(headers.link ?? '')?.[1];

describe('a list of builds', () => {
  it('is in pages, newest first, that are linked on the base that was asked', () => {
    const { world, builds } = sevenBuilds();
    const base = 'http://127.0.0.1:1234/v2';
    const seen: unknown[] = [];
    let path: string | undefined = `${BUILDS}?per_page=3&exclude_jobs=true`;
    for (let pages = 0; path !== undefined && pages < 9; pages++) {
      const answer = world.get(path, { base });
      seen.push(...idsOf(answer));
      const link = next(answer);
      expect(link === undefined || link.startsWith(`${base}${BUILDS}?`)).toBe(true);
      expect(link === undefined || link.includes('exclude_jobs=true')).toBe(true);
      path = link?.slice(base.length);
    }
    expect(seen).toEqual(builds.map(({ id }) => id).reverse());
  });

  it('names the first and previous page on the last, and nothing on the only one', () => {
    const { world } = sevenBuilds();
    const { link } = world.get(`${BUILDS}?per_page=3&page=3`).headers;
    expect([...(link ?? '').matchAll(/page=(\d+)[^>]*>; rel="(\w+)"/g)].map((one) => one[2])).toEqual([
      'prev',
      'first',
    ]);
    expect(world.get(BUILDS).headers.link).toBe('');
  });

  it('is empty behind its end', () => {
    const { world } = sevenBuilds();
    expect(world.get(`${BUILDS}?page=5`)).toMatchObject({ status: 200, body: [] });
  });

  it('takes created_from in and leaves created_to out', () => {
    const { world, builds } = sevenBuilds();
    const answer = world.get(`${BUILDS}?created_from=${at(2)}&created_to=${at(4)}`);
    expect(idsOf(answer)).toEqual([builds[3]?.id, builds[2]?.id]);
  });

  it('cuts its times to whole seconds on one side of a coin', () => {
    const query = `${BUILDS}?created_from=${at(2, 900)}&created_to=${at(3, 900)}`;
    const cut = sevenBuilds({ coins: { filterPrecision: 'whole seconds' } });
    expect(idsOf(cut.world.get(query))).toEqual([cut.builds[2]?.id]);
    const exact = sevenBuilds();
    expect(idsOf(exact.world.get(query))).toEqual([exact.builds[3]?.id]);
  });

  it('is refused when it goes too deep, and can be narrowed', () => {
    const { world } = sevenBuilds({ deepestBuild: 4 });
    expect(world.get(`${BUILDS}?per_page=2&page=2`).status).toBe(200);
    const { status, body } = world.get(`${BUILDS}?per_page=2&page=3`);
    expect({ status, body }).toEqual({
      status: 400,
      body: {
        message:
          'Listing builds this deep is not supported. Please narrow your query using filters such as branch or created_from.',
      },
    });
    expect(world.get(`/organizations/acme/pipelines?per_page=100&page=9`).status).toBe(200);
  });

  it('times out with too many jobs on a page, but not without them', () => {
    const { world, builds } = sevenBuilds({ heaviestPage: 5 });
    expect(world.get(`${BUILDS}?per_page=2`).status).toBe(200);
    expect(world.get(`${BUILDS}?per_page=3`).status).toBe(504);
    expect(world.get(`${BUILDS}?per_page=3&exclude_jobs=true`).status).toBe(200);
    const heavy = world.addBuild({ createdAt: start + 8 * MINUTE, jobs: 6 });
    const path = `/organizations/acme/pipelines/web/builds/${rowsIn(world.get(`${BUILDS}?exclude_jobs=1`).body)[0]?.number}`;
    expect(builds).not.toContain(heavy);
    expect(world.get(path).status).toBe(504);
    expect(rowsIn(world.get(`${path}/jobs`).body)).toHaveLength(6);
  });

  it('says so when a filter is not one', () => {
    const { world } = sevenBuilds();
    expect(world.get(`${BUILDS}?state[]=runing`).status).toBe(400);
    expect(world.get(`${BUILDS}?created_from=yesterday`).status).toBe(400);
  });

  it('filters by state; finished means passed, failed, blocked and canceled', () => {
    const { world } = sevenBuilds();
    const times = { createdAt: start + 10 * MINUTE, pipeline: 'api' };
    const [skipped, canceled, running] = ['skipped', 'canceled', 'running'].map((state) =>
      world.addBuild({ ...times, state }),
    );
    const path = '/organizations/acme/pipelines/api/builds';
    expect(idsOf(world.get(`${path}?state=finished`))).toEqual([canceled?.id]);
    const open = idsOf(world.get(`${path}?state[]=skipped&state[]=running`));
    expect(new Set(open)).toEqual(new Set([skipped?.id, running?.id]));
  });
});

describe('the jobs of a build', () => {
  const jobsOf = ({ body }: BuildkiteAnswer) => ({ items: rowsIn(body), links: rowIn(rowIn(body).links) });

  it('are in pages with a cursor in the body', () => {
    const { world } = sevenBuilds();
    world.addBuild({ createdAt: start, jobs: 5, pipeline: 'api' });
    const [build] = rowsIn(world.get('/organizations/acme/pipelines/api/builds').body);
    const base = 'http://localhost/v2';
    const path = `/organizations/acme/pipelines/api/builds/${build?.number}/jobs`;
    const first = jobsOf(world.get(`${path}?per_page=2`, { base }));
    const second = jobsOf(world.get(String(first.links.next).slice(base.length), { base }));
    const third = jobsOf(world.get(String(second.links.next).slice(base.length), { base }));
    expect(third.links.next).toBeUndefined();
    const ids = [first, second, third].flatMap(({ items }) => items.map(({ id }) => id));
    expect(ids).toEqual(rowsIn(build?.jobs).map(({ id }) => id));
    const back = String(second.links.prev).slice(base.length);
    expect(jobsOf(world.get(back)).items).toEqual(first.items);
    expect(world.get(`${path}?per_page=101`).status).toBe(400);
  });
});

describe('a bulk world', () => {
  it('has every build once, whatever the windows', () => {
    const world = createBuildkiteBulkWorld({ builds: 250, jobs: 3 });
    const oldest = world.now - 3 * 60 * MINUTE;
    const seen: unknown[] = [];
    for (let from = oldest; from < world.now; from += 7 * MINUTE) {
      const window = `created_from=${new Date(from).toISOString()}&created_to=${new Date(from + 7 * MINUTE).toISOString()}`;
      seen.push(...idsOf(world.get(`${BUILDS}?per_page=100&${window}`)));
    }
    expect(seen).toHaveLength(250);
    expect(new Set(seen).size).toBe(250);
    expect(world.get(`${BUILDS}?state[]=running`).body).toEqual([]);
  });

  it('makes no more than the page', () => {
    const world = createBuildkiteBulkWorld({ builds: 10_000_000, jobs: 20 });
    const builds = rowsIn(world.get(`${BUILDS}?per_page=2&page=1000`).body);
    expect(builds.map(({ number, state }) => ({ number, state }))).toEqual([
      { number: 9_998_002, state: 'passed' },
      { number: 9_998_001, state: 'passed' },
    ]);
    expect(builds[0]?.jobs).toHaveLength(20);
    expect(
      world.get('/organizations/acme/pipelines/monorepo/builds/9998002?exclude_jobs=true').body,
    ).toMatchObject({
      id: builds[0]?.id,
    });
  });
});
