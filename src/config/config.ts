import { Ajv, type ErrorObject } from 'ajv';
import { parseISO } from 'date-fns/parseISO';
import leven from 'leven';
import { TapError } from '../errors.js';
import type { JsonObject } from '../json.js';
import { parseSlugs } from '../sources/circleci.js';
import type { ReplicationMethod, StreamDefinition } from '../streams/define.js';
import { configSchema, isArraySetting, secretNames, settingNames } from './schema.js';
import { parseStreams } from './streams.js';

/** The settings as given, with the defaults of schemas/config.json filled in. */
interface Settings {
  token?: string;
  project_slugs?: string | string[];
  streams: string | string[];
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
  /** Canonical slugs, each once. */
  readonly slugs: readonly string[];
  /** What the setting `streams` names, parents before children. */
  readonly streams: readonly StreamDefinition[];
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
 * Checks settings against schemas/config.json and fills in the defaults. Strings are taken for numbers and
 * arrays, because Meltano and Stitch pass everything as strings.
 * @param required names that must be given; those of a sync unless told
 * @throws TapError naming the setting, what it is and what is expected of it
 */
export function parseConfig(
  given: JsonObject,
  version: string,
  required: readonly string[] = configSchema.required,
): Config {
  const ajv = new Ajv({
    useDefaults: true,
    coerceTypes: true,
    allErrors: true,
    strict: false,
    verbose: true,
  });
  const validate = ajv.compile<Settings>({ ...configSchema, required });
  const settings: unknown = withArrays(given);
  if (!validate(settings)) throw invalid(validate.errors ?? []);
  const startDate = dateSetting('start_date', settings.start_date);
  const endDate = dateSetting('end_date', settings.end_date);
  if (startDate !== undefined && endDate !== undefined && startDate >= endDate) {
    throw new TapError(`start_date ${settings.start_date} is not before end_date ${settings.end_date}.`, {
      next: 'Nothing lies between them; move one of the two, or leave end_date out.',
    });
  }
  const slugs = parseSlugs(settings.project_slugs ?? []);
  if (slugs.length === 0 && required.includes('project_slugs')) {
    throw new TapError('project_slugs names no project.', { next: 'Write for example gh/acme/web.' });
  }
  return {
    token: headerSetting('token', (settings.token ?? '').trim()),
    slugs,
    streams: parseStreams(settings.streams),
    startDate,
    endDate,
    baseUrl: urlSetting('base_url', settings.base_url),
    userAgent: headerSetting('user_agent', settings.user_agent ?? `tap-circle-ci/${version}`),
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

/** One sentence for each setting that does not exist, with the one that may be meant. */
export function unknownSettings(given: JsonObject): string[] {
  const unknown = Object.keys(given).filter((name) => !settingNames.includes(name));
  return unknown.map((name) => {
    const [nearest] = settingNames.toSorted((a, b) => leven(name, a) - leven(name, b));
    const isNear = nearest !== undefined && leven(name, nearest) <= Math.max(2, name.length / 3);
    return `There is no setting ${JSON.stringify(name)}; it is ignored.${isNear ? ` Is ${nearest} meant?` : ''}`;
  });
}

/** The values that must never be shown, whatever is wrong with the rest. */
export function secretsIn(given: JsonObject): string[] {
  const values = secretNames.map((name) => given[name]);
  // A number is taken for its digits.
  return values.filter((value) => typeof value === 'string' || typeof value === 'number').map(String);
}

/** A copy in which arrays that are written as JSON text are arrays: so Meltano passes them in variables. */
function withArrays(given: JsonObject): Record<string, unknown> {
  const settings = structuredClone(given);
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [name, isArraySetting(name) ? asArray(value) : value]),
  );
}

function asArray(value: unknown): unknown {
  if (typeof value !== 'string' || !value.trim().startsWith('[')) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function invalid(errors: readonly ErrorObject[]): TapError {
  const missing = errors.filter(({ keyword }) => keyword === 'required');
  if (missing.length > 0) {
    // The Python tap's words, which people have alerts on.
    const names = missing.map(({ params }) => `'${String(params.missingProperty)}'`).join(', ');
    return new TapError(`Config is missing required keys: [${names}]`, {
      next: 'Put them into the config file, or into variables such as TAP_CIRCLE_CI_TOKEN.',
    });
  }
  const sentences = errors.map(({ instancePath, data, ...error }) => {
    const name = instancePath.slice(1).replaceAll('/', '.');
    const found = secretNames.includes(name) ? '' : ` is ${JSON.stringify(data)}; it`;
    return `${name}${found} must ${expected(error)}.`;
  });
  return new TapError(sentences.join(' '), { next: 'tap-circle-ci --about explains each setting.' });
}

const typeNames: Readonly<Record<string, string>> = {
  array: 'an array',
  integer: 'a whole number',
  number: 'a number',
  string: 'a string',
};

/** What a keyword of schemas/config.json asks for: the value must … */
function expected({ keyword, message, params }: Omit<ErrorObject, 'instancePath' | 'data'>): string {
  switch (keyword) {
    case 'type':
      return `be ${[params.type]
        .flat()
        .map((type) => typeNames[type] ?? type)
        .join(' or ')}`;
    case 'enum':
      return `be ${[params.allowedValues].flat().join(' or ')}`;
    case 'minimum':
      return `be at least ${params.limit}`;
    case 'exclusiveMinimum':
      return `be more than ${params.limit}`;
    case 'maximum':
      return `be at most ${params.limit}`;
    case 'minItems':
    case 'minLength':
      return 'not be empty';
    default:
      return message ?? keyword;
  }
}

/**
 * Milliseconds since 1970 of a date (midnight in UTC) or a date-time with its offset.
 * @throws TapError naming the setting: a date-time without offset would mean another time on every machine
 */
export function dateSetting(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const isDate = /^\d{4}-\d\d-\d\d$/.test(text);
  const hasOffset = /[T ].*(?:Z|[+-]\d\d:?\d\d)$/.test(text);
  const time = isDate || hasOffset ? parseISO(isDate ? `${text}T00:00:00Z` : text).getTime() : Number.NaN;
  if (!Number.isNaN(time)) return time;
  const withoutOffset = !hasOffset && /[T ]/.test(text) && !Number.isNaN(parseISO(text).getTime());
  throw new TapError(
    `${name} is ${JSON.stringify(text)}, which is ${withoutOffset ? 'a time without its offset' : 'no date'}.`,
    { next: 'Write a date such as 2026-01-31 (midnight in UTC), or a time such as 2026-01-31T12:00:00Z.' },
  );
}

function urlSetting(name: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHttp = url?.protocol === 'https:' || url?.protocol === 'http:';
  // Not shown: what stands before an @ may be a password.
  if (isHttp ? url.username + url.password !== '' : text.includes('@')) {
    throw new TapError(`${name} has a user name or password in it.`, {
      next: 'Use the setting "token" instead.',
    });
  }
  const [shown = ''] = text.split(/[?#]/);
  if (isHttp && shown !== text) {
    throw new TapError(`${name} has a query or a fragment behind ${shown}.`, { next: 'Leave it out.' });
  }
  if (isHttp) return url;
  throw new TapError(`${name} is ${JSON.stringify(shown)}, which is no http or https URL.`, {
    next: 'For CircleCI Server write https://<host>/api/v2.',
  });
}

/** A text that is sent as a header. */
function headerSetting(name: string, text: string): string {
  const position = text.search(/[^ -~]/);
  if (position < 0) return text;
  const found = /[\r\n]/.test(text.charAt(position)) ? 'a line break' : 'a character that is not ASCII';
  throw new TapError(`${name} has ${found} at position ${position + 1}, which no HTTP header can carry.`, {
    next: 'Copy it again, as one line of plain letters, digits and signs.',
  });
}
