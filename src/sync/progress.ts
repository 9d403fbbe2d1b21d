import type { HttpStatistics } from '../http/client.js';
import { formatDate, minute, second } from '../time.js';

/** A pipeline on the way from the newest to the floor. */
export interface Point {
  /** Milliseconds since 1970. */
  readonly created: number;
  /** Undefined where the API has none. */
  readonly number: number | undefined;
}

interface Way {
  readonly newest: Point;
  readonly reached: Point;
  readonly floor: number;
}

/** How far a run has come; the sync tells, whoever shows it asks. */
export class Progress {
  /** What there is to read, and how much of it is done, by what it is called: projects, organizations. */
  readonly #parts = new Map<string, { total: number; done: number }>();
  readonly #ways = new Map<string, Way>();
  #total = 0;
  #done = 0;
  /** RECORDs written. */
  rows = 0;

  /** There are `count` more things of a kind to read. */
  expect(kind: string, count: number): void {
    const { total, done } = this.#parts.get(kind) ?? { total: 0, done: 0 };
    this.#parts.set(kind, { total: total + count, done });
    this.#total += count;
  }

  /** Something of a list was read on the way down to `floor`. */
  reach(list: string, point: Point, floor: number): void {
    const known = this.#ways.get(list)?.newest;
    // What an interrupted run left is read first, and then the way begins again from the top.
    const newest = known !== undefined && known.created >= point.created ? known : point;
    this.#ways.set(list, { newest, reached: point, floor });
  }

  /** A thing of this kind is done with. */
  end(kind: string, list: string): void {
    this.#ways.delete(list);
    this.#done++;
    const part = this.#parts.get(kind);
    if (part !== undefined) part.done++;
  }

  /** How many things of each kind are done. */
  get parts(): string {
    return [...this.#parts].map(([kind, { total, done }]) => `${done}/${total} ${kind}`).join(', ');
  }

  /** From 0 to 1, over all of them. */
  get share(): number {
    const begun = [...this.#ways.values()].reduce((sum, way) => sum + shareOf(way), 0);
    return this.#total === 0 ? 0 : (this.#done + begun) / this.#total;
  }

  /** The latest date that a list still under way has come back to. */
  get reached(): number | undefined {
    const dates = [...this.#ways.values()].map(({ reached }) => reached.created);
    return dates.length === 0 ? undefined : Math.max(...dates);
  }
}

/**
 * By pipeline numbers, which ascend from 1, as far as they go: the floor's number is where the numbers per day
 * so far lead to. Dates alone would call a young project with an early start_date hardly begun.
 */
function shareOf({ newest, reached, floor }: Way): number {
  const passed = newest.created - reached.created;
  if (passed <= 0 || newest.created <= floor) return 0;
  const byDate = Math.min(1, passed / (newest.created - floor));
  if (newest.number === undefined || reached.number === undefined) return byDate;
  const numbers = newest.number - reached.number;
  const total = Math.min(numbers / byDate, newest.number);
  return total <= 0 ? byDate : Math.min(1, numbers / total);
}

/**
 * One line for a terminal: how far, how fast, and how long still.
 * @param elapsed milliseconds since the run began
 * @param now milliseconds since 1970
 */
export function progressLine(
  progress: Progress,
  statistics: HttpStatistics,
  elapsed: number,
  now: number,
): string {
  const { share, reached, rows } = progress;
  const parts = [progress.parts, `${Math.floor(share * 100)} %`].filter((part) => part !== '');
  if (reached !== undefined) parts.push(`back to ${formatDate(reached)}`);
  parts.push(`${Math.round(rows / Math.max(1, elapsed / second)).toLocaleString('en')} rows/s`);
  parts.push(
    statistics.pause > 0
      ? `waiting for the limit until ${clockTime(now + statistics.pause)}`
      : `${statistics.inFlight} requests in flight`,
  );
  if (share > 0.01 && elapsed > 2 * second) parts.push(`${left((elapsed * (1 - share)) / share)} left`);
  return parts.join(' | ');
}

function left(milliseconds: number): string {
  return milliseconds < 2 * minute
    ? `${Math.ceil(milliseconds / second)} s`
    : `${Math.ceil(milliseconds / minute)} min`;
}

/** As the clock on the wall beside the terminal has it. */
function clockTime(time: number): string {
  return new Date(time).toTimeString().slice(0, 8);
}
