import { readFileSync } from 'node:fs';
import { Ajv, type ErrorObject } from 'ajv';
import { parseISO } from 'date-fns/parseISO';
import { TapError } from './errors.js';
import { loadSchema } from './singer/schema.js';
import { parseSlugs } from './sources/circleci.js';
import type { ReplicationMethod } from './streams/define.js';

/** The settings as given, with the defaults of schemas/config.json filled in. */
interface Settings {
  token: string;
  project_slugs: string | string[];
  start_date?: string;
  end_date?: string;
  base_url: string;
  user_agent?: string;
  lookback_days: number;
  deep_every_days: number;
  jobs_replication_method: ReplicationMethod;
  max_concurrency: number;
  max_requests_per_second?: number;
  request_timeout: number;
  max_retries: number;
  on_error: 'fail' | 'skip';
}

/** The configuration of a run. Times are milliseconds since 1970. */
export interface Config {
  readonly token: string;
  readonly slugs: readonly string[];
  readonly startDate: number | undefined;
  readonly endDate: number | undefined;
  readonly baseUrl: URL;
  readonly userAgent: string;
  readonly lookbackDays: number;
  readonly deepEveryDays: number;
  readonly jobsReplicationMethod: ReplicationMethod;
  readonly maxConcurrency: number;
  readonly maxRequestsPerSecond: number | undefined;
  /** Seconds. */
  readonly requestTimeout: number;
  readonly maxRetries: number;
  readonly onError: 'fail' | 'skip';
}

/**
 * Reads and parses a JSON file that the user named.
 * @throws TapError naming the file, and line and column of what is not JSON.
 */
export function readJson(file: string, what: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${String(code)})`;
    throw new TapError(`The ${what} file ${file} ${why}.`, { cause: error });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new TapError(`The ${what} file ${file} is not JSON${placeOf(error, text)}.`, { cause: error });
  }
}

/** Line and column of a syntax error, where the engine names the position. */
function placeOf(error: unknown, text: string): string {
  const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
  if (position === undefined) return text.trim() === '' ? ': it is empty' : ': it ends too early';
  const before = text.slice(0, Number(position)).split('\n');
  return `: line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}

/**
 * Checks settings against schemas/config.json and fills in the defaults.
 * @throws TapError naming the setting and what is expected of it.
 */
export function parseConfig(given: unknown, version: string): Config {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new TapError('The config is not a JSON object.', { next: 'See sample-config.json.' });
  }
  const ajv = new Ajv({ useDefaults: true, coerceTypes: true, allErrors: true, strict: false });
  const validate = ajv.compile<Settings>(loadSchema('config.json'));
  const settings: unknown = structuredClone(given);
  if (!validate(settings)) throw invalid(validate.errors ?? []);
  const startDate = dateSetting('start_date', settings.start_date);
  const endDate = dateSetting('end_date', settings.end_date);
  if (startDate !== undefined && endDate !== undefined && startDate >= endDate) {
    throw new TapError(`start_date ${settings.start_date} is not before end_date ${settings.end_date}.`);
  }
  const slugs = parseSlugs(settings.project_slugs);
  if (slugs.length === 0)
    throw new TapError('project_slugs is empty.', { next: 'Name a project, for example gh/acme/web.' });
  return {
    token: settings.token,
    slugs,
    startDate,
    endDate,
    baseUrl: urlSetting('base_url', settings.base_url),
    userAgent: settings.user_agent ?? `tap-circle-ci/${version}`,
    lookbackDays: settings.lookback_days,
    deepEveryDays: settings.deep_every_days,
    jobsReplicationMethod: settings.jobs_replication_method,
    maxConcurrency: settings.max_concurrency,
    maxRequestsPerSecond: settings.max_requests_per_second,
    requestTimeout: settings.request_timeout,
    maxRetries: settings.max_retries,
    onError: settings.on_error,
  };
}

function invalid(errors: readonly ErrorObject[]): TapError {
  const missing = errors.filter(({ keyword }) => keyword === 'required');
  if (missing.length > 0) {
    // The Python tap's words, which people have alerts on.
    const names = missing.map(({ params }) => `'${String(params.missingProperty)}'`).join(', ');
    return new TapError(`Config is missing required keys: [${names}]`);
  }
  const sentences = errors.map(({ instancePath, keyword, message, params }) => {
    const name = instancePath.slice(1).replaceAll('/', '.');
    const allowed = keyword === 'enum' ? `: ${[params.allowedValues].flat().join(', ')}` : '';
    return `${name} ${message}${allowed}.`;
  });
  return new TapError([...new Set(sentences)].join(' '), { next: 'See sample-config.json.' });
}

/**
 * Milliseconds since 1970 of a date (midnight in UTC) or a date-time with its offset.
 * @throws TapError naming the setting: a date-time without offset would mean another time on every machine.
 */
export function dateSetting(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const isDate = /^\d{4}-\d\d-\d\d$/.test(text);
  const hasOffset = /T.*(?:Z|[+-]\d\d:?\d\d)$/.test(text);
  const time = isDate || hasOffset ? parseISO(isDate ? `${text}T00:00:00Z` : text).getTime() : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw new TapError(`${name} is ${JSON.stringify(text)}, which is not a date.`, {
    next: 'Write a date such as 2026-01-31 (midnight in UTC), or a time with its offset such as 2026-01-31T12:00:00Z.',
  });
}

function urlSetting(name: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && (url.protocol === 'https:' || url.protocol === 'http:')) return url;
  throw new TapError(`${name} is ${JSON.stringify(text)}, which is not an http or https URL.`, {
    next: 'For CircleCI Server write https://<host>/api/v2.',
  });
}
