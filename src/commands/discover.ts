import { catalogOf } from '../singer/discover.js';
import { Metrics } from '../singer/metrics.js';
import { checkToken } from '../sources/circleci.js';
import { connectToCircleCI } from './connect.js';
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
    const client = connectToCircleCI(config, environment, new Metrics(environment.log));
    try {
      await checkToken(client);
    } finally {
      await client.close();
    }
  }
  environment.writer.line(JSON.stringify(catalogOf(config.streams, methodBySetting(config)), undefined, 2));
}
