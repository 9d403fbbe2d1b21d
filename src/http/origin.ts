import { Pacer, type PacerOptions } from './pacer.js';

/** What has been seen of a server, and the pace that it allows: its own, since others say nothing about it. */
export class Origin {
  /** Gives each attempt at the origin its turn. */
  readonly pacer: Pacer;
  #hasAnswered = false;
  /** Since when it has answered nothing but 429. */
  #refusedSince: number | undefined;

  constructor(options: PacerOptions) {
    this.pacer = new Pacer(options);
  }

  /** The origin has answered a request, with this status. */
  heard(status: number): void {
    this.#hasAnswered = true;
    if (status !== 429) this.#refusedSince = undefined;
    else this.#refusedSince ??= performance.now();
  }

  /** As a request's history wants it: `refusedMs` are those for which there was nothing but 429. */
  get history(): { originAnswered: boolean; refusedMs: number } {
    const refusedMs = this.#refusedSince === undefined ? 0 : performance.now() - this.#refusedSince;
    return { originAnswered: this.#hasAnswered, refusedMs };
  }
}
