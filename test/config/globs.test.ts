import { describe, expect, it } from 'vitest';
import { parseGlobs, plainNames } from '../../src/config/globs.js';

const pipelines = (setting: string | readonly string[]) =>
  parseGlobs(setting, 'buildkite_pipelines', ['organization', 'pipeline']);

describe('globs', () => {
  it.each<[setting: string | readonly string[], wanted: string, not: string]>([
    ['acme/web', 'acme/web', 'acme/web-1 acme/we other/web'],
    ['acme/*', 'acme/web acme/api', 'other/web acme-labs/web'],
    ['*/web', 'acme/web other/web', 'acme/web-1'],
    ['acme/**', 'acme/web', 'other/web'],
    ['acme/web-?', 'acme/web-1', 'acme/web- acme/web-12'],
    ['acme/*-deploy-*', 'acme/web-deploy-eu', 'acme/web-deploy acme/deploy-eu'],
    ['acme/web.io', 'acme/web.io', 'acme/web-io'],
    ['Acme/Web', 'acme/web', 'acme/api'],
    ['acme/web, other/api', 'acme/web other/api', 'acme/api other/web'],
    [['acme/web', ' other/api '], 'acme/web other/api', 'acme/api other/web'],
    ['!acme/legacy-*', 'acme/web other/legacy-1', 'acme/legacy-1'],
    ['acme/* !acme/legacy-*', 'acme/web', 'acme/legacy-1 other/web'],
    ['!acme/legacy-* acme/*', 'acme/web', 'acme/legacy-1 other/web'],
    ['!acme/* acme/web', '', 'acme/web other/web'],
  ])('%j take %j, and not %j', (setting, wanted, not) => {
    const isWanted = pipelines(setting);
    const all = [...wanted.split(' '), ...not.split(' ')].filter((name) => name !== '');
    expect(all.filter((name) => isWanted(...name.split('/'))).join(' ')).toBe(wanted);
  });

  it('that name one thing alone are told', () => {
    expect(plainNames('acme/Web acme/api-* !acme/old */x acme/a?b Umbrella/x')).toEqual([
      ['acme', 'web'],
      ['umbrella', 'x'],
    ]);
  });

  it('have as many segments as they are told', () => {
    const isWanted = parseGlobs('gh/acme/* !gh/acme/legacy-*', 'project_slugs', ['host', 'owner', 'project']);
    expect(isWanted('gh', 'acme', 'web')).toBe(true);
    expect(isWanted('gh', 'acme', 'legacy-1')).toBe(false);
    expect(isWanted('bb', 'acme', 'web')).toBe(false);
  });

  it('answer soon however many stars there are', () => {
    expect(pipelines(`acme/${'*'.repeat(1000)}x`)('acme', 'a'.repeat(1000))).toBe(false);
  });

  it.each([
    'acme',
    'acme/web/1',
    '/web',
    'acme/',
    '!',
    '!!acme/web',
    'acme/!web',
    'acme/[a-z]',
    'acme/{web}',
    'acme/web\\*',
  ])('%j is none, and the error says so', (wrong) => {
    expect(() => pipelines(['acme/*', wrong])).toThrow(
      `buildkite_pipelines has ${JSON.stringify(wrong)}, which is not a pattern for <organization>/<pipeline>.`,
    );
  });

  it('are not there when the setting names none', () => {
    expect(() => pipelines(' , ')).toThrow('buildkite_pipelines has no pattern.');
  });
});
