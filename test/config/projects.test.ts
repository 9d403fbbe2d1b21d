import { describe, expect, test } from 'vitest';
import { parseProjects } from '../../src/config/projects.js';

describe('the projects that the settings name', () => {
  test.each<[why: string, projectSlugs: string | string[], orgSlugs: string | string[], wanted: string[]]>([
    ['a slug, and no other', 'gh/acme/web', [], ['gh/acme/web']],
    ['a slug by the long name of its host', 'github/acme/web', [], ['gh/acme/web']],
    ['all that a pattern matches', 'gh/acme/*', [], ['gh/acme/web', 'gh/acme/legacy-web']],
    ['all that a pattern with ? matches', 'gh/acme/w?b', [], ['gh/acme/web']],
    ['a pattern by the long name of its host', 'github/acme/*', [], ['gh/acme/web', 'gh/acme/legacy-web']],
    ['a pattern that begins with a star', '*/acme/web', [], ['gh/acme/web', 'bb/acme/web']],
    ['a pattern for organizations', 'gh/*/web', [], ['gh/acme/web', 'gh/other/web', 'gh/acme-two/web']],
    ['a whole organization', [], 'gh/acme', ['gh/acme/web', 'gh/acme/legacy-web']],
    ['an organization by the long name of its host', [], 'bitbucket/acme', ['bb/acme/web']],
    [
      'a project beside an organization',
      'gh/other/web',
      'gh/acme',
      ['gh/acme/web', 'gh/acme/legacy-web', 'gh/other/web'],
    ],
    ['what is left after an exclusion', 'gh/acme/* !gh/acme/legacy-*', [], ['gh/acme/web']],
    ['what is left of an organization after an exclusion', '!gh/acme/legacy-*', 'gh/acme', ['gh/acme/web']],
    [
      'what is left after an exclusion that comes first',
      ['!gh/acme/web', 'gh/acme/web', 'bb/acme/web'],
      [],
      ['bb/acme/web'],
    ],
    [
      'what is left after an exclusion by the long name',
      '!github/acme/legacy-web',
      'gh/acme',
      ['gh/acme/web'],
    ],
    [
      'what is left after an exclusion that begins with a star',
      'gh/acme/* !*/acme/legacy-web',
      [],
      ['gh/acme/web'],
    ],
  ])('are %s', (_, projectSlugs, orgSlugs, wanted) => {
    const { isWanted, slugs } = parseProjects(projectSlugs, orgSlugs);
    const all = ['gh/acme/web', 'gh/acme/legacy-web', 'bb/acme/web', 'gh/other/web', 'gh/acme-two/web'];
    expect(all.filter(isWanted)).toEqual(
      wanted.toSorted((one, other) => all.indexOf(one) - all.indexOf(other)),
    );
    expect(slugs.filter((slug) => !isWanted(slug))).toEqual([]);
  });

  test('are none where there are only exclusions', () => {
    const { slugs, organizations, patterns, isWanted } = parseProjects('!gh/acme/web', []);
    expect([slugs, organizations, patterns, isWanted('gh/acme/api')]).toEqual([[], [], [], false]);
  });

  test.each([
    ['gh/acme', 'project_slugs has "gh/acme", which is not a project slug.'],
    ['gh/*', 'project_slugs has "gh/*", which is not a pattern for <host>/<organization>/<project>.'],
    ['gh/acme/{web}*', 'project_slugs has "gh/acme/{web}*", which is not a pattern'],
    ['!gh/acme', 'project_slugs has "gh/acme", which is not a pattern for <host>/<organization>/<project>.'],
    ['gh/acme/[wa]*', 'project_slugs has "gh/acme/[wa]*", which is not a pattern'],
    ['svn/acme/*', 'project_slugs has "svn/acme/*", which no project slug can match.'],
    ['!acme/legacy-*', 'project_slugs has "!acme/legacy-*", which no project slug can match.'],
  ])('are refused where one is %s', (projectSlugs, message) => {
    expect(() => parseProjects(projectSlugs, [])).toThrow(message);
  });

  test.each(['acme', 'gh/acme/web', 'gh/ac*', 'gh/', '!gh/acme', 'svn/acme'])(
    'are refused where the organization is %s',
    (orgSlugs) => {
      expect(() => parseProjects([], orgSlugs)).toThrow(
        `org_slugs has ${JSON.stringify(orgSlugs)}, which is not the slug of an organization.`,
      );
    },
  );
});
