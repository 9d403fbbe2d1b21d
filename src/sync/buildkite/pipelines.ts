import type { ApiClient } from '../../http/client.js';
import type { Row } from '../../http/pagination.js';
import { type BuildkitePipeline, findPipeline } from '../../sources/buildkite/api.js';
import type { Above } from '../../streams/define.js';
import { pipelineSlugOf } from './build-list.js';

/** The pipelines of one organization: those that are listed, and those that only their builds tell of. */
export class Pipelines {
  readonly #client: ApiClient;
  /** Slug. */
  readonly organization: string;
  /** How many there are, also of those that are not read. */
  readonly count: number;
  readonly #isRead: (organization: string, slug: string) => boolean;
  /** Slug -> id; undefined where there is no such pipeline. */
  readonly #idOf: Map<string, string | undefined>;
  /** By id. */
  readonly #read: Map<string, BuildkitePipeline>;

  constructor(
    client: ApiClient,
    organization: string,
    listed: readonly BuildkitePipeline[],
    isRead: (organization: string, slug: string) => boolean,
  ) {
    this.#client = client;
    this.organization = organization;
    this.count = listed.length;
    this.#isRead = isRead;
    const read = listed.filter(({ slug }) => isRead(organization, slug));
    this.#idOf = new Map(listed.map(({ id, slug }) => [slug, id]));
    this.#read = new Map(read.map((pipeline) => [pipeline.id, pipeline]));
  }

  /** Those that the setting buildkite_pipelines names, as far as they are known by now. */
  get read(): readonly BuildkitePipeline[] {
    return [...this.#read.values()];
  }

  /** Of those in `read`; the keys under which the state knows them. */
  get ids(): readonly string[] {
    return [...this.#read.keys()];
  }

  /** The id of a build's pipeline; undefined when that is not read. Slugs must have been learnt before. */
  idOf(build: Row): string | undefined {
    const id = this.#idOf.get(pipelineSlugOf(build) ?? '');
    return id !== undefined && this.#read.has(id) ? id : undefined;
  }

  /**
   * Asks for pipelines that the list did not name: one may have been renamed or created since, or be archived.
   * @throws HttpError when one cannot be read
   */
  async learn(slugs: Iterable<string | undefined>): Promise<void> {
    for (const slug of new Set(slugs)) {
      if (slug === undefined || this.#idOf.has(slug)) continue;
      const found = await findPipeline(this.#client, this.organization, slug);
      this.#idOf.set(slug, found?.id);
      if (found === undefined || this.#read.has(found.id)) continue;
      if (this.#isRead(this.organization, found.slug)) this.#read.set(found.id, found);
    }
  }

  /** The rows above the builds of a pipeline. */
  above(id: string): Above {
    const { slug } = this.#read.get(id) ?? {};
    return { buildkite_organizations: { slug: this.organization }, buildkite_pipelines: { id, slug } };
  }
}
