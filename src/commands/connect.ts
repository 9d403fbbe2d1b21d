import type { Config } from '../config/config.js';
import { TapError } from '../errors.js';
import { HttpClient, type HttpClientOptions, type ManagedClient } from '../http/client.js';
import type { Metrics } from '../singer/metrics.js';
import { advice as adviceOfBuildkite } from '../sources/buildkite/api.js';
import { advice as adviceOfCircleCI } from '../sources/circleci/api.js';
import { type SourceName, sourceTitles } from '../streams/define.js';
import type { Environment } from './environment.js';

/** Makes the client that asks a source; `signal` ends all that it has under way. */
export type Connect = (
  source: SourceName,
  config: Config,
  environment: Environment,
  metrics: Metrics,
  signal: AbortSignal,
) => ManagedClient;

/** A client of a source's API, at the pace that the settings allow. @throws TapError for one that is not configured */
export const connect: Connect = (source, config, { log }, metrics, signal) =>
  new HttpClient({
    source: sourceTitles[source],
    ...ownOptions(source, config),
    requestTimeout: config.requestTimeout,
    maxRetries: config.maxRetries,
    maxConcurrency: config.maxConcurrency,
    maxRequestsPerSecond: config.maxRequestsPerSecond,
    log,
    signal,
    onRequest: ({ endpoint, status, milliseconds }) => metrics.request(endpoint, status, milliseconds),
  });

type OwnOptions = Pick<HttpClientOptions, 'baseUrl' | 'headers' | 'advice' | 'reserve'>;

/** What the clients of the two sources differ in. */
function ownOptions(source: SourceName, { circleci, buildkite, userAgent }: Config): OwnOptions {
  if (source === 'circleci' && circleci !== undefined) {
    const { baseUrl, token } = circleci;
    return { baseUrl, headers: { 'circle-token': token, 'user-agent': userAgent }, advice: adviceOfCircleCI };
  }
  if (source === 'buildkite' && buildkite !== undefined) {
    const { baseUrl, token, reserve } = buildkite;
    const headers = { authorization: `Bearer ${token}`, 'user-agent': userAgent };
    return { baseUrl, headers, advice: adviceOfBuildkite, reserve };
  }
  throw new TapError(`${sourceTitles[source]} is not configured.`);
}
