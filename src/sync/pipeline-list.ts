import type { Answer } from '../http/client.js';
import { type Page, pages } from '../http/pagination.js';
import { path, slugPath } from '../http/url.js';
import { pipelines } from '../streams/pipelines.js';
import type { Run } from './run.js';

/** The pages of a project's pipelines; the first one is asked before the project is known to exist. */
export class PipelineList {
  readonly #run: Run;
  readonly #path: string;
  #begun: { rest: AsyncGenerator<Page>; first: Promise<IteratorResult<Page>> } | undefined;

  constructor(run: Run, slug: string) {
    this.#run = run;
    this.#path = path`/project/${slugPath(slug)}/pipeline`;
  }

  begin(): void {
    const rest = pages(this.#run.client, this.#path, pipelines.endpoint);
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
    if (begun !== undefined) {
      const first = await begun.first;
      if (first.done !== true) yield first.value;
      yield* begun.rest;
    } else {
      yield* pages(this.#run.client, this.#path, pipelines.endpoint);
    }
  }
}
