import leven from 'leven';
import { TapError } from '../errors.js';
import type { JsonObject } from '../json.js';
import type { SourceName, StreamDefinition } from '../streams/define.js';
import { type BuildkiteConfig, parseBuildkite } from './buildkite.js';
import { type CircleCIConfig, parseCircleCI, requiredOfCircleCI } from './circleci.js';
import { secretNames, settingNames } from './schema.js';
import { checkSettings } from './settings.js';
import { parseStreams } from './streams.js';
import { dateSetting, headerSetting } from './values.js';

/** The configuration of a run: of each source that is read, undefined otherwise, and of all of them. */
export interface Config {
  /** The sources that are configured; for each of them the member of its name is given. */
  readonly sources: readonly SourceName[];
  readonly circleci: CircleCIConfig | undefined;
  readonly buildkite: BuildkiteConfig | undefined;
  /** What the setting `streams` names, parents before children. */
  readonly streams: readonly StreamDefinition[];
  /** Milliseconds since 1970; undefined: one year before the run. */
  readonly startDate: number | undefined;
  /** Milliseconds since 1970, and after `startDate`; undefined: no end. */
  readonly endDate: number | undefined;
  readonly userAgent: string;
  /** Requests in flight at the most, of each source. */
  readonly maxConcurrency: number;
  /** Of each source; undefined: as many as it allows. */
  readonly maxRequestsPerSecond: number | undefined;
  /** Seconds that one attempt may take. */
  readonly requestTimeout: number;
  /** Attempts after the first one. */
  readonly maxRetries: number;
  readonly onError: 'fail' | 'skip';
}

/**
 * Checks settings and makes of them what a run needs.
 * @param given settings by their names; those that do not exist are passed over
 * @param version of the program, for the User-Agent header
 * @param required settings of CircleCI that must be given if it is read, those of a sync unless told; with none,
 *   nothing will be asked, and `streams` may name what CircleCI has without its token
 * @throws TapError naming the setting, what it is and what is expected of it
 */
export function parseConfig(
  given: JsonObject,
  version: string,
  required: readonly string[] = requiredOfCircleCI,
): Config {
  const sources = sourcesOf(given, required);
  const isOn = (source: SourceName) => sources.includes(source);
  const settings = checkSettings(given, isOn('circleci') ? requiredFor(given, required) : []);
  const startDate = dateSetting('start_date', settings.start_date);
  const endDate = dateSetting('end_date', settings.end_date);
  if (startDate !== undefined && endDate !== undefined && startDate >= endDate) {
    throw new TapError(`start_date ${settings.start_date} is not before end_date ${settings.end_date}.`, {
      next: 'Nothing lies between them; move one of the two, or leave end_date out.',
    });
  }
  return {
    sources,
    circleci: isOn('circleci') ? parseCircleCI(settings, required) : undefined,
    buildkite: isOn('buildkite') ? parseBuildkite(settings) : undefined,
    streams: parseStreams(settings.streams, sources),
    startDate,
    endDate,
    userAgent: headerSetting('user_agent', settings.user_agent ?? `tap-circle-ci/${version}`),
    maxConcurrency: settings.max_concurrency,
    maxRequestsPerSecond: settings.max_requests_per_second,
    requestTimeout: settings.request_timeout,
    maxRetries: settings.max_retries,
    onError: settings.on_error,
  };
}

/** The sources that are configured. Where none is, CircleCI is the one whose settings are missing. */
function sourcesOf(given: JsonObject, required: readonly string[]): SourceName[] {
  const isGiven = (name: string) => given[name] !== undefined;
  const buildkite = isGiven('buildkite_token');
  const isNamedFreely = required.length === 0 && isGiven('streams');
  const circleci = !buildkite || [...requiredOfCircleCI, 'org_slugs'].some(isGiven) || isNamedFreely;
  return [...(circleci ? ['circleci' as const] : []), ...(buildkite ? ['buildkite' as const] : [])];
}

/** A whole organization is as good as the names of its projects. */
function requiredFor(given: JsonObject, required: readonly string[]): string[] {
  return required.filter((name) => name !== 'project_slugs' || given.org_slugs === undefined);
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

/** The values of unchecked settings that must never be shown, whatever is wrong with the rest. */
export function secretsIn(given: JsonObject): string[] {
  const values = secretNames.map((name) => given[name]);
  // A number is taken for its digits.
  return values.filter((value) => typeof value === 'string' || typeof value === 'number').map(String);
}
