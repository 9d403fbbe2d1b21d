import type { StreamDefinition } from '../streams/define.js';
import { needs } from './left-out.js';

interface Count {
  asked: number;
  missing: number;
}

/** Counts requests for the rows of streams, and those of them that were answered 404. */
export class Missing {
  readonly #counts = new Map<StreamDefinition, Count>();

  asked(stream: StreamDefinition): void {
    this.#count(stream).asked++;
  }

  missing(stream: StreamDefinition): void {
    this.#count(stream).missing++;
  }

  add(other: Missing): void {
    for (const [stream, { asked, missing }] of other.#counts) {
      const own = this.#count(stream);
      own.asked += asked;
      own.missing += missing;
    }
  }

  /** Answers 404. */
  get total(): number {
    return [...this.#counts.values()].reduce((sum, { missing }) => sum + missing, 0);
  }

  /** Of which streams they were: ` (3 of job_details, 1 of artifacts)`. */
  get details(): string {
    const named = [...this.#counts].filter(([, { missing }]) => missing > 0);
    const parts = named.map(([{ name }, { missing }]) => `${missing} of ${name}`);
    return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
  }

  /** Sentences on streams of which nothing was there: what one row simply does not have, another has. */
  get doubts(): string[] {
    const whole = [...this.#counts].filter(([, { asked, missing }]) => missing > 1 && missing === asked);
    return whole.map(
      ([stream, { asked }]) =>
        `all ${asked} requests for ${stream.name} were answered 404: either what they ask for is gone, or the token ` +
        `may not see it; ${needs([stream.name], stream)}.`,
    );
  }

  #count(stream: StreamDefinition): Count {
    const count = this.#counts.get(stream) ?? { asked: 0, missing: 0 };
    this.#counts.set(stream, count);
    return count;
  }
}
