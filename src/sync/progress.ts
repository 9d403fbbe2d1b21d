import type { HttpStatistics } from '../http/client.js';
import { minute, second } from '../time.js';

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
  readonly #total: number;
  readonly #ways = new Map<string, Way>();
  #done = 0;
  rows = 0;

  constructor(projects: number) {
    this.#total = projects;
  }

  /** A pipeline of the project was read on the way down to `floor`. */
  reach(project: string, point: Point, floor: number): void {
    const known = this.#ways.get(project)?.newest;
    // What an interrupted run left is read first, and then the way begins again from the top.
    const newest = known !== undefined && known.created >= point.created ? known : point;
    this.#ways.set(project, { newest, reached: point, floor });
  }

  end(project: string): void {
    this.#ways.delete(project);
    this.#done++;
  }

  get projects(): string {
    return `${this.#done}/${this.#total} projects`;
  }

  /** From 0 to 1, over all projects. */
  get share(): number {
    const begun = [...this.#ways.values()].reduce((sum, way) => sum + shareOf(way), 0);
    return this.#total === 0 ? 1 : (this.#done + begun) / this.#total;
  }

  /** The latest date that a project still under way has come back to. */
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
  const parts = [progress.projects, `${Math.floor(share * 100)} %`];
  if (reached !== undefined) parts.push(`back to ${new Date(reached).toISOString().slice(0, 10)}`);
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
