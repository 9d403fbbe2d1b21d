import { type Config, parseConfig, readJson } from '../config.js';
import { TapError } from '../errors.js';
import { type ApiClient, HttpClient } from '../http/client.js';
import type { Log } from '../log.js';
import { selectStreams } from '../singer/catalog.js';
import { Records } from '../singer/records.js';
import type { Writer } from '../singer/writer.js';
import { advice } from '../sources/circleci.js';
import { streams } from '../streams/index.js';
import { Run } from '../sync/run.js';
import { State } from '../sync/state.js';
import { syncProjects } from '../sync/sync.js';
import { version } from '../version.js';

/** The options of the command line, as they were given. */
export interface SyncOptions {
  readonly config: string;
  readonly catalog?: string;
  readonly state?: string;
  readonly startDate?: string;
  readonly endDate?: string;
}

/** What a command may use of the process; tests put their own in. */
export interface Environment {
  readonly log: Log;
  readonly writer: Writer;
  /** Aborted when the run is told to stop. */
  readonly stop: AbortController;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** What a run reads before it asks anything: parsed JSON, undefined where no file was named. */
export interface SyncInputs {
  readonly config: unknown;
  readonly catalog: unknown;
  readonly state: unknown;
  /** A backfill of exactly [start_date, end_date). */
  readonly range: boolean;
}

/**
 * Reads what the catalog selects and writes SCHEMA, RECORD and STATE.
 * @throws TapError when the run has failed, Stopped when it was told to stop.
 */
export async function sync(options: SyncOptions, environment: Environment): Promise<void> {
  const inputs: SyncInputs = {
    config: withDates(readJson(options.config, 'config'), options),
    catalog: options.catalog === undefined ? undefined : readJson(options.catalog, 'catalog'),
    state: options.state === undefined ? undefined : readJson(options.state, 'state'),
    range: options.startDate !== undefined || options.endDate !== undefined,
  };
  await syncInputs(inputs, environment);
}

/** The same for inputs that have been read; `connect` makes the client that asks CircleCI. */
export async function syncInputs(
  { config: given, catalog, state: givenState, range }: SyncInputs,
  environment: Environment,
  connect: (config: Config, environment: Environment) => ApiClient = connectToCircleCI,
): Promise<void> {
  const { log, writer, stop, clock } = environment;
  const config = parseConfig(given, version);
  log.redact(config.token);
  const state = new State(givenState);
  for (const note of state.notes) log.info(note);
  const selected = selectStreams(catalog, streams, ({ replicationMethods: [method], name }) =>
    name === 'jobs' ? config.jobsReplicationMethod : method,
  );
  for (const { definition, method } of selected) {
    if (method !== 'FULL_TABLE') continue;
    log.info(
      `${definition.name} are read in full (FULL_TABLE): every run asks for the ${definition.name} of every ` +
        'pipeline since start_date, at least one request for each workflow.',
    );
  }
  const client = connect(config, environment);
  const run = new Run({
    client,
    writer,
    log,
    state,
    records: new Map(selected.map((stream) => [stream.definition.name, new Records(stream, log)])),
    settings: { ...config, range },
    maxConcurrency: config.maxConcurrency,
    onError: config.onError,
    clock,
    stop: () => stop.abort(),
  });
  try {
    const failedProjects = await syncProjects(run, config.slugs);
    const { failures } = run;
    if (failures.length === 0) return;
    const isAllLost = failedProjects === config.slugs.length;
    if (config.onError === 'skip' && !isAllLost) return;
    throw new TapError(`${failures.length} thing${failures.length === 1 ? '' : 's'} could not be read.`, {
      next: 'They are named above, remembered in the state and asked again in the next run.',
    });
  } finally {
    await client.close();
  }
}

function connectToCircleCI(config: Config, { log, stop }: Environment): ApiClient {
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
  });
}

function withDates(given: unknown, { startDate, endDate }: SyncOptions): unknown {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return given;
  return {
    ...given,
    ...(startDate === undefined ? {} : { start_date: startDate }),
    ...(endDate === undefined ? {} : { end_date: endDate }),
  };
}
