import type { Config } from '../config/config.js';
import type { ApiClient } from '../http/client.js';
import { catalogOf } from '../singer/discover.js';
import { Metrics } from '../singer/metrics.js';
import { getAccessToken } from '../sources/buildkite/api.js';
import { checkToken } from '../sources/circleci/api.js';
import type { SourceName } from '../streams/define.js';
import { connect } from './connect.js';
import type { Environment, SharedOptions } from './environment.js';
import { configOf, givenSettings, methodBySetting } from './settings.js';

/** Options of the command discover, as commander gives them. */
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

/** What is asked of a source to find out whether it accepts the token. @throws HttpError when it does not */
const askWhetherAccepted: Readonly<Record<SourceName, (client: ApiClient) => Promise<unknown>>> = {
  circleci: checkToken,
  buildkite: getAccessToken,
};

/** @throws HttpError when the token of a configured source is refused */
async function checkTokens(config: Config, environment: Environment): Promise<void> {
  for (const source of config.sources) {
    const { signal } = environment.stop;
    const client = connect(source, config, environment, new Metrics(environment.log), signal);
    try {
      await askWhetherAccepted[source](client);
    } finally {
      await client.close();
    }
  }
}
