import { describe, expect, test } from 'vitest';
import { path, slugPath, withQuery } from '../../src/http/url.js';

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
