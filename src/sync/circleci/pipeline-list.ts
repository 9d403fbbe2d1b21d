import type { Answer, ApiClient } from '../../http/client.js';
import { type Page, pages } from '../../http/pagination.js';
import { expand } from '../../http/url.js';
import { pipelines } from '../../streams/circleci/pipelines.js';

/** The pages of a project's pipelines; the first one is asked before the project is known to exist. */
export class PipelineList {
  readonly #client: ApiClient;
  readonly #path: string;
  #begun: { rest: AsyncGenerator<Page>; first: Promise<IteratorResult<Page>> } | undefined;

  constructor(client: ApiClient, slug: string) {
    this.#client = client;
    this.#path = expand(pipelines.endpoint, () => slug);
  }

  /** Asks for the first page; what becomes of it shows when `pages` comes to it. */
  begin(): void {
    const rest = this.#ask();
    const first = rest.next();
    first.catch(() => {});
    this.#begun = { rest, first };
  }

  /** The answer that arrived first: that of the first page, or `other`. */
  async firstAnswer(other: Answer): Promise<Answer> {
    const page = await this.#begun?.first.catch(() => undefined);
    const answer = page?.done === false ? page.value.answer : other;
    return answer.receivedAt < other.receivedAt ? answer : other;
  }

  /** All pages, from the first: the one that was begun, or asked again. */
  async *pages(): AsyncGenerator<Page> {
    const begun = this.#begun;
    this.#begun = undefined;
    if (begun === undefined) yield* this.#ask();
    else {
      const first = await begun.first;
      if (first.done !== true) yield first.value;
      yield* begun.rest;
    }
  }

  #ask(): AsyncGenerator<Page> {
    return pages(this.#client, this.#path, pipelines.endpoint, pipelines.pages);
  }
}
