import type { ApiClient } from '../../http/client.js';
import type { SelectedRecords } from '../../singer/records.js';
import { buildkiteStreams } from '../../streams/buildkite/index.js';
import { Reader } from '../reader.js';
import type { Run } from '../run.js';
import type { BuildkiteSettings } from './bounds.js';
import { masked } from './masked.js';

/** What the sync of Buildkite needs. */
export interface BuildkiteSyncOptions {
  readonly run: Run;
  readonly client: ApiClient;
  readonly settings: BuildkiteSettings;
  /** Of Buildkite's selected streams, parents before children. */
  readonly records: SelectedRecords;
}

/** What one run reads Buildkite with; all organizations share it. */
export class BuildkiteRun {
  readonly run: Run;
  readonly client: ApiClient;
  readonly settings: BuildkiteSettings;
  readonly records: SelectedRecords;
  /** Stars the values of variables that are not allowed, and secrets in logs. */
  readonly reader: Reader;
  /** All streams of Buildkite, parents before children. */
  readonly definitions = buildkiteStreams;
  /** Organizations of which the settings name no pipeline, by slug: how many they have. */
  readonly unread = new Map<string, number>();

  constructor({ run, client, settings, records }: BuildkiteSyncOptions) {
    this.run = run;
    this.client = client;
    this.settings = settings;
    this.records = records;
    this.reader = new Reader({
      client,
      tailBytes: settings.jobLogTailBytes,
      cleaned: (row) => masked(row, settings.envAllow),
      redacted: (text) => run.log.redacted(text),
    });
  }
}
