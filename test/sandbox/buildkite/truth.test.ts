import { describe, expect, it } from 'vitest';
import { rowIn, rowsIn } from '../rows-in.js';
import { secretKinds } from './secrets.js';
import { DAY } from './time.js';
import type { BuildkiteWorld, Row } from './world.js';
import { createBuildkiteWorld, plantedSecrets } from './world.js';

const base = 'https://api.buildkite.com/v2';

/** Every row of a list, in one page after the other. */
function all(world: BuildkiteWorld, path: string): Row[] {
  const rows: Row[] = [];
  for (let next: string | undefined = path; next !== undefined; ) {
    const { status, body, headers } = world.get(next);
    expect(status, next).toBe(200);
    rows.push(...rowsIn(body));
    next = /<([^>]+)>; rel="next"/.exec(headers.link ?? '')?.[1]?.slice(base.length);
  }
  return rows;
}

const textOf = (world: BuildkiteWorld) =>
  JSON.stringify([...world.truth()].map(([stream, rows]) => [stream, [...rows]]));

describe.each([1, 2, 3])('the truth of seed %i', (seed) => {
  const world = createBuildkiteWorld({ seed, organizations: ['acme', 'globex'] });
  const truth = world.truth();
  const rowsOf = (stream: string) => truth.get(stream) ?? new Map<string, Row>();

  it('is what the lists of builds and of jobs show', () => {
    const builds = world.organizations.flatMap((organization) =>
      all(world, `/organizations/${organization}/builds?include_retried_jobs=true&per_page=7`),
    );
    expect(builds).toHaveLength(rowsOf('buildkite_builds').size);
    let jobs = 0;
    for (const { jobs: listed, pipeline: _, ...build } of builds) {
      expect(build).toEqual(rowsOf('buildkite_builds').get(String(build.id)));
      for (const job of rowsIn(listed)) {
        jobs += 1;
        expect(rowsOf('buildkite_jobs').get(String(job.id))).toMatchObject({ ...job, build_id: build.id });
      }
    }
    expect(jobs).toBe(rowsOf('buildkite_jobs').size);
  });

  it('is what the lists below a build show', () => {
    let artifacts = 0;
    let annotations = 0;
    for (const build of rowsOf('buildkite_builds').values()) {
      const path = String(build.url).slice(base.length);
      artifacts += all(world, `${path}/artifacts?per_page=2`).length;
      annotations += all(world, `${path}/annotations?scope=all&per_page=1`).length;
    }
    expect(artifacts).toBe(rowsOf('buildkite_artifacts').size);
    expect(annotations).toBe(rowsOf('buildkite_annotations').size);
    for (const [id, row] of rowsOf('buildkite_job_logs')) {
      const { content, size } = rowIn(world.get(String(row.url).slice(base.length)).body);
      expect({ content, size }).toEqual({ content: row.content, size: row.size });
      expect(rowsOf('buildkite_jobs').get(id)).toMatchObject({ type: 'script' });
    }
  });

  it('is what the lists of an organization show', () => {
    const count = (path: string) =>
      world.organizations.reduce(
        (sum, organization) => sum + all(world, path.replace('*', organization)).length,
        0,
      );
    const simple = {
      pipelines: 'pipelines',
      members: 'members',
      teams: 'teams',
      agents: 'agents',
      clusters: 'clusters',
    };
    for (const [name, stream] of Object.entries(simple))
      expect(count(`/organizations/*/${name}?per_page=2`), name).toBe(rowsOf(`buildkite_${stream}`).size);
    expect(count('/analytics/organizations/*/suites')).toBe(rowsOf('buildkite_suites').size);
    const below = [...rowsOf('buildkite_suites').values()].map(({ url }) => String(url).slice(base.length));
    expect(below.flatMap((path) => all(world, `${path}/runs?per_page=3`))).toHaveLength(
      rowsOf('buildkite_test_runs').size,
    );
    expect(below.flatMap((path) => all(world, `${path}/tests?per_page=5`))).toHaveLength(
      rowsOf('buildkite_tests').size,
    );
  });

  it('stands still from quietFrom on', () => {
    const { now } = world;
    world.now = world.quietFrom;
    const then = textOf(world);
    world.advance(400 * DAY);
    expect(textOf(world)).toBe(then);
    world.now = now;
  });
});

describe('the truth', () => {
  it('is the same for the same seed', () => {
    expect(textOf(createBuildkiteWorld({ seed: 9 }))).toBe(textOf(createBuildkiteWorld({ seed: 9 })));
  });

  it('can be that of some pipelines, from a time on', () => {
    const world = createBuildkiteWorld({ seed: 4 });
    const since = world.options.end - 20 * DAY;
    const truth = world.truth({ since, pipelines: (slug) => slug === 'web' });
    const builds = [...(truth.get('buildkite_builds')?.values() ?? [])];
    expect(builds.length).toBeGreaterThan(0);
    for (const build of builds) {
      expect(String(build.url)).toContain('/pipelines/web/');
      expect(Date.parse(String(build.created_at))).toBeGreaterThanOrEqual(since);
    }
    expect(truth.get('buildkite_pipelines')?.size).toBe(1);
    for (const job of truth.get('buildkite_jobs')?.values() ?? []) expect(job.pipeline_slug).toBe('web');
  });

  it('changes with the agents although no build does', () => {
    const world = createBuildkiteWorld({ seed: 3, coins: { embeddedAgent: 'full' } });
    world.now = world.options.start + 20 * DAY;
    const before = world.truth().get('buildkite_jobs') ?? new Map<string, Row>();
    world.advance(20 * DAY);
    const after = world.truth().get('buildkite_jobs') ?? new Map<string, Row>();
    const changed = [...before].filter(([id, { agent, ...job }]) => {
      const { agent: later, ...rest } = rowIn(after.get(id));
      return JSON.stringify(job) === JSON.stringify(rest) && JSON.stringify(agent) !== JSON.stringify(later);
    });
    expect(changed.length).toBeGreaterThan(0);
  });

  it('has every kind of life over some seeds', () => {
    const found = new Set<string>();
    for (let seed = 1; seed <= 8; seed++) {
      const world = createBuildkiteWorld({ seed });
      for (const { builds } of world.history.flatMap(({ pipelines }) => pipelines)) {
        for (const build of builds) {
          found.add(String(build.phases.at(-1)?.state));
          if (build.phases.some(({ reopened }) => reopened)) found.add('reopened');
          if (build.phases.at(-1)?.blocked) found.add('blocked for ever');
          for (const job of build.jobs) {
            found.add(job.type);
            if (job.retryType !== null) found.add(`${job.retryType} retry`);
            if (job.type === 'trigger' && job.phases.at(-1)?.state === 'running')
              found.add('endless trigger');
          }
        }
      }
    }
    const wanted = 'passed failed canceled skipped not_run reopened trigger waiter manual script'.split(' ');
    const more = ['blocked for ever', 'endless trigger', 'manual retry', 'automatic retry'];
    expect([...wanted, ...more].filter((kind) => !found.has(kind))).toEqual([]);
  });

  it('has no life but the plainest with all features off', () => {
    const world = createBuildkiteWorld({ features: 'none' });
    const builds = [...(world.truth().get('buildkite_builds')?.values() ?? [])];
    expect(new Set(builds.map(({ state }) => state))).toEqual(new Set(['passed', 'failed']));
  });
});

describe('the planted secrets', () => {
  it('are all in the payloads', () => {
    const shown = { webhookUrl: 'present', badgeUrl: 'present', embeddedAgent: 'full' } as const;
    const world = createBuildkiteWorld({ seed: 2, coins: { ...shown, archivedPipelines: 'listed' } });
    world.now = world.quietFrom;
    // The environment of a job that never ran is no row, but it can be asked for.
    const jobs = [...(world.truth().get('buildkite_jobs')?.keys() ?? [])];
    const environments = jobs.map((id) => world.get(`/organizations/acme/jobs/${id}/env`).body);
    const text = textOf(world) + JSON.stringify(environments);
    const secrets = plantedSecrets(world, secretKinds);
    expect(secrets.length).toBeGreaterThan(100);
    const kinds = new Set(secrets.map((secret) => secret.replace(/-[0-9a-f]{24}$/, '')));
    expect(kinds.size).toBe(secretKinds.length);
    expect(secrets.filter((secret) => !text.includes(secret))).toEqual([]);
  });

  it('leave out what the jobs print unless asked for', () => {
    const world = createBuildkiteWorld({ seed: 2 });
    expect(plantedSecrets(world).some((secret) => secret.includes('-log-'))).toBe(false);
    expect(plantedSecrets(world, ['log']).every((secret) => secret.includes('-log-'))).toBe(true);
  });
});
