import { expect, test } from 'vitest';
import { answerOf } from '../answers.js';
import { plainCoins } from '../coins.js';
import type { WorldOptions } from '../options.js';
import { DAY, HOUR } from '../rows.js';
import { rowIn, rowsIn } from '../rows-in.js';
import { createWorld } from '../world.js';
import { peopleOf } from './people.js';
import { underscored } from './walker.js';

const app = 'circleci/43G3kM5RtfFE7v5sa4nWAU/44n9pujWcTnVZ2b5S8Fnat';

const plain = ({ coins, ...options }: WorldOptions = {}) =>
  createWorld({ tickMs: 0, pageSize: 50, ...options, coins: { ...plainCoins, ...coins } });
type World = ReturnType<typeof plain>;

const itemsOf = (world: World, path: string) => rowsIn(answerOf(world, path));

test('keys are spelled as the spec says, or as others have seen them', () => {
  for (const seed of [1, 2, 3, 4]) {
    const [spec, observed] = (['as the spec', 'as observed'] as const).map((spelling) =>
      plain({ seed, coins: { spelling } }),
    ) as [World, World];
    const scope = `/webhook?scope-type=project&scope-id=${spec.projects[0]?.id}`;
    const paths = ['envvar', 'checkout-key', 'schedule'].map((name) => `/project/gh/acme/web/${name}`);
    for (const path of [...paths, scope]) {
      const [one, other] = [itemsOf(spec, path), itemsOf(observed, path)];
      expect(one.map(underscored)).toEqual(other.map(underscored));
      for (const row of one) expect(row).toHaveProperty('created-at');
      // Schedules come with hyphens in any case.
      const name = path.endsWith('schedule') ? 'created-at' : 'created_at';
      for (const row of other) expect(row).toHaveProperty(name);
    }
    expect(answerOf(spec, '/me/collaborations')).toContainEqual(
      expect.objectContaining({ 'vcs-type': 'github' }),
    );
    expect(answerOf(observed, '/me/collaborations')).toContainEqual(
      expect.objectContaining({ vcs_type: 'github' }),
    );
  }
});

test("the parameters of a schedule and the values of a pipeline are the user's own words", () => {
  const world = plain({ seed: 5 });
  const [schedule] = itemsOf(world, '/project/gh/acme/web/schedule');
  expect(schedule?.parameters).toMatchObject({ 'deploy-prod': true, dry_run: expect.any(Boolean) });
  expect(schedule?.timetable).toHaveProperty('per-hour');
  const [id] = world.truth().pipelines.keys();
  expect(answerOf(world, `/pipeline/${id}/values`)).toMatchObject({
    'pipeline.id': id,
    'pipeline.number': expect.any(Number),
    'pipeline.in_setup': false,
  });
});

test('projects of one organization have the same one, by its id and by both of its slugs', () => {
  const world = plain({ projects: ['gh/acme/web', 'gh/acme/api', 'bb/acme/web', app] });
  const ids = world.slugs.map((slug) => world.project(slug)?.organization_id);
  expect(ids[0]).toBe(ids[1]);
  expect(new Set(ids).size).toBe(3);
  for (const name of [ids[0], 'gh/acme', 'github/acme', 'gh%2Facme']) {
    expect(answerOf(world, `/organization/${name}`)).toEqual({
      id: ids[0],
      name: 'acme',
      slug: 'gh/acme',
      vcs_type: 'github',
    });
  }
  expect(answerOf(world, `/organization/${ids[3]}`)).toMatchObject({ vcs_type: 'circleci' });
  expect(answerOf(world, '/organization/gh/none')).toBeUndefined();
});

test('contexts are asked for by the id or the slug of their owner', () => {
  const world = plain({ seed: 3 });
  const id = world.project('gh/acme/web')?.organization_id;
  const byId = itemsOf(world, `/context?owner-id=${id}&owner-type=account`);
  expect(byId.length).toBeGreaterThan(0);
  expect(itemsOf(world, '/context?owner-slug=github/acme&owner-type=organization')).toEqual(byId);
  expect(answerOf(world, '/context?owner-slug=gh/none')).toBeUndefined();
  expect(answerOf(world, '/context')).toBeUndefined();
  expect(answerOf(world, '/context/none/restrictions')).toBeUndefined();
});

test('webhooks need both of their parameters', () => {
  const world = plain();
  const id = world.projects[0]?.id;
  expect(answerOf(world, `/webhook?scope-id=${id}&scope-type=project`)).toBeDefined();
  for (const query of ['', `?scope-id=${id}`, '?scope-type=project', '?scope-id=7&scope-type=project'])
    expect(answerOf(world, `/webhook${query}`)).toBeUndefined();
});

test('the fingerprint of a checkout key is that of the digest asked for', () => {
  const world = plain({ seed: 2 });
  const prints = (query: string) =>
    itemsOf(world, `/project/gh/acme/web/checkout-key${query}`).map((row) => String(row.fingerprint));
  expect(prints('')).toEqual(prints('?digest=md5'));
  expect(prints('').every((print) => /^[0-9a-f]{2}(:[0-9a-f]{2}){15}$/.test(print))).toBe(true);
  expect(prints('?digest=sha256').every((print) => print.startsWith('SHA256:'))).toBe(true);
  expect(prints('').length).toBeGreaterThan(0);
});

test('a project of the GitHub App has no schedules: 404', () => {
  const world = plain({ projects: [app] });
  expect(answerOf(world, `/project/${app}/schedule`)).toBeUndefined();
  expect(answerOf(world, `/project/${app}/settings`)).toMatchObject({ advanced: {} });
});

test('some people have gone, and everybody is there in a plain world', () => {
  const rows = [1, 2, 3, 4].flatMap((seed) => {
    const world = plain({ seed });
    return peopleOf(seed).map((id) => answerOf(world, `/user/${id}`));
  });
  expect(rows).toContain(undefined);
  expect(rows).toContainEqual(
    expect.objectContaining({ login: expect.any(String), name: expect.any(String) }),
  );
  const calm = plain({ features: 'none' });
  expect(answerOf(calm, '/user/7')).toBeUndefined();
  const { workflows, further } = calm.truth();
  expect(further.get('users')?.size).toBe(new Set([...workflows.values()].map((row) => row.started_by)).size);
});

test('settings begin and change during the first half of a history, and not in a plain world', () => {
  const statesOf = (features: WorldOptions['features']) => {
    const world = plain({ seed: 7, ...(features === undefined ? {} : { features }) });
    const { start, days } = world.options;
    return [start, start + (days / 2) * DAY, start + days * DAY].map((now) => {
      world.now = now;
      const { further } = world.truth();
      return ['contexts', 'context_environment_variables', 'schedules', 'webhooks'].map((name) =>
        further.get(name),
      );
    });
  };
  const [first, middle, last] = statesOf(undefined);
  expect(middle).not.toEqual(first);
  expect(last).toEqual(middle);
  const [then, ...later] = statesOf('none');
  expect(later).toEqual([then, then]);
});

test('the config of a setup pipeline grows when it is continued', () => {
  const world = plain({ pipelines: 0, features: 'none' });
  const from = world.now;
  const state = [
    { state: 'setup', from },
    { state: 'created', from: from + HOUR },
  ];
  const { id } = world.addPipeline({ createdAt: from, state });
  const config = () => rowIn(answerOf(world, `/pipeline/${id}/config`));
  const before = config();
  expect(Object.keys(before)).toEqual(['source', 'compiled']);
  world.advance(HOUR);
  expect(config()).toMatchObject({ 'setup-config': before.source, 'compiled-setup-config': before.compiled });
});

test('a config that could not be fetched is not there', () => {
  const world = plain({ pipelines: 0 });
  const errors = [{ type: 'config-fetch', message: 'No.' }];
  const { id } = world.addPipeline({ createdAt: world.now, state: 'errored', rest: { errors } });
  expect(answerOf(world, `/pipeline/${id}/config`)).toBeUndefined();
  expect(answerOf(world, `/pipeline/${id}/values`)).toBeDefined();
});
