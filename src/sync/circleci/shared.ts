import type { ApiClient } from '../../http/client.js';
import type { Records } from '../../singer/records.js';
import type { Project } from '../../sources/circleci.js';
import type { StreamDefinition } from '../../streams/define.js';
import { streams } from '../../streams/index.js';
import type { Run } from '../run.js';
import type { CircleCISettings } from './bounds.js';

export interface CircleCISyncOptions {
  readonly run: Run;
  readonly client: ApiClient;
  /** As configured. */
  readonly slugs: readonly string[];
  readonly settings: CircleCISettings;
  /** Of CircleCI's selected streams, parents before children. */
  readonly records: ReadonlyMap<string, Records>;
}

/** What the projects of one run share. */
export class CircleCIShared {
  readonly run: Run;
  readonly client: ApiClient;
  readonly settings: CircleCISettings;
  readonly records: ReadonlyMap<string, Records>;
  /** Everything that may hang below pipelines. */
  readonly below: readonly StreamDefinition[] = streams.filter(
    ({ source, parent }) => source === 'circleci' && parent !== undefined,
  );
  readonly #claimed = new Map<string, string>();

  constructor({ run, client, settings, records }: CircleCISyncOptions) {
    this.run = run;
    this.client = client;
    this.settings = settings;
    this.records = records;
  }

  /** Whether `project` is walked for the first time in this run; two slugs may name one project. */
  claim(project: Project, slug: string): boolean {
    const other = this.#claimed.get(project.id);
    if (other !== undefined) {
      this.run.log.warning(`project_slugs has ${other} and ${slug}, which are one project; it is read once.`);
      return false;
    }
    this.#claimed.set(project.id, slug);
    return true;
  }
}
