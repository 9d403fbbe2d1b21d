import type { Config } from '../config/config.js';
import type { ApiClient, ManagedClient } from '../http/client.js';
import { recordsOf, type SelectedRecords } from '../singer/records.js';
import { v11Of } from '../sources/circleci/api.js';
import type { SourceName } from '../streams/define.js';
import { BuildkiteSync } from '../sync/buildkite/sync.js';
import { CircleCISync } from '../sync/circleci/sync.js';
import type { Run } from '../sync/run.js';
import type { StartedSource } from '../sync/sync.js';
import type { Environment } from './environment.js';

interface Inputs {
  readonly run: Run;
  readonly config: Config;
  /** A backfill of exactly [start_date, end_date). */
  readonly range: boolean;
}

/** A source that is ready to be read. */
type Started = StartedSource & { readonly client: ManagedClient };

/** The sources of which a stream is selected, each with a client that can be stopped by itself. */
export function startSources(
  inputs: Inputs,
  { stop }: Environment,
  connectTo: (source: SourceName, signal: AbortSignal) => ManagedClient,
): Started[] {
  const started: Started[] = [];
  for (const source of ['circleci', 'buildkite'] as const) {
    const records = recordsOf(inputs.run.records, (stream) => stream.source === source);
    if (records.size === 0) continue;
    const own = new AbortController();
    if (stop.signal.aborted) own.abort();
    else stop.signal.addEventListener('abort', () => own.abort(), { once: true });
    const client = connectTo(source, own.signal);
    const sync = syncOf(source, inputs, client, records);
    if (sync !== undefined) started.push({ sync, client, stop: () => own.abort() });
  }
  return started;
}

function syncOf(
  source: SourceName,
  { run, config, range }: Inputs,
  client: ApiClient,
  records: SelectedRecords,
): StartedSource['sync'] | undefined {
  const { startDate, endDate, circleci, buildkite } = config;
  if (source === 'circleci' && circleci !== undefined) {
    const settings = { ...circleci, startDate, endDate, range };
    const { projects, baseUrl } = circleci;
    return new CircleCISync({ run, client, projects, v11: v11Of(baseUrl), settings, records });
  }
  if (source === 'buildkite' && buildkite !== undefined) {
    const settings = { ...buildkite, startDate, endDate, range };
    return new BuildkiteSync({ run, client, settings, records });
  }
  return undefined;
}
