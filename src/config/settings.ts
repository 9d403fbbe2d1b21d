import { Ajv, type ErrorObject } from 'ajv';
import { TapError } from '../errors.js';
import type { JsonObject } from '../json.js';
import type { ReplicationMethod } from '../streams/define.js';
import { configSchema, isArraySetting, secretNames } from './schema.js';

/** The settings as given, with the defaults of schemas/config.json filled in. */
export interface Settings {
  token?: string;
  project_slugs?: string | string[];
  org_slugs?: string | string[];
  streams?: string | string[];
  start_date?: string;
  end_date?: string;
  base_url: string;
  user_agent?: string;
  lookback_days: number;
  deep_every_days: number;
  jobs_replication_method: ReplicationMethod;
  log_jobs: 'failed' | 'all';
  log_tail_bytes: number;
  test_results_kept: 'all' | 'failed';
  max_concurrency: number;
  max_requests_per_second?: number;
  request_timeout: number;
  max_retries: number;
  on_error: 'fail' | 'skip';
  buildkite_token?: string;
  buildkite_organizations?: string | string[];
  buildkite_pipelines?: string | string[];
  buildkite_base_url: string;
  buildkite_lookback_days: number;
  buildkite_deep_days: number;
  buildkite_job_log_tail_bytes: number;
  buildkite_env_allow?: string | string[];
  buildkite_reserve: number;
}

/**
 * Checks settings against schemas/config.json and fills in the defaults. Strings are taken for numbers and
 * arrays, because Meltano and Stitch pass everything as strings.
 * @param given is left as it is
 * @throws TapError naming the setting, what it is and what is expected of it
 */
export function checkSettings(given: JsonObject, required: readonly string[]): Settings {
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
  return settings;
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

/** What ajv found; of `params`, which are others for each keyword, nothing is taken for granted. */
type Finding = ErrorObject<string, JsonObject>;

function invalid(errors: readonly Finding[]): TapError {
  const missing = errors.filter(({ keyword }) => keyword === 'required');
  if (missing.length > 0) {
    // The Python tap's words, which people have alerts on.
    const names = missing.map(({ params }) => `'${String(params.missingProperty)}'`).join(', ');
    return new TapError(`Config is missing required keys: [${names}]`, {
      next:
        'Put them into the config file, or into variables such as TAP_CIRCLE_CI_TOKEN. org_slugs may stand for ' +
        'project_slugs, and to read Buildkite alone, buildkite_token for both.',
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
function expected({ keyword, message, params }: Omit<Finding, 'instancePath' | 'data'>): string {
  switch (keyword) {
    case 'type':
      return `be ${[params.type]
        .flat()
        .map((type) => typeNames[String(type)] ?? String(type))
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
