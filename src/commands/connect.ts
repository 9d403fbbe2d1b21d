import type { Config } from '../config/config.js';
import { type ApiClient, HttpClient } from '../http/client.js';
import type { Metrics } from '../singer/metrics.js';
import { advice } from '../sources/circleci.js';
import type { Environment } from './environment.js';

/** A client of CircleCI's API, at the pace that the settings allow. */
export function connectToCircleCI(config: Config, { log, stop }: Environment, metrics: Metrics): ApiClient {
  return new HttpClient({
    source: 'CircleCI',
    baseUrl: config.baseUrl,
    headers: { 'circle-token': config.token, 'user-agent': config.userAgent },
    requestTimeout: config.requestTimeout,
    maxRetries: config.maxRetries,
    maxConcurrency: config.maxConcurrency,
    maxRequestsPerSecond: config.maxRequestsPerSecond,
    log,
    signal: stop.signal,
    advice,
    onRequest: ({ endpoint, status, milliseconds }) => metrics.request(endpoint, status, milliseconds),
  });
}
