import { describe, expect, test } from 'vitest';
import { TapError } from '../../src/errors.js';
import { expand, path, slugPath, withQuery } from '../../src/http/url.js';

describe('path', () => {
  test.each([
    ['plain', path`/workflow/${'w-1'}/job`, '/workflow/w-1/job'],
    ['numbers', path`/job/${42}`, '/job/42'],
    ['zero', path`/job/${0}`, '/job/0'],
    ['slash and question mark', path`/a/${'b/c?d#e'}`, '/a/b%2Fc%3Fd%23e'],
    ['umlaut and space', path`/a/${'ä b'}`, '/a/%C3%A4%20b'],
    ['percent stays data', path`/a/${'%2e%2e'}`, '/a/%252e%252e'],
    [
      'a slug keeps its slashes',
      path`/project/${slugPath('gh/org/re po')}/job/${1}`,
      '/project/gh/org/re%20po/job/1',
    ],
    ['no values', path`/me`, '/me'],
  ])('%s', (_, made, expected) => {
    expect(made).toBe(expected);
  });

  test.each([
    ['undefined', () => path`/a/${undefined}`, 'value 1 of the path /a/{} is undefined'],
    ['null', () => path`/a/${'x'}/b/${null}`, 'value 2 of the path /a/{}/b/{} is null'],
    ['empty', () => path`/a/${''}/b`, 'value 1 of the path /a/{}/b is empty'],
    ['dot', () => path`/a/${'.'}`, "is '.'"],
    ['dot dot', () => path`/a/${'..'}`, "is '..'"],
    ['slug with an empty segment', () => slugPath('gh//repo'), "segment 2 of the slug 'gh//repo' is empty"],
    ['slug that climbs', () => slugPath('gh/../repo'), "segment 2 of the slug 'gh/../repo' is '..'"],
  ])('refuses %s', (_, make, message) => {
    expect(make).toThrow(message);
  });
});

test.each([
  ['/a', {}, '/a'],
  ['/a', { 'page-token': undefined }, '/a'],
  ['/a', { 'page-token': 'x+/=&y' }, '/a?page-token=x%2B%2F%3D%26y'],
  ['/a?b=1', { c: 2, d: true }, '/a?b=1&c=2&d=true'],
])('withQuery(%s, %o) is %s', (before, params, expected) => {
  expect(withQuery(before, params)).toBe(expected);
});

describe('expand', () => {
  const values: Readonly<Record<string, unknown>> = {
    'builds.number': 7,
    'projects.slug': 'gh/org/re po',
    'branches.name': 'a/b & c=d?',
    'steps.zero': 0,
    'steps.empty': '',
    'steps.null': null,
    'steps.dots': '..',
    'steps.climbing': 'gh/../repo',
    'steps.yes': true,
    'steps.object': {},
    'steps.infinite': Number.POSITIVE_INFINITY,
  };
  const filled = (template: string): string => expand(template, (name) => values[name]);

  test.each([
    ['/me', '/me'],
    ['/builds/{builds.number}/jobs', '/builds/7/jobs'],
    ['/steps/{steps.zero}', '/steps/0'],
    ['/branches/{branches.name}', '/branches/a%2Fb%20%26%20c%3Dd%3F'],
    ['/project/{+projects.slug}/job/{builds.number}', '/project/gh/org/re%20po/job/7'],
    ['/project/{projects.slug}', '/project/gh%2Forg%2Fre%20po'],
    [
      '/builds?state[]=x&branch={branches.name}&n={builds.number}',
      '/builds?state[]=x&branch=a%2Fb%20%26%20c%3Dd%3F&n=7',
    ],
    ['/insights?project={+projects.slug}', '/insights?project=gh/org/re%20po'],
    ['/search?range={steps.dots}', '/search?range=..'],
  ])('%s is %s', (template, expected) => {
    expect(filled(template)).toBe(expected);
  });

  test.each([
    ['/a/{steps.absent}', '{steps.absent} of /a/{steps.absent} is missing'],
    ['/a/{steps.null}/b', '{steps.null} of /a/{steps.null}/b is missing'],
    ['/a?b={steps.empty}', '{steps.empty} of /a?b={steps.empty} is empty'],
    ['/a/{steps.yes}', '{steps.yes} of /a/{steps.yes} is neither a string nor a number'],
    ['/a/{steps.object}', 'is neither a string nor a number'],
    ['/a/{steps.infinite}', 'is neither a string nor a number'],
    ['/a/{steps.dots}', "{steps.dots} of /a/{steps.dots} is '..'"],
    ['/a/{+steps.climbing}', "segment 2 of {+steps.climbing} of /a/{+steps.climbing} is '..'"],
  ])('%s: %s', (template, message) => {
    expect(() => filled(template)).toThrow(TapError);
    expect(() => filled(template)).toThrow(message);
  });
});
