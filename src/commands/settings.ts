import { type Config, parseConfig, secretsIn, unknownSettings } from '../config/config.js';
import { gatherSettings } from '../config/gather.js';
import type { ReplicationMethod, StreamDefinition } from '../streams/define.js';
import { version } from '../version.js';
import type { Environment, SharedOptions } from './environment.js';

/** Options of sync and check that stand for settings. */
export interface SettingOptions extends SharedOptions {
  /** A date or a time with its offset, as the setting start_date has it. */
  readonly startDate?: string;
  readonly endDate?: string;
  /** Slugs of CircleCI, which stand for project_slugs and org_slugs. */
  readonly project?: readonly string[];
  /** Names of streams and groups with white space or commas between them. */
  readonly streams?: string;
}

/** The options that stand for settings by the names of those; undefined where one was not given. */
export function overridesOf({ startDate, endDate, project, streams }: SettingOptions): Overrides {
  return { start_date: startDate, end_date: endDate, project_slugs: project, streams };
}

/** Options of the command line that stand for settings, by the setting's name. */
type Overrides = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Settings of files and environment, and what the command line says instead, unchecked; secrets are redacted from here
 * on.
 * @throws TapError when a file cannot be read or holds no object
 */
export function givenSettings(
  { config = [] }: SharedOptions,
  overrides: Overrides,
  { log }: Environment,
): Record<string, unknown> {
  const gathered = gatherSettings(config, process.env);
  // Here already, because the command reads other files before it comes to configOf, and a token that was taken for
  // the name of one would stand in the error.
  for (const secret of secretsIn(gathered)) log.redact(secret);
  const named = Object.entries(overrides).filter(([, value]) => value !== undefined);
  const settings = { ...gathered, ...Object.fromEntries(named) };
  // --project names all that is read.
  return overrides.project_slugs === undefined ? settings : withoutOrganizations(settings);
}

function withoutOrganizations({
  org_slugs: _,
  ...settings
}: Record<string, unknown>): Record<string, unknown> {
  return settings;
}

/**
 * Checks the settings, and warns of those that do not exist.
 * @param required settings of CircleCI that must be given if it is read, those of a sync unless told
 * @throws TapError naming the setting that is wrong or missing
 */
export function configOf(
  given: Readonly<Record<string, unknown>>,
  { log }: Environment,
  required?: readonly string[],
): Config {
  // Settings that do not come from givenSettings have not been redacted yet.
  for (const secret of secretsIn(given)) log.redact(secret);
  for (const warning of unknownSettings(given)) log.warning(warning);
  return parseConfig(given, version, required);
}

/** The replication method of a stream where no catalog says another. */
export function methodBySetting(config: Config): (definition: StreamDefinition) => ReplicationMethod {
  const { circleci } = config;
  return ({ name, replicationMethods: [first] }) =>
    name === 'jobs' && circleci !== undefined ? circleci.jobsReplicationMethod : first;
}
