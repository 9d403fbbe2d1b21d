import type { Config } from '../config/config.js';
import type { ApiClient } from '../http/client.js';
import { catalogOf } from '../singer/discover.js';
import { Metrics } from '../singer/metrics.js';
import { getAccessToken } from '../sources/buildkite/api.js';
import { checkToken } from '../sources/circleci/api.js';
import type { SourceName } from '../streams/define.js';
import { connect } from './connect.js';
import {
  configOf,
  type Environment,
  givenSettings,
  methodBySetting,
  type SharedOptions,
} from './environment.js';

export interface DiscoverOptions extends SharedOptions {
  /** Ask nothing, not even whether the token is good. */
  readonly offline?: boolean;
}

/**
 * Prints the catalog of the streams that the setting `streams` names.
 * @throws TapError when a setting is wrong or the token is refused
 */
export async function discover(options: DiscoverOptions, environment: Environment): Promise<void> {
  const given = givenSettings(options, {}, environment);
  const config = configOf(given, environment, options.offline === true ? [] : ['token']);
  if (options.offline !== true) {
    await checkTokens(config, environment);
  }
  environment.writer.line(JSON.stringify(catalogOf(config.streams, methodBySetting(config)), undefined, 2));
}

/** @throws HttpError when the token of a configured source is refused */
async function checkTokens(config: Config, environment: Environment): Promise<void> {
  const checks: [SourceName, boolean, (client: ApiClient) => Promise<unknown>][] = [
    ['circleci', config.circleci !== undefined, checkToken],
    ['buildkite', config.buildkite !== undefined, getAccessToken],
  ];
  for (const [source, isConfigured, check] of checks) {
    if (!isConfigured) continue;
    const { signal } = environment.stop;
    const client = connect(source, config, environment, new Metrics(environment.log), signal);
    try {
      await check(client);
    } finally {
      await client.close();
    }
  }
}
