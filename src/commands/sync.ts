import { exitCodes, TapError } from '../errors.js';
import { readJson } from '../files/json-file.js';
import type { HttpStatistics } from '../http/client.js';
import { type SelectedStream, selectStreams } from '../singer/catalog.js';
import { Metrics } from '../singer/metrics.js';
import { Records } from '../singer/records.js';
import { Progress, progressLine } from '../sync/progress.js';
import { Run } from '../sync/run.js';
import { State } from '../sync/state.js';
import { syncSources } from '../sync/sync.js';
import { type Connect, connect } from './connect.js';
import type { Environment } from './environment.js';
import { configOf, givenSettings, methodBySetting, overridesOf, type SettingOptions } from './settings.js';
import { startSources } from './start-sources.js';
import { readStateFile } from './state-file.js';
import { summary, totalStatistics } from './summary.js';

/** Options of a sync, as commander gives them. */
export interface SyncOptions extends SettingOptions {
  /** Name of a file; without one the setting `streams` says what is read. */
  readonly catalog?: string;
  /** The older name of `catalog`; passed over where both are given. */
  readonly properties?: string;
  /** Name of a file; without one everything since start_date is read. */
  readonly state?: string;
}

/** What a run reads before it asks anything: parsed JSON, undefined where no file was named. */
interface SyncInputs {
  readonly config: Readonly<Record<string, unknown>>;
  readonly catalog: unknown;
  readonly state: unknown;
  /** A backfill of exactly [start_date, end_date). */
  readonly range: boolean;
}

/**
 * Reads what the catalog selects and writes SCHEMA, RECORD and STATE.
 * @throws TapError when an input is wrong or the run has failed, Stopped when it was told to stop
 */
export async function sync(options: SyncOptions, environment: Environment): Promise<void> {
  const { startDate, endDate, state, catalog = options.properties } = options;
  const config = givenSettings(options, overridesOf(options), environment);
  if (endDate !== undefined && config.start_date === undefined) {
    throw new TapError('--end-date was given, but no start.', {
      next: 'Add --start-date: a default that moves with the clock could not be resumed.',
      exitCode: exitCodes.usage,
    });
  }
  const inputs: SyncInputs = {
    config,
    catalog: catalog === undefined ? undefined : readJson(catalog, 'catalog'),
    state: state === undefined ? undefined : readStateFile(state),
    range: startDate !== undefined || endDate !== undefined,
  };
  await syncInputs(inputs, environment);
}

/**
 * Reads what the catalog selects and writes SCHEMA, RECORD and STATE, when config, catalog and state have been read.
 * @param connectTo makes the clients; a test puts its own in
 * @throws TapError when an input is wrong or the run has failed, Stopped when it was told to stop
 */
export async function syncInputs(
  inputs: SyncInputs,
  environment: Environment,
  connectTo: Connect = connect,
): Promise<void> {
  const { log, writer, clock, live } = environment;
  const config = configOf(inputs.config, environment);
  const selected = selectStreams(inputs.catalog, config.streams, methodBySetting(config), config.sources);
  const state = new State(inputs.state);
  for (const note of state.notes) log.info(note);
  if (selected.length === 0) {
    endWithoutStreams(state, environment);
    return;
  }
  for (const stream of selected) if (isCostly(stream)) log.info(costOfFullTable(stream));
  const metrics = new Metrics(log);
  const progress = new Progress();
  const started = performance.now();
  const elapsed = () => performance.now() - started;
  const run = new Run({
    writer,
    log,
    state,
    metrics,
    progress,
    records: new Map(selected.map((stream) => [stream.definition.name, new Records(stream, log)])),
    maxConcurrency: config.maxConcurrency,
    onError: config.onError,
    clock,
  });
  const sources = startSources({ run, config, range: inputs.range }, environment, (source, signal) =>
    connectTo(source, config, environment, metrics, signal),
  );
  const statistics = () => totalStatistics(sources.map(({ client }) => client.statistics));
  const endLive = live(() => progressLine(progress, statistics(), elapsed(), clock()));
  let isDone = false;
  try {
    const { isAllLost } = await syncSources(run, sources);
    isDone = run.failures.length === 0 || (config.onError === 'skip' && !isAllLost);
    if (!isDone) throw incomplete(run.failures, run.hasBegun);
  } finally {
    endLive();
    metrics.end();
    // Whoever looks at the first lines alone wants to hear no more.
    if (!writer.isClosed) report(run, metrics, { isDone, statistics: statistics(), elapsed: elapsed() });
    await Promise.all(sources.map(({ client }) => client.close()));
  }
}

/** Gives the state back as it was, for whoever keeps the last one that is written. */
function endWithoutStreams(state: State, { log, writer }: Environment): void {
  log.warning(
    'The catalog selects no stream, so there is nothing to read. ' +
      'Write "selected": true into the metadata with breadcrumb [] of each stream that is wanted.',
  );
  writer.message({ type: 'STATE', value: state });
}

/** How a run ended; `elapsed` in milliseconds. */
interface Ending {
  readonly isDone: boolean;
  readonly statistics: HttpStatistics;
  readonly elapsed: number;
}

/** The last lines of the log, but for the error. */
function report(run: Run, metrics: Metrics, { isDone, statistics, elapsed }: Ending): void {
  for (const records of run.records.values()) records.reportRemoved();
  metrics.write('sync', isDone, elapsed);
  for (const line of summary(run, statistics, elapsed)) run.log.info(line);
}

/** Where every run asks for the rows of each parent again, though it need not. */
function isCostly({ method, definition }: SelectedStream): boolean {
  return method === 'FULL_TABLE' && definition.replicationMethods.length > 1;
}

function costOfFullTable({ definition: { name } }: SelectedStream): string {
  return (
    `${name} are read in full (FULL_TABLE): every run asks for the ${name} of every pipeline since start_date, at ` +
    'least one request for each workflow. With replication-method INCREMENTAL it asks only for what changed.'
  );
}

function incomplete(failures: readonly string[], hasBegun: boolean): TapError {
  const [only] = failures;
  if (failures.length === 1 && only !== undefined && !hasBegun) return new TapError(only);
  return new TapError(`${failures.length} thing${failures.length === 1 ? '' : 's'} could not be read.`, {
    next: 'See the lines above. Pipelines and builds among it are remembered in the state and asked again in the next run.',
  });
}
