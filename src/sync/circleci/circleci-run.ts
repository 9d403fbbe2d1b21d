import type { ApiClient } from '../../http/client.js';
import type { SelectedRecords } from '../../singer/records.js';
import type { Project } from '../../sources/circleci/api.js';
import { type FoundProject, isOpenEnded, type ProjectChoice } from '../../sources/circleci/projects.js';
import { circleciStreams } from '../../streams/circleci/index.js';
import { pipelines } from '../../streams/circleci/pipelines.js';
import { projects } from '../../streams/circleci/projects.js';
import { isAtOrBelow } from '../../streams/define.js';
import { startOfRun } from '../clock.js';
import { emptyEntry } from '../entry.js';
import { Reader } from '../reader.js';
import type { Run } from '../run.js';
import type { CircleCISettings } from './bounds.js';
import { People } from './people.js';

/** What the sync of CircleCI needs. */
export interface CircleCISyncOptions {
  readonly run: Run;
  readonly client: ApiClient;
  /** What the settings say of the projects to read. */
  readonly projects: ProjectChoice;
  /** Base URL of API v1.1. */
  readonly v11: string;
  readonly settings: CircleCISettings;
  /** Of CircleCI's selected streams, parents before children. */
  readonly records: SelectedRecords;
}

/** What one run reads CircleCI with, and knows of it; all projects share it. */
export class CircleCIRun {
  readonly run: Run;
  readonly client: ApiClient;
  readonly choice: ProjectChoice;
  readonly settings: CircleCISettings;
  readonly records: SelectedRecords;
  /** Stars secrets in logs. */
  readonly reader: Reader;
  readonly people: People;
  /** Everything that may hang below pipelines. */
  readonly below = circleciStreams.filter((stream) => stream !== pipelines && isAtOrBelow(stream, pipelines));
  /** By id of the project. */
  readonly #claimed = new Map<string, FoundProject>();

  constructor({ run, client, projects: choice, v11, settings, records }: CircleCISyncOptions) {
    this.run = run;
    this.client = client;
    this.choice = choice;
    this.settings = settings;
    this.records = records;
    this.reader = new Reader({
      client,
      bases: { 'v1.1': v11 },
      tailBytes: settings.logTailBytes,
      // A secret is not to be put together by taking out what records may not have.
      redacted: (text) => run.log.redacted(text.replaceAll('\0', '')),
    });
    this.people = new People(run, this.reader, records);
  }

  /** Whether `project` is walked for the first time in this run; two slugs may name one project. */
  claim({ id }: Project, found: FoundProject): boolean {
    const other = this.#claimed.get(id);
    if (other === undefined) {
      this.#claimed.set(id, found);
      return true;
    }
    if ([other, found].every(({ ways }) => ways.includes('named'))) {
      this.run.log.warning(
        `project_slugs has ${other.slug} and ${found.slug}, which are one project; it is read once.`,
      );
    }
    return false;
  }
  /**
   * Leaves a trace of the project where no stream's bookmark would: so a project that no list names any more is not
   * forgotten. Where the settings name projects alone, nothing is found by traces.
   */
  remember({ slug, answer }: Project): void {
    const isIncremental = [...this.records.values()].some(
      ({ selected }) => selected.method === 'INCREMENTAL',
    );
    if (isIncremental || !isOpenEnded(this.choice)) return;
    const { now } = startOfRun(answer.date, answer.receivedAt);
    this.run.state.set(projects.name, slug, { ...emptyEntry, since: now });
  }
}
