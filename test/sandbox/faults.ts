import type { Random } from './random.js';
import { createRandom } from './random.js';

export const faultKinds = [
  'status', // an answer with the status, body and headers given
  'reset', // the connection is reset before an answer
  'truncate', // a content-length that the body does not reach, then the socket is closed
  'html200', // a proxy's page instead of JSON
  'hang', // never an answer
  'token-loop', // the next_page_token is the one that was asked for
  'garbage-shape', // items is not an array
  'revoke-token', // from now on the token is a bad one
] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface FaultOptions {
  kind: FaultKind;
  /** Against `GET /api/v2/path?query`. Default: every request. */
  match?: RegExp | ((request: string) => boolean);
  /** How often; then the fault is over. Default: always. */
  times?: number;
  /** Of a matching request to fail, by seed. Default 1. */
  probability?: number;
  /** Of kind `status`. Default 500. */
  status?: number;
  /** A text as it is, anything else as JSON. */
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
}

export interface Fault extends Readonly<FaultOptions> {
  /** How many requests it has failed. */
  readonly hits: number;
  remove(): void;
}

/** Faults on demand; the first that matches strikes. */
export class Faults {
  readonly #random: Random;
  #faults: ActiveFault[] = [];

  constructor(seed: number) {
    this.#random = createRandom(seed, 'faults');
  }

  add(options: FaultOptions): Fault {
    if (!faultKinds.includes(options.kind))
      throw new Error(`No fault ${options.kind}; there are ${faultKinds}.`);
    const fault: ActiveFault = {
      ...options,
      hits: 0,
      remove: () => {
        this.#faults = this.#faults.filter((one) => one !== fault);
      },
    };
    this.#faults.push(fault);
    return fault;
  }

  clear(): void {
    this.#faults = [];
  }

  /** The fault that strikes this request, if any; it counts as a hit. */
  strike(request: string): FaultOptions | undefined {
    for (const fault of this.#faults) {
      if (fault.hits >= (fault.times ?? Number.POSITIVE_INFINITY) || !matches(fault, request)) continue;
      if (fault.probability !== undefined && !this.#random.chance(fault.probability)) continue;
      fault.hits += 1;
      return fault;
    }
    return undefined;
  }
}

type ActiveFault = { -readonly [Key in keyof Fault]: Fault[Key] };

function matches({ match }: FaultOptions, request: string): boolean {
  if (match === undefined) return true;
  // search, unlike test, does not go on from where a global expression stopped.
  return match instanceof RegExp ? request.search(match) >= 0 : match(request);
}
