import { expect, test } from 'vitest';
import { answerOf } from '../answers.js';
import { plainCoins } from '../coins.js';
import type { WorldOptions } from '../options.js';
import type { Page, PipelineRow } from '../rows.js';
import { HOUR } from '../rows.js';
import { rowsIn } from '../rows-in.js';
import { createWorld } from '../world.js';

const slugs = ['gh/acme/web', 'gh/acme/api', 'gh/acme/old', 'gh/other/web'];

/** One pipeline in every hour: the newest of web 1 hour old, of api 2, of old 3. */
function worldOf({ coins, ...options }: WorldOptions = {}) {
  const world = createWorld({
    ...{ projects: slugs, pipelines: 0, features: 'none', tickMs: 0, pageSize: 4 },
    ...options,
    coins: { ...plainCoins, ...coins },
  });
  for (let hours = 1; hours <= 16; hours++) {
    world.addPipeline({ project: slugs[(hours - 1) % 4] as string, createdAt: world.now - hours * HOUR });
  }
  return world;
}

function pagesOf(world: ReturnType<typeof worldOf>, between: (page: number) => void = () => {}) {
  const pages: string[][] = [];
  for (let token: string | null = null; ; ) {
    const more = token === null ? '' : `&page-token=${token}`;
    const page = answerOf(world, `/pipeline?org-slug=gh/acme${more}`) as Page<PipelineRow>;
    pages.push(page.items.map((row) => `${row.project_slug} ${row.number}`));
    between(pages.length);
    token = page.next_page_token;
    if (token === null) return pages;
  }
}

test('the pipelines of an organization are listed newest first, over all of its projects', () => {
  expect(pagesOf(worldOf())).toEqual([
    ['gh/acme/web 4', 'gh/acme/api 4', 'gh/acme/old 4', 'gh/acme/web 3'],
    ['gh/acme/api 3', 'gh/acme/old 3', 'gh/acme/web 2', 'gh/acme/api 2'],
    ['gh/acme/old 2', 'gh/acme/web 1', 'gh/acme/api 1', 'gh/acme/old 1'],
  ]);
  expect(answerOf(worldOf(), '/pipeline?org-slug=gh/none')).toBe('not found');
  expect(answerOf(worldOf(), '/pipeline')).toBe('not found');
});

test('a project that others have overtaken falls out of it', () => {
  const world = worldOf({ recentProjects: 2 });
  expect(
    pagesOf(world)
      .flat()
      .some((name) => name.includes('old')),
  ).toBe(false);
  world.addPipeline({ project: 'gh/acme/old', createdAt: world.now });
  expect(
    pagesOf(world)
      .flat()
      .some((name) => name.includes('api')),
  ).toBe(false);
});

test('a walk goes on where it was when a project falls out between two pages', () => {
  const world = worldOf({ recentProjects: 2, pageSize: 2 });
  const pages = pagesOf(world, (page) => {
    if (page === 1) world.addPipeline({ project: 'gh/acme/old', createdAt: world.now });
  });
  expect(pages.flat()).toEqual([
    ...['gh/acme/web 4', 'gh/acme/api 4', 'gh/acme/old 4', 'gh/acme/web 3'],
    ...['gh/acme/old 3', 'gh/acme/web 2', 'gh/acme/old 2', 'gh/acme/web 1', 'gh/acme/old 1'],
  ]);
});

test('a project that is not followed is in no list, and answers by its slug', () => {
  const world = worldOf({ projects: slugs.map((slug) => ({ slug, followed: slug !== 'gh/acme/api' })) });
  expect(
    pagesOf(world)
      .flat()
      .some((name) => name.includes('api')),
  ).toBe(false);
  const followed = rowsIn(answerOf(world, '/api/v1.1/projects'));
  expect(followed.map((row) => row.reponame)).toEqual(['web', 'old', 'web']);
  expect(world.project('gh/acme/api')).toBeDefined();
});

test('v1.1 lists projects by organization and name, and without branches in a shallow list', () => {
  const app = 'circleci/43G3kM5RtfFE7v5sa4nWAU/44n9pujWcTnVZ2b5S8Fnat';
  const world = createWorld({ projects: ['gh/acme/web', 'bb/acme/web', app], pipelines: 0 });
  const projects = rowsIn(answerOf(world, '/api/v1.1/projects'));
  expect(projects.map((row) => [row.vcs_type, row.username, row.reponame, row.vcs_url])).toEqual([
    ['github', 'acme', 'web', 'https://github.com/acme/web'],
    ['bitbucket', 'acme', 'web', 'https://bitbucket.org/acme/web'],
    ['circleci', app.split('/')[1], app.split('/')[2], `//circleci.com/${app.slice('circleci/'.length)}`],
  ]);
  expect(projects[0]).toMatchObject({ default_branch: 'main', branches: {} });
  expect(rowsIn(answerOf(world, '/api/v1.1/projects?shallow=true'))[0]).not.toHaveProperty('branches');
});
