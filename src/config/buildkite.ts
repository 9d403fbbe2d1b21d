import { TapError } from '../errors.js';
import { parseGlobs, plainNames } from './globs.js';
import type { Settings } from './settings.js';
import { headerSetting, namesIn, urlSetting } from './values.js';

/** What the settings say of Buildkite alone. */
export interface BuildkiteConfig {
  readonly token: string;
  readonly baseUrl: URL;
  /** Slugs, each once; undefined: all that the token sees. */
  readonly organizations: readonly string[] | undefined;
  /** Whether the pipeline that has this slug in the organization is wanted. */
  readonly pipelines: (organization: string, slug: string) => boolean;
  /** Slugs of pipelines of an organization that are named one by one, so that each is meant to be there. */
  readonly namedPipelines: (organization: string) => readonly string[];
  /** Days before the last sync whose builds are read again in every run. */
  readonly lookbackDays: number;
  /** Days whose builds are read again every `deepEveryDays`; 0: none. */
  readonly deepDays: number;
  /** Days between two deep look-backs; 0: never. */
  readonly deepEveryDays: number;
  /** Bytes that are kept of a job's log, from its end; 0: none. */
  readonly jobLogTailBytes: number;
  /** Names of the environment variables whose values are shown. */
  readonly envAllow: ReadonlySet<string>;
  /** Share of the rate limit that is left to others, from 0 to 1. */
  readonly reserve: number;
}

/** What checked settings say of Buildkite, taken apart. @throws TapError naming the setting that is wrong */
export function parseBuildkite(settings: Settings): BuildkiteConfig {
  const { buildkite_organizations: organizations, buildkite_pipelines: pipelines } = settings;
  const named = plainNames(pipelines ?? []);
  return {
    token: headerSetting('buildkite_token', (settings.buildkite_token ?? '').trim()),
    baseUrl: urlSetting('buildkite_base_url', settings.buildkite_base_url, {
      secret: 'buildkite_token',
      next: 'Buildkite is at https://api.buildkite.com/v2.',
    }),
    organizations: organizations === undefined ? undefined : parseOrganizations(organizations),
    pipelines:
      pipelines === undefined
        ? () => true
        : parseGlobs(pipelines, 'buildkite_pipelines', ['organization', 'pipeline']),
    namedPipelines: (organization) =>
      named.flatMap(([owner, slug = '']) => (owner === organization ? [slug] : [])),
    lookbackDays: settings.buildkite_lookback_days,
    deepDays: settings.buildkite_deep_days,
    deepEveryDays: settings.deep_every_days,
    jobLogTailBytes: settings.buildkite_job_log_tail_bytes,
    envAllow: parseEnvAllow(settings.buildkite_env_allow ?? []),
    reserve: settings.buildkite_reserve,
  };
}

function parseOrganizations(setting: string | readonly string[]): string[] {
  const slugs = namesIn(setting);
  const next =
    'Write what follows https://buildkite.com/ in its address, for example acme: lower-case letters, digits and dashes.';
  if (slugs.length === 0) throw new TapError('buildkite_organizations names no organization.', { next });
  const wrong = slugs.find((slug) => !/^[a-z0-9-]+$/.test(slug));
  if (wrong === undefined) return slugs;
  throw new TapError(
    `buildkite_organizations has ${JSON.stringify(wrong)}, which is not the slug of an organization.`,
    { next: wrong.includes('/') ? `${next} Pipelines are named in buildkite_pipelines.` : next },
  );
}

function parseEnvAllow(setting: string | readonly string[]): ReadonlySet<string> {
  const names = namesIn(setting);
  const wrong = names.find((name) => /[=*?]/.test(name));
  if (wrong === undefined) return new Set(names);
  // What stands behind a = may be a secret.
  const shown = wrong.replace(/=.*/s, '=…');
  throw new TapError(
    `buildkite_env_allow has ${JSON.stringify(shown)}, which is not the name of an environment variable.`,
    { next: 'Write each name in full, without its value: patterns are not taken.' },
  );
}
