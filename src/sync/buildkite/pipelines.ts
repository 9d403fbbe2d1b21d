import type { ApiClient } from '../../http/client.js';
import type { Row } from '../../http/pagination.js';
import { type BuildkitePipeline, findPipeline } from '../../sources/buildkite.js';
import type { Above } from '../../streams/define.js';
import { pipelineSlugOf } from './build-list.js';

/** The pipelines of one organization: all of them by their slugs, and those that are read. */
export class Pipelines {
  readonly #client: ApiClient;
  readonly organization: string;
  readonly all: readonly BuildkitePipeline[];
  /** Those that the setting buildkite_pipelines names. */
  readonly read: readonly BuildkitePipeline[];
  readonly #idOf: Map<string, string | undefined>;
  readonly #read: ReadonlyMap<string, BuildkitePipeline>;

  constructor(
    client: ApiClient,
    organization: string,
    all: readonly BuildkitePipeline[],
    isRead: (organization: string, slug: string) => boolean,
  ) {
    this.#client = client;
    this.organization = organization;
    this.all = all;
    this.read = all.filter(({ slug }) => isRead(organization, slug));
    this.#idOf = new Map(all.map(({ id, slug }) => [slug, id]));
    this.#read = new Map(this.read.map((pipeline) => [pipeline.id, pipeline]));
  }

  /** The id of a build's pipeline; undefined when that is not read. Slugs must have been learnt before. */
  idOf(build: Row): string | undefined {
    const id = this.#idOf.get(pipelineSlugOf(build) ?? '');
    return id !== undefined && this.#read.has(id) ? id : undefined;
  }

  /** Asks for the pipelines of builds that no list has named: one may have been renamed or created since. */
  async learn(buildsOfPage: readonly Row[]): Promise<void> {
    const slugs = new Set(buildsOfPage.map(pipelineSlugOf));
    for (const slug of slugs) {
      if (slug === undefined || this.#idOf.has(slug)) continue;
      const found = await findPipeline(this.#client, this.organization, slug);
      this.#idOf.set(slug, found?.id);
    }
  }

  /** The rows above the builds of a pipeline. */
  above(id: string): Above {
    const { slug } = this.#read.get(id) ?? {};
    return { buildkite_organizations: { slug: this.organization }, buildkite_pipelines: { id, slug } };
  }
}
