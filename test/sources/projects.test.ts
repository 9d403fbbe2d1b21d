import { describe, expect, test } from 'vitest';
import { parseProjects } from '../../src/config/projects.js';
import { HttpError } from '../../src/errors.js';
import type { Answer } from '../../src/http/client.js';
import { type FoundProjects, findProjects } from '../../src/sources/circleci/projects.js';

type Body = object | 403 | 404 | 500;

/** A CircleCI that has these answers, by path; anything else is 404. */
class Shelf {
  readonly asked: string[] = [];
  readonly #answers: Readonly<Record<string, Body>>;

  constructor(answers: Readonly<Record<string, Body>>) {
    this.#answers = answers;
  }

  async get(path: string): Promise<Answer> {
    this.asked.push(path);
    const body = this.#answers[path] ?? 404;
    if (typeof body === 'object') return { status: 200, headers: {}, body, receivedAt: 0, date: undefined };
    const failure = ({ 403: 'forbidden', 404: 'not-found', 500: 'unreadable' } as const)[body];
    throw new HttpError(`CircleCI answered ${body} for ${path}.`, { failure, path, status: body });
  }
}

const v11 = 'https://circleci.com/api/v1.1';
const recent = (organization: string, token?: string) =>
  `/pipeline?org-slug=${encodeURIComponent(organization)}${token === undefined ? '' : `&page-token=${token}`}`;
const pipelinesOf = (
  slugs: readonly string[],
  next: string | null = null,
  created_at = '2024-01-01T00:00:00Z',
) => ({
  items: slugs.map((project_slug) => ({ project_slug, created_at })),
  next_page_token: next,
});
const followed = (...slugs: readonly string[]) =>
  slugs.map((slug) => {
    const [host, username, reponame] = slug.split('/');
    return { vcs_type: host === 'bb' ? 'bitbucket' : 'github', username, reponame };
  });

interface Case {
  readonly project_slugs?: string | string[];
  readonly org_slugs?: string | string[];
  readonly known?: readonly string[];
  readonly lastRun?: string;
}

async function found(
  answers: Readonly<Record<string, Body>>,
  { project_slugs = [], org_slugs = [], known = [], lastRun }: Case,
): Promise<FoundProjects & { readonly asked: string[]; readonly slugs: string[] }> {
  const shelf = new Shelf({ '/me': {}, [`${v11}/projects`]: [], ...answers });
  const result = await findProjects(shelf, parseProjects(project_slugs, org_slugs), v11, {
    slugs: known,
    lastRun: lastRun === undefined ? undefined : Date.parse(lastRun),
  });
  return { ...result, asked: shelf.asked, slugs: result.projects.map(({ slug }) => slug) };
}

describe('the projects to read', () => {
  test('are the named ones, for which nothing is asked', async () => {
    const { projects, asked } = await found({}, { project_slugs: 'gh/acme/web', known: ['gh/acme/api'] });
    expect([projects, asked]).toEqual([[{ slug: 'gh/acme/web', ways: ['named'] }], []]);
  });

  test('are of an organization those with recent pipelines, those followed and those known', async () => {
    const answers = {
      [recent('gh/acme')]: pipelinesOf(['gh/acme/web', 'gh/acme/api'], 'more'),
      [recent('gh/acme', 'more')]: pipelinesOf(['gh/acme/web', 'gh/acme/app']),
      [`${v11}/projects`]: followed('gh/acme/api', 'gh/acme/tool', 'gh/other/web'),
    };
    const { projects } = await found(answers, {
      org_slugs: 'gh/acme',
      known: ['gh/acme/old', 'gh/other/old', 'gh/acme/web'],
    });
    expect(Object.fromEntries(projects.map(({ slug, ways }) => [slug, ways]))).toEqual({
      'gh/acme/web': expect.arrayContaining(['recent pipelines', 'known from the state']),
      'gh/acme/api': ['recent pipelines', 'followed'],
      'gh/acme/app': ['recent pipelines'],
      'gh/acme/tool': ['followed'],
      'gh/acme/old': ['known from the state'],
    });
  });

  test('are those that a pattern matches, of the organization that it names', async () => {
    const answers = { [recent('gh/acme')]: pipelinesOf(['gh/acme/web-1', 'gh/acme/api', 'gh/acme/web-2']) };
    const { slugs, asked } = await found(answers, {
      project_slugs: 'gh/acme/web-* !gh/acme/web-2',
      known: ['gh/acme/web-3'],
    });
    expect(slugs.toSorted()).toEqual(['gh/acme/web-1', 'gh/acme/web-3']);
    expect(asked).toEqual([recent('gh/acme'), `${v11}/projects`]);
  });

  test('are only those followed and known where a pattern stands for organizations', async () => {
    const answers = { [`${v11}/projects`]: followed('gh/acme/web', 'gh/other/web', 'gh/other/api') };
    const { slugs, asked } = await found(answers, { project_slugs: 'gh/*/web' });
    expect([slugs, asked]).toEqual([['gh/acme/web', 'gh/other/web'], [`${v11}/projects`]]);
  });

  test('bear their ids where they hang on no repository', async () => {
    const row = {
      vcs_type: 'circleci',
      vcs_url: '//circleci.com/0rg/pr0ject',
      username: 'acme',
      reponame: 'web',
    };
    const { slugs } = await found(
      { [recent('circleci/0rg')]: pipelinesOf([]), [`${v11}/projects`]: [row] },
      { org_slugs: 'circleci/0rg' },
    );
    expect(slugs).toEqual(['circleci/0rg/pr0ject']);
  });

  test('are those of the list whatever it calls the organization, and so are those known by that name', async () => {
    const id = 'bbc5cc4e-4aee-4dd2-8e10-8d25a36d3b7b';
    const answers = {
      [recent(`circleci/${id}`)]: pipelinesOf(['circleci/Sh0rt/web', 'circleci/Sh0rt/legacy']),
    };
    const { slugs } = await found(answers, {
      org_slugs: `circleci/${id}`,
      project_slugs: '!circleci/*/legacy',
      known: ['circleci/Sh0rt/old', 'circleci/0ther/old'],
    });
    expect(slugs.toSorted()).toEqual(['circleci/Sh0rt/old', 'circleci/Sh0rt/web']);
  });

  test('are known however the organization is spelled', async () => {
    const { slugs } = await found(
      { [recent('gh/Acme')]: pipelinesOf([]), [`${v11}/projects`]: followed('gh/acme/tool') },
      { org_slugs: 'gh/Acme', known: ['gh/acme/old'] },
    );
    expect(slugs).toEqual(['gh/acme/tool', 'gh/acme/old']);
  });

  test('are known by whatever name of the host the state has', async () => {
    const { slugs } = await found(
      { [recent('gh/acme')]: pipelinesOf([]) },
      { org_slugs: 'gh/acme', known: ['github/acme/old', 'not a slug'] },
    );
    expect(slugs).toEqual(['gh/acme/old']);
  });

  const monorepo = (count: number) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, page) => [
        recent('gh/acme', page === 0 ? undefined : `${page}`),
        pipelinesOf(['gh/acme/web'], `${page + 1}`, new Date(Date.UTC(2024, 0, 2, 23 - page)).toISOString()),
      ]),
    );

  test('are looked for on ten pages that bring none, and no more', async () => {
    const { asked, warnings } = await found(monorepo(15), { org_slugs: 'gh/acme' });
    expect([asked.length, warnings]).toEqual([1 + 10 + 1, []]);
  });

  test('are looked for back to the last run, however many pages bring none', async () => {
    const answers = { ...monorepo(15), [recent('gh/acme', '15')]: pipelinesOf(['gh/acme/small']) };
    const { slugs } = await found(answers, { org_slugs: 'gh/acme', lastRun: '2024-01-02T08:00:00Z' });
    expect(slugs).toEqual(['gh/acme/web', 'gh/acme/small']);
    const { asked } = await found(answers, { org_slugs: 'gh/acme', lastRun: '2024-01-02T10:00:00Z' });
    expect(asked.length).toBe(14 + 1);
  });

  test('are looked for on 200 pages at the most, which is told', async () => {
    const pages = Array.from({ length: 201 }, (_, page) => [
      recent('gh/acme', page === 0 ? undefined : `${page}`),
      pipelinesOf([`gh/acme/web-${page}`], `${page + 1}`),
    ]);
    const { slugs, warnings } = await found(Object.fromEntries(pages), { org_slugs: 'gh/acme' });
    expect(slugs.length).toBe(200);
    expect(warnings).toEqual([
      'Projects of gh/acme may be missing: of its list of pipelines only the first 200 pages were read.',
    ]);
  });

  test.each([
    [404, [], ['CircleCI ended its list of pipelines with a page that it does not find.']],
    [403, ['could not be listed; that needs permission to view the organization.'], []],
    [500, ['could not be listed. CircleCI answered 500'], []],
  ] as const)('are kept where a later page answers %i', async (status, failure, warning) => {
    const answers = {
      [recent('gh/acme')]: pipelinesOf(['gh/acme/web', 'gh/acme/api'], 'more'),
      [recent('gh/acme', 'more')]: status,
    };
    const { slugs, failures, warnings } = await found(answers, { org_slugs: 'gh/acme' });
    expect(slugs).toEqual(['gh/acme/web', 'gh/acme/api']);
    expect(failures).toEqual(failure.map((text) => expect.stringContaining(text)));
    expect(warnings).toEqual(warning.map((text) => expect.stringContaining(text)));
  });
});

describe('an organization that cannot be listed', () => {
  test.each([
    [404, /^CircleCI does not know the organization gh\/acme, or does not show it to this token.*org_slugs/],
    [403, /gh\/acme.*view the organization.*403 for \/pipeline\?org-slug=gh%2Facme/],
    [500, /gh\/acme.*500/],
  ] as const)('with %i is a failure, and the others are read', async (status, message) => {
    const answers = {
      [recent('gh/acme')]: status,
      [recent('gh/other')]: pipelinesOf(['gh/other/web']),
      [`${v11}/projects`]: followed('gh/acme/tool'),
    };
    const { slugs, failures } = await found(answers, {
      org_slugs: 'gh/acme gh/other',
      project_slugs: 'gh/third/web',
      known: ['gh/acme/old'],
    });
    expect(slugs.toSorted()).toEqual(['gh/acme/old', 'gh/acme/tool', 'gh/other/web', 'gh/third/web']);
    expect(failures).toEqual([expect.stringMatching(message)]);
  });

  test('is the refused token where that is why', async () => {
    const client = {
      get: async (path: string) => {
        const [failure, status] =
          path === '/me' ? (['unauthorized', 401] as const) : (['not-found', 404] as const);
        throw new HttpError(`CircleCI answered ${status} for ${path}.`, { failure, path, status });
      },
    };
    const finding = findProjects(client, parseProjects([], 'gh/acme'), v11, {
      slugs: [],
      lastRun: undefined,
    });
    await expect(finding).rejects.toMatchObject({ failure: 'unauthorized' });
  });

  test('is a warning where only the followed projects are missing', async () => {
    const answers = { [recent('gh/acme')]: pipelinesOf(['gh/acme/web']), [`${v11}/projects`]: 403 as const };
    const { slugs, warnings, failures } = await found(answers, { org_slugs: 'gh/acme' });
    expect([slugs, failures]).toEqual([['gh/acme/web'], []]);
    expect(warnings).toEqual([
      expect.stringMatching(/^The projects that the token's owner follows could not be listed\./),
    ]);
  });
});
