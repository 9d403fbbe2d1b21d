import { failedWith, type HttpError } from '../../errors.js';
import type { ApiClient } from '../../http/client.js';
import type { Row } from '../../http/pagination.js';
import { type BuildkitePipeline, findPipeline } from '../../sources/buildkite/api.js';
import type { Above } from '../../streams/define.js';
import { pipelineSlugOf } from './build-list.js';

/** What the pipelines of an organization are found with. */
export interface PipelinesOptions {
  readonly client: ApiClient;
  /** Slug. */
  readonly organization: string;
  readonly listed: readonly BuildkitePipeline[];
  /** Which are read. */
  readonly isRead: (organization: string, slug: string) => boolean;
  /** Told of a pipeline that the token must not see. */
  readonly refused: (slug: string, error: HttpError) => void;
}

/** The pipelines of one organization: those that are listed, and those that only their builds or the settings tell of. */
export class Pipelines {
  readonly #options: PipelinesOptions;
  /** Slug -> id; undefined where there is no such pipeline. */
  readonly #idOf: Map<string, string | undefined>;
  /** Ids of all that are known. */
  readonly #ids: Set<string>;
  /** Slugs of pipelines of which nothing is known, and that are not asked for. */
  readonly #unasked = new Set<string>();
  /** By id. */
  readonly #read: Map<string, BuildkitePipeline>;

  constructor(options: PipelinesOptions) {
    const { organization, listed, isRead } = options;
    this.#options = options;
    const read = listed.filter(({ slug }) => isRead(organization, slug));
    this.#idOf = new Map(listed.map(({ id, slug }) => [slug, id]));
    this.#ids = new Set(listed.map(({ id }) => id));
    this.#read = new Map(read.map((pipeline) => [pipeline.id, pipeline]));
  }

  get organization(): string {
    return this.#options.organization;
  }

  /** How many are known by now, also of those that are not read. */
  get count(): number {
    return this.#ids.size;
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

  /** Whether a pipeline with this id is known, read or not. */
  knows(id: string): boolean {
    return this.#ids.has(id);
  }

  /** Whether Buildkite has said that no pipeline, or another one, has this slug. */
  isGone(id: string, slug: string): boolean {
    return this.#idOf.has(slug) && !this.knows(id);
  }

  /**
   * Asks for pipelines that the list did not name: one may have been renamed or created since, or be archived.
   * @throws HttpError when one cannot be read
   */
  async learn(slugs: Iterable<string | undefined>): Promise<void> {
    for (const slug of new Set(slugs)) {
      if (slug === undefined || this.#idOf.has(slug) || this.#unasked.has(slug)) continue;
      const { organization, isRead } = this.#options;
      if (isRead(organization, slug)) await this.#ask(slug);
      else this.#unasked.add(slug);
    }
  }

  async #ask(slug: string): Promise<void> {
    const { client, organization, isRead, refused } = this.#options;
    try {
      const found = await findPipeline(client, organization, slug);
      this.#idOf.set(slug, found?.id);
      if (found === undefined || this.#read.has(found.id)) return;
      this.#ids.add(found.id);
      if (isRead(organization, found.slug)) this.#read.set(found.id, found);
    } catch (error) {
      if (!failedWith(error, 'forbidden')) throw error;
      this.#unasked.add(slug);
      refused(slug, error);
    }
  }

  /** The rows above the builds of a pipeline. */
  above(id: string): Above {
    const { slug } = this.#read.get(id) ?? {};
    return { buildkite_organizations: { slug: this.organization }, buildkite_pipelines: { id, slug } };
  }
}
