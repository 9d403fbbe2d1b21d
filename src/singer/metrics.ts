import type { Log } from '../log.js';

/** Counters and timers are told this often, in milliseconds, and once at the end. */
const interval = 60_000;

/** Requests of one kind since the last lines. */
interface Timing {
  readonly tags: object;
  count: number;
  milliseconds: number;
}

/**
 * `INFO METRIC: {…}` lines as singer-python writes them, which Stitch and others read. Each line tells what has
 * happened since the one before; a timer's value is the mean of `count` requests, because a line for each of
 * hundreds of thousands would bury the others.
 */
export class Metrics {
  readonly #log: Log;
  readonly #records = new Map<string, number>();
  /** By their tags as JSON. */
  readonly #requests = new Map<string, Timing>();
  readonly #timer: NodeJS.Timeout;

  /** Begins to write lines from time to time; `end` ends it. */
  constructor(log: Log) {
    this.#log = log;
    this.#timer = setInterval(() => this.#flush(), interval);
    // A metric alone is no reason to go on.
    this.#timer.unref();
  }

  /** Counts a RECORD of the stream. */
  record(stream: string): void {
    this.#records.set(stream, (this.#records.get(stream) ?? 0) + 1);
  }

  /** Times an attempt. `endpoint` is the template of the path; `status` undefined: no answer. */
  request(endpoint: string, status: number | undefined, milliseconds: number): void {
    const isDone = status !== undefined && status < 400;
    const tags = {
      endpoint,
      status: isDone ? 'succeeded' : 'failed',
      ...(status === undefined ? {} : { http_status_code: status }),
    };
    const kind = JSON.stringify(tags);
    const timing = this.#requests.get(kind) ?? { tags, count: 0, milliseconds: 0 };
    timing.count++;
    timing.milliseconds += milliseconds;
    this.#requests.set(kind, timing);
  }

  /** No more lines from time to time. */
  end(): void {
    clearInterval(this.#timer);
  }

  /** Writes the last lines, with the duration of the whole job. */
  write(jobType: string, isDone: boolean, milliseconds: number): void {
    this.#flush();
    const tags = { job_type: jobType, status: isDone ? 'succeeded' : 'failed' };
    this.#line('timer', 'job_duration', seconds(milliseconds), tags);
  }

  #flush(): void {
    for (const [stream, count] of this.#records) {
      this.#line('counter', 'record_count', count, { endpoint: stream });
      this.#records.set(stream, 0);
    }
    for (const { tags, count, milliseconds } of this.#requests.values()) {
      this.#line('timer', 'http_request_duration', seconds(milliseconds / count), { ...tags, count });
    }
    this.#requests.clear();
  }

  #line(type: string, metric: string, value: number, tags: object): void {
    this.#log.info(`METRIC: ${JSON.stringify({ type, metric, value, tags })}`);
  }
}

function seconds(milliseconds: number): number {
  return Math.round(milliseconds) / 1000;
}
