import type { Endpoint } from './endpoints.js';
import { endpoints } from './endpoints.js';

/** What has been asked of the sandbox. */
export class Traffic {
  /** `GET /api/v2/…`, in order of arrival. */
  readonly requests: string[] = [];
  counts = zeros();
  total = 0;
  /** Answers by status; resets and hangs have none. */
  statuses: Record<number, number> = {};
  inFlight = 0;
  mostInFlight = 0;

  /** How many 429s were given. */
  get tooManyRequests(): number {
    return this.statuses[429] ?? 0;
  }

  begin(endpoint: Endpoint, request: string, record: boolean): void {
    if (record) this.requests.push(request);
    this.counts[endpoint] += 1;
    this.total += 1;
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
  }

  answered(status: number): void {
    this.statuses[status] = (this.statuses[status] ?? 0) + 1;
  }

  end(): void {
    this.inFlight -= 1;
  }

  reset(): void {
    this.requests.length = 0;
    this.counts = zeros();
    this.total = 0;
    this.statuses = {};
    this.mostInFlight = this.inFlight;
  }

  get summary(): object {
    const { total, counts, statuses, tooManyRequests, inFlight, mostInFlight } = this;
    return { total, counts, statuses, tooManyRequests, inFlight, mostInFlight };
  }
}

const zeros = (): Record<Endpoint, number> =>
  Object.fromEntries(endpoints.map((endpoint) => [endpoint, 0])) as Record<Endpoint, number>;
