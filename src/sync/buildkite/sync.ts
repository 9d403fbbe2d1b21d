import { failedWith } from '../../errors.js';
import type { TimedRow } from '../../http/object.js';
import { getAccessToken, getOrganization, listOrganizations } from '../../sources/buildkite/api.js';
import { organizations } from '../../streams/buildkite/organizations.js';
import { user } from '../../streams/buildkite/user.js';
import { startOfRun } from '../clock.js';
import type { Bounds } from '../entry.js';
import type { FoundRow } from '../reader.js';
import type { SourceSync } from '../sync.js';
import { Tree } from '../tree.js';
import { boundsOf } from './bounds.js';
import { BuildkiteRun, type BuildkiteSyncOptions } from './buildkite-run.js';
import { syncOrganization } from './organization.js';

/** Reads the organizations that the settings name, or all that the token sees. */
export class BuildkiteSync implements SourceSync {
  readonly #buildkite: BuildkiteRun;
  /** The organizations that the token sees, where they had to be listed. */
  #listed: readonly TimedRow[] | undefined;
  /** Slugs of organizations that are not there, which has been told. */
  readonly #unknown = new Set<string>();
  /** How many organizations are read. */
  #count = 0;

  constructor(options: BuildkiteSyncOptions) {
    this.#buildkite = new BuildkiteRun(options);
  }

  /** @throws HttpError when the token is refused, or nothing is known of the organizations */
  async parts(): Promise<Promise<unknown>[]> {
    const { run, client, reader, records, settings } = this.#buildkite;
    const { answer } = await getAccessToken(client);
    const start = startOfRun(answer.date, answer.receivedAt);
    if (start.warning !== undefined) run.warnOnce('clock of Buildkite', `Buildkite: ${start.warning}`);
    const bounds = boundsOf(settings, start.now);
    run.begin();
    const tree = new Tree({
      run,
      reader,
      name: 'Buildkite',
      records,
      definitions: [organizations, user],
      known: (definition) => (definition === organizations ? this.#organizations() : undefined),
    });
    await tree.read(user, {});
    // To list them takes a scope that the user alone does not.
    if ([...records.keys()].every((name) => name === user.name)) return [];
    const slugs = settings.organizations ?? (await this.#visibleOrganizations());
    if (slugs.length === 0)
      run.fail('Buildkite shows no organization to the token, so there is nothing to read.');
    await tree.read(organizations, {});
    tree.report();
    const there = slugs.filter((slug) => !this.#unknown.has(slug));
    this.#count = there.length;
    run.progress.expect('organizations', there.length);
    return there.map((slug) => this.#read(slug, bounds));
  }

  /** Says of which organizations no pipeline is read: one of them may be left out, all of them hardly. */
  end(): void {
    const { run, unread } = this.#buildkite;
    const isEverything = unread.size === this.#count;
    for (const [slug, count] of unread) {
      const told = `${slug}: buildkite_pipelines names none of its ${count} pipelines.`;
      if (isEverything) run.log.warning(told);
      else run.log.info(told);
    }
  }

  async #read(slug: string, bounds: Bounds): Promise<void> {
    try {
      await syncOrganization(this.#buildkite, slug, bounds);
    } finally {
      this.#buildkite.run.progress.end('organizations', slug);
    }
  }

  /** @throws HttpError that says what to do where the token must not list organizations */
  async #visibleOrganizations(): Promise<string[]> {
    try {
      this.#listed = await listOrganizations(this.#buildkite.client);
      return this.#listed.flatMap(({ row: { slug } }) => (typeof slug === 'string' ? [slug] : []));
    } catch (error) {
      if (!failedWith(error, 'forbidden')) throw error;
      throw error.advising(
        'Give the token the scope read_organizations, or name the organizations in buildkite_organizations.',
      );
    }
  }

  /** The rows of the organizations that are read. */
  async *#organizations(): AsyncGenerator<readonly FoundRow[]> {
    const { client, settings, run } = this.#buildkite;
    if (this.#listed !== undefined) yield this.#rowsOf(this.#listed);
    else {
      for (const slug of settings.organizations ?? []) {
        try {
          yield this.#rowsOf([await getOrganization(client, slug)]);
        } catch (error) {
          // The others may be there.
          if (!failedWith(error, 'not-found')) throw error;
          this.#unknown.add(slug);
          run.fail(error.line);
        }
      }
    }
  }

  #rowsOf(listed: readonly TimedRow[]): readonly FoundRow[] {
    return this.#buildkite.reader.rows(organizations, {}, listed);
  }
}
