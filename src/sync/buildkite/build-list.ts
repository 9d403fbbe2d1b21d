import { HttpError } from '../../errors.js';
import type { ApiClient } from '../../http/client.js';
import { type Page, pages, type Row } from '../../http/pagination.js';
import { expand } from '../../http/url.js';
import { largestPage } from '../../sources/buildkite/api.js';
import { builds } from '../../streams/buildkite/builds.js';
import { parseTimestamp, second, secondOf } from '../../time.js';
import type { Window } from '../list-sync.js';
import { afterAnswer, isTooMuch, type PageSize, smaller } from './page-size.js';

/** Builds on a page; with 20 jobs each that is about 1 MB. Buildkite's own default. */
const pageWithJobs = 30;
/** Pages with fewer builds than this are followed by their links. */
const fewest = 5;

/** Which builds of a list are wanted: https://buildkite.com/docs/apis/rest-api/builds */
export interface BuildFilter {
  /** A build has to be in one of them; undefined: whatever its state. */
  readonly states?: readonly string[];
  /** Milliseconds since 1970. */
  readonly finishedFrom?: number;
}

/** Which list it is, and what its rows have to bring. */
export interface BuildListOptions {
  readonly client: ApiClient;
  /** Slug. */
  readonly organization: string;
  /** Slug; undefined: the builds of all pipelines. */
  readonly pipeline: string | undefined;
  /** Whether the builds bring their jobs, as long as they are not too many. */
  readonly withJobs: boolean;
}

/**
 * Builds of an organization or a pipeline, newest first by `created_at`.
 *
 * Each page is asked for below the last build of the one before (`created_to`) instead of by its number: so
 * nothing is passed over when builds leave the list while it is read, and Buildkite, which refuses to page deep
 * (400, "Listing builds this deep is not supported"), is never asked to. Only builds of the same second need
 * the numbered page that `Link` names. Filters are cut to the second, which is all that the documentation shows.
 */
export class BuildList {
  readonly #options: BuildListOptions;
  readonly #path: string;
  readonly #endpoint: string;
  readonly #largest: number;
  #size: PageSize;

  constructor(options: BuildListOptions) {
    const { organization, pipeline, withJobs } = options;
    this.#options = options;
    this.#endpoint =
      pipeline === undefined ? '/organizations/{buildkite_organizations.slug}/builds' : builds.endpoint;
    this.#path = expand(this.#endpoint, (name) =>
      name === 'buildkite_pipelines.slug' ? pipeline : organization,
    );
    this.#largest = withJobs ? pageWithJobs : largestPage;
    this.#size = { rows: this.#largest, answered: 0 };
  }

  /**
   * The pages that hold what was created in the window and passes the filter; some rows may come twice.
   * A page that is too heavy for the server is asked again with half its size, a build that is too heavy alone
   * comes without its jobs.
   * @throws HttpError when a page could not be read
   */
  async *pages({ from, to }: Window, filter: BuildFilter = {}): AsyncGenerator<Page> {
    let before = Number.isFinite(to) ? secondAfter(to) : undefined;
    let link: string | undefined;
    const followed = new Set<string>();
    for (;;) {
      const { rows } = this.#size;
      const asked = link ?? this.#query(from, before, filter);
      if (link === undefined) followed.clear();
      else if (followed.has(link)) throw roundInCircles(this.#path, link);
      else followed.add(link);
      const page: Page | undefined = await this.#ask(asked);
      if (page === undefined) {
        link = undefined;
        continue;
      }
      yield page;
      const next = page.next ?? behind(asked, page);
      if (next === undefined) return;
      const last = parseTimestamp(page.items.at(-1)?.created_at);
      const below = last === undefined ? undefined : secondAfter(last);
      const isFurther = below !== undefined && (before === undefined || below < before);
      if (isFurther) before = below;
      // The builds of the last second come twice, which is too many where a page has but a few.
      const isWorthIt = page.items.length >= fewest || this.#size.rows !== rows;
      link = isFurther && isWorthIt ? undefined : next;
    }
  }

  /** One page; undefined when it has to be asked for again at the size that is in force now. */
  async #ask(path: string): Promise<Page | undefined> {
    const { withJobs } = this.#options;
    try {
      // A page that can be had in another way is not worth many attempts.
      const page = await this.#first(path, withJobs ? { maxRetries: 1 } : {});
      this.#size = afterAnswer(this.#size, this.#largest);
      return page;
    } catch (error) {
      if (!withJobs || !isTooMuch(error)) throw error;
      const size = smaller(this.#size);
      // Its link leaves out the jobs of those that follow, too, until a larger page is tried: heavy builds come in rows.
      if (size === undefined) return this.#first(`${path}&exclude_jobs=true`, {});
      this.#size = size;
      return undefined;
    }
  }

  async #first(path: string, options: { readonly maxRetries?: number }): Promise<Page> {
    const { client } = this.#options;
    const first = await pages(client, path, this.#endpoint, builds.pages, options).next();
    if (first.done === true) {
      throw new HttpError(`${path} answered no page.`, { failure: 'unreadable', path });
    }
    return first.value;
  }

  #query(from: number, before: number | undefined, { states = [], finishedFrom }: BuildFilter): string {
    const query = new URLSearchParams({
      per_page: String(this.#size.rows),
      exclude_pipeline: 'true',
      ...(this.#options.withJobs ? { include_retried_jobs: 'true' } : { exclude_jobs: 'true' }),
    });
    for (const state of states) query.append('state[]', state);
    if (Number.isFinite(from)) query.set('created_from', iso(from));
    if (before !== undefined) query.set('created_to', iso(before));
    if (finishedFrom !== undefined) query.set('finished_from', iso(finishedFrom));
    return `${this.#path}?${query}`;
  }
}

/** What names a build within its pipeline; empty where it has no number. */
export function numberOf({ number }: Row): string {
  return typeof number === 'number' ? String(number) : '';
}

/** The slug of a build's pipeline, which without the expanded pipeline only the URL tells. */
export function pipelineSlugOf({ url }: Row): string | undefined {
  const slug = typeof url === 'string' ? /\/pipelines\/([^/]+)\/builds\//.exec(url)?.[1] : undefined;
  return slug === undefined ? undefined : decodeURIComponent(slug);
}

/**
 * The numbered page behind a full one whose header `Link` has been lost on the way.
 * Buildkite sends it on the last page too: empty, or with the pages before.
 */
function behind(asked: string, { items, answer }: Page): string | undefined {
  if (answer.headers.link !== undefined) return undefined;
  const [path = '', query] = asked.split('?');
  const parameters = new URLSearchParams(query);
  if (items.length === 0 || items.length < Number(parameters.get('per_page'))) return undefined;
  parameters.set('page', String(Number(parameters.get('page') ?? 1) + 1));
  return `${path}?${parameters}`;
}

function roundInCircles(path: string, link: string): HttpError {
  return new HttpError(`The list ${path} goes round in circles: the Link '${link}' came twice.`, {
    failure: 'unreadable',
    path,
  });
}

function secondAfter(time: number): number {
  return secondOf(time) + second;
}

function iso(time: number): string {
  return `${new Date(secondOf(time)).toISOString().slice(0, 19)}Z`;
}
