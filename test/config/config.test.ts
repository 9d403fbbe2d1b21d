import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { type Config, parseConfig, secretsIn, unknownSettings } from '../../src/config/config.js';
import { configSchema, settingNames } from '../../src/config/schema.js';
import { messageOf, TapError } from '../../src/errors.js';
import type { JsonObject } from '../../src/json.js';
import type { StreamDefinition } from '../../src/streams/define.js';

// Few enough to be listed in full: core of CircleCI, and of each source a stream that only its name calls.
vi.mock(import('../../src/streams/index.js'), async (original) => {
  const { streams } = await original();
  const core = streams.filter(({ source, group }) => source === 'circleci' && group === 'core');
  const other = {
    schema: '',
    key: ['id'],
    replicationMethods: ['FULL_TABLE'],
    endpoint: '/',
    pages: 'link',
    permissions: [''],
    cost: '',
  } as const;
  const more: StreamDefinition[] = [
    { ...other, name: 'contexts', source: 'circleci' },
    { ...other, name: 'bk_builds', source: 'buildkite', group: 'buildkite' },
    { ...other, name: 'bk_jobs', source: 'buildkite', group: 'buildkite' },
    { ...other, name: 'bk_logs', source: 'buildkite' },
  ];
  return { streams: [...core, ...more] };
});

const circleci = { token: 'c-secret', project_slugs: 'gh/acme/web' };
const buildkite = { buildkite_token: 'b-secret' };
const both = { ...circleci, ...buildkite };

const parse = (given: JsonObject, required?: readonly string[]) => parseConfig(given, '1.2.3', required);
const namesOf = ({ streams }: Config) => streams.map(({ name }) => name);
const withSettings = (config: Config) =>
  (['circleci', 'buildkite'] as const).filter((source) => config[source] !== undefined);

/** The line that the user reads. */
function refusal(given: JsonObject, required?: readonly string[]): string {
  try {
    parse(given, required);
  } catch (error) {
    expect(error).toBeInstanceOf(TapError);
    return messageOf(error);
  }
  throw new Error('Nothing was refused.');
}

const settingHint = 'tap-circle-ci --about explains each setting.';
const missingHint =
  'Put them into the config file, or into variables such as TAP_CIRCLE_CI_TOKEN. org_slugs may stand for ' +
  'project_slugs, and to read Buildkite alone, buildkite_token for both.';

describe('the sources that are read', () => {
  it.each<[what: string, given: JsonObject, read: readonly string[]]>([
    ['CircleCI alone with token and project_slugs', circleci, ['circleci']],
    ['Buildkite alone with buildkite_token', buildkite, ['buildkite']],
    ['both with all three', both, ['circleci', 'buildkite']],
  ])('are %s', (_, given, read) => {
    const config = parse(given);
    expect(config.sources).toEqual(read);
    expect(withSettings(config)).toEqual(read);
  });

  it.each<[what: string, given: JsonObject, missing: string]>([
    ['nothing is given', {}, "'token', 'project_slugs'"],
    ['only other settings are', { streams: 'bk_builds', max_retries: 1 }, "'token', 'project_slugs'"],
    ['only the token is', { token: 't' }, "'project_slugs'"],
    ['only project_slugs is', { project_slugs: 'gh/acme/web' }, "'token'"],
    ['the token is, and Buildkite', { token: 't', ...buildkite }, "'project_slugs'"],
    ['project_slugs is, and Buildkite', { project_slugs: 'gh/acme/web', ...buildkite }, "'token'"],
    ['a setting that is wrong besides', { max_retries: -1 }, "'token', 'project_slugs'"],
  ])("miss CircleCI's settings, in the Python tap's words, when %s", (_, given, missing) => {
    expect(refusal(given)).toBe(`Config is missing required keys: [${missing}]. ${missingHint}`);
  });

  it('need only the token of CircleCI where nothing but the token is checked', () => {
    expect(parse({ token: 't' }, ['token']).circleci).toMatchObject({ token: 't', projects: { slugs: [] } });
    expect(refusal({}, ['token'])).toContain("missing required keys: ['token']");
    expect(parse(buildkite, ['token']).sources).toEqual(['buildkite']);
  });
});

describe('what is configured', () => {
  it("of CircleCI is CircleCI's own, with defaults", () => {
    expect(parse({ ...circleci, project_slugs: 'github/acme/web gh/acme/web' }).circleci).toEqual({
      token: 'c-secret',
      projects: {
        slugs: ['gh/acme/web'],
        organizations: [],
        patterns: [],
        isWanted: expect.any(Function),
        isExcluded: expect.any(Function),
      },
      baseUrl: new URL('https://circleci.com/api/v2'),
      lookbackDays: 1,
      deepEveryDays: 7,
      jobsReplicationMethod: 'INCREMENTAL',
      logJobs: 'failed',
      logTailBytes: 65_536,
      testResultsKept: 'all',
    });
  });

  it("of Buildkite is Buildkite's own, with defaults", () => {
    expect(parse(buildkite).buildkite).toEqual({
      token: 'b-secret',
      baseUrl: new URL('https://api.buildkite.com/v2'),
      organizations: undefined,
      pipelines: expect.any(Function),
      namedPipelines: expect.any(Function),
      lookbackDays: 1,
      deepDays: 30,
      deepEveryDays: 7,
      jobLogTailBytes: 65536,
      envAllow: new Set(),
      reserve: 0.1,
    });
    expect(parse(buildkite).buildkite?.pipelines('any', 'thing')).toBe(true);
    expect(parse(buildkite).buildkite?.namedPipelines('any')).toEqual([]);
  });

  it('of Buildkite knows which pipelines are named one by one', () => {
    const { buildkite: named } = parse({ ...buildkite, buildkite_pipelines: 'acme/web acme/api-* other/x' });
    expect(named?.namedPipelines('acme')).toEqual(['web']);
  });

  it('of both is shared', () => {
    const {
      circleci: _,
      buildkite: __,
      streams: ___,
      ...shared
    } = parse({ ...both, start_date: '1970-01-02' });
    expect(shared).toEqual({
      sources: ['circleci', 'buildkite'],
      startDate: 86_400_000,
      endDate: undefined,
      userAgent: 'tap-circle-ci/1.2.3',
      maxConcurrency: 16,
      maxRequestsPerSecond: undefined,
      requestTimeout: 60,
      maxRetries: 8,
      onError: 'fail',
    });
  });

  it('comes from texts too, as Meltano and Stitch write them', () => {
    const given = {
      ...buildkite,
      buildkite_organizations: '["acme", "acme-labs", "acme"]',
      buildkite_pipelines: '["acme/*"]',
      buildkite_base_url: 'http://127.0.0.1:8080/v2',
      buildkite_lookback_days: '0.5',
      buildkite_deep_days: '365',
      deep_every_days: '0',
      buildkite_job_log_tail_bytes: '0',
      buildkite_env_allow: 'CI, BRANCH\nCI',
      buildkite_reserve: '0.9',
    };
    expect(parse(given).buildkite).toMatchObject({
      baseUrl: new URL('http://127.0.0.1:8080/v2'),
      organizations: ['acme', 'acme-labs'],
      lookbackDays: 0.5,
      deepDays: 365,
      deepEveryDays: 0,
      jobLogTailBytes: 0,
      envAllow: new Set(['CI', 'BRANCH']),
      reserve: 0.9,
    });
  });

  it('has every setting of the schema, and a sentence on each', () => {
    expect(unknownSettings(Object.fromEntries(settingNames.map((name) => [name, 1])))).toEqual([]);
    for (const name of settingNames) expect(configSchema.properties[name]?.description, name).toMatch(/\.$/);
    expect(unknownSettings({ buildkite_organisations: 'acme' })).toEqual([
      'There is no setting "buildkite_organisations"; it is ignored. Is buildkite_organizations meant?',
    ]);
  });

  it('has two secrets', () => {
    expect(secretsIn({ ...both, start_date: '2026-01-01' })).toEqual(['c-secret', 'b-secret']);
  });
});

describe('a setting of Buildkite that is wrong is named, with what to do', () => {
  const slugHint =
    'Write what follows https://buildkite.com/ in its address, for example acme: lower-case letters, digits and dashes.';
  const envHint = 'Write each name in full, without its value: patterns are not taken.';
  const globHint =
    'Write <organization>/<pipeline>: * stands for anything but a slash, ? for one character, and ! in front excludes.';

  it.each<[given: JsonObject, line: string]>([
    [{ buildkite_token: '' }, `buildkite_token must not be empty. ${settingHint}`],
    [{ buildkite_token: { secret: 'b-secret' } }, `buildkite_token must be a string. ${settingHint}`],
    [
      { buildkite_token: 'b-secret\nsecond line' },
      'buildkite_token has a line break at position 9, which no HTTP header can carry. ' +
        'Copy it again, as one line of plain letters, digits and signs.',
    ],
    [
      { buildkite_base_url: 'api.buildkite.com' },
      'buildkite_base_url is "api.buildkite.com", which is no http or https URL. Buildkite is at https://api.buildkite.com/v2.',
    ],
    [
      { buildkite_base_url: 'https://me:b-secret@api.buildkite.com/v2' },
      'buildkite_base_url has a user name or password in it. Use the setting "buildkite_token" instead.',
    ],
    [
      { buildkite_base_url: 'https://api.buildkite.com/v2?access_token=b-secret' },
      'buildkite_base_url has a query or a fragment behind https://api.buildkite.com/v2. Leave it out.',
    ],
    [
      { buildkite_organizations: 'acme/web' },
      `buildkite_organizations has "acme/web", which is not the slug of an organization. ${slugHint} ` +
        'Pipelines are named in buildkite_pipelines.',
    ],
    [
      { buildkite_organizations: ['acme', 'Acme Inc'] },
      `buildkite_organizations has "Acme Inc", which is not the slug of an organization. ${slugHint}`,
    ],
    [{ buildkite_organizations: ' , ' }, `buildkite_organizations names no organization. ${slugHint}`],
    [{ buildkite_organizations: [] }, `buildkite_organizations is []; it must not be empty. ${settingHint}`],
    [
      { buildkite_pipelines: 'acme/web acme' },
      `buildkite_pipelines has "acme", which is not a pattern for <organization>/<pipeline>. ${globHint}`,
    ],
    [{ buildkite_pipelines: [' '] }, `buildkite_pipelines has no pattern. ${globHint}`],
    [
      { buildkite_env_allow: 'BUILDKITE_*' },
      `buildkite_env_allow has "BUILDKITE_*", which is not the name of an environment variable. ${envHint}`,
    ],
    [
      { buildkite_env_allow: ['KEY=b-secret'] },
      `buildkite_env_allow has "KEY=…", which is not the name of an environment variable. ${envHint}`,
    ],
    [{ buildkite_lookback_days: -1 }, `buildkite_lookback_days is -1; it must be at least 0. ${settingHint}`],
    [
      { buildkite_lookback_days: 366 },
      `buildkite_lookback_days is 366; it must be at most 365. ${settingHint}`,
    ],
    [{ buildkite_deep_days: 'few' }, `buildkite_deep_days is "few"; it must be a number. ${settingHint}`],
    [{ buildkite_deep_days: 366 }, `buildkite_deep_days is 366; it must be at most 365. ${settingHint}`],
    [
      { buildkite_job_log_tail_bytes: 1.5 },
      `buildkite_job_log_tail_bytes is 1.5; it must be a whole number. ${settingHint}`,
    ],
    [
      { buildkite_job_log_tail_bytes: 16777217 },
      `buildkite_job_log_tail_bytes is 16777217; it must be at most 16777216. ${settingHint}`,
    ],
    [{ buildkite_reserve: 1 }, `buildkite_reserve is 1; it must be at most 0.9. ${settingHint}`],
  ])('%j', (given, line) => {
    expect(refusal({ ...buildkite, ...given })).toBe(line);
  });

  it('also when CircleCI is read', () => {
    expect(refusal({ ...both, buildkite_pipelines: '!' })).toContain('buildkite_pipelines has "!"');
  });

  it('whatever it is, on one line that shows no object', () => {
    const names = settingNames.filter((name) => name.startsWith('buildkite_'));
    const anything = fc.oneof(fc.string(), fc.jsonValue({ maxDepth: 2, stringUnit: 'binary' }));
    const given = fc.record(Object.fromEntries(names.map((name) => [name, anything])), { requiredKeys: [] });
    fc.assert(
      fc.property(given, (settings) => {
        try {
          parse({ ...buildkite, ...settings });
        } catch (error) {
          if (!(error instanceof TapError)) throw error;
          expect(error.line).not.toMatch(/\n|\[object/);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('the streams', () => {
  const core = ['pipelines', 'workflows', 'jobs'];

  it.each<[given: JsonObject, streams: readonly string[]]>([
    [circleci, core],
    [buildkite, ['bk_builds', 'bk_jobs']],
    [both, [...core, 'bk_builds', 'bk_jobs']],
    [{ ...circleci, streams: 'jobs contexts' }, ['jobs', 'contexts']],
    [{ ...buildkite, streams: ['bk_logs', 'buildkite'] }, ['bk_builds', 'bk_jobs', 'bk_logs']],
    [{ ...both, streams: 'bk_logs,core' }, [...core, 'bk_logs']],
    [{ ...both, streams: 'bk_builds' }, ['bk_builds']],
  ])('of %j are %j', (given, streams) => {
    expect(namesOf(parse(given))).toEqual(streams);
  });

  const ofCircleCI = 'Groups: core. Streams: pipelines, workflows, jobs, contexts.';
  const ofBuildkite = 'Groups: buildkite. Streams: bk_builds, bk_jobs, bk_logs.';
  const ofBoth =
    'Groups: core, buildkite. Streams: pipelines, workflows, jobs, contexts, bk_builds, bk_jobs, bk_logs.';
  const withoutToken = 'but buildkite_token is missing. Set buildkite_token, or name others.';
  const withoutBoth = 'but token and project_slugs or org_slugs are missing. Set them, or name others.';

  it.each<[given: JsonObject, line: string]>([
    [{ ...circleci, streams: 'core jbos' }, `names "jbos", which do not exist. ${ofCircleCI}`],
    [{ ...circleci, streams: [] }, `names none. ${ofCircleCI}`],
    [{ ...buildkite, streams: 'jbos' }, `names "jbos", which do not exist. ${ofBuildkite}`],
    [{ ...buildkite, streams: ' ' }, `names none. ${ofBuildkite}`],
    [{ ...both, streams: 'a b' }, `names "a", "b", which do not exist. ${ofBoth}`],
    [
      { ...circleci, streams: 'core buildkite bk_logs' },
      `names "buildkite", "bk_logs" of Buildkite, ${withoutToken} ${ofCircleCI}`,
    ],
    [{ ...buildkite, streams: 'core' }, `names "core" of CircleCI, ${withoutBoth} ${ofBuildkite}`],
    [
      { ...buildkite, streams: 'bk_builds contexts' },
      `names "contexts" of CircleCI, ${withoutBoth} ${ofBuildkite}`,
    ],
    [{ ...circleci, streams: 'bk_logs jbos' }, `names "jbos", which do not exist. ${ofCircleCI}`],
  ])('of %j are refused: only those of configured sources can be had', (given, line) => {
    expect(refusal(given)).toBe(`The setting streams ${line}`);
  });

  describe('where nothing is required, as offline', () => {
    it.each<[given: JsonObject, streams: readonly string[]]>([
      [{}, core],
      [{ streams: 'contexts' }, ['contexts']],
      [{ token: 't' }, core],
      [buildkite, ['bk_builds', 'bk_jobs']],
      [{ ...buildkite, streams: 'jobs bk_logs' }, ['jobs', 'bk_logs']],
    ])('of %j are %j', (given, streams) => {
      expect(namesOf(parse(given, []))).toEqual(streams);
    });

    it("are still none of Buildkite's without its token", () => {
      expect(refusal({ streams: 'bk_builds' }, [])).toBe(
        `The setting streams names "bk_builds" of Buildkite, ${withoutToken} ${ofCircleCI}`,
      );
    });

    it("come with CircleCI's other settings, which their catalog needs", () => {
      const given = { ...buildkite, streams: 'jobs', jobs_replication_method: 'FULL_TABLE' };
      expect(parse(given, []).circleci).toMatchObject({
        token: '',
        projects: { slugs: [] },
        jobsReplicationMethod: 'FULL_TABLE',
      });
    });
  });
});
