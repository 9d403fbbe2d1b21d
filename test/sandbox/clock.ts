import type { Random } from './random.js';
import { createRandom } from './random.js';
import { HOUR, MINUTE } from './rows.js';

export interface ClockOptions {
  readonly seed: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** How far `now` moves with each request: milliseconds, from and to, or as the hours of the reader do. */
  readonly tickMs: number | readonly [number, number] | 'real';
  /** What the Date header says. */
  readonly date: 'present' | 'absent' | 'ahead' | 'behind';
}

/** A service's time, which stands still between requests unless it is real, and what it says of it. */
export class Clock {
  now: number;
  readonly #tickMs: ClockOptions['tickMs'];
  readonly #ticks: Random;
  readonly #date: ClockOptions['date'];
  readonly #dateOffset: number;
  #realTime = performance.now();

  constructor({ seed, now, tickMs, date }: ClockOptions) {
    this.now = now;
    this.#tickMs = tickMs;
    this.#ticks = createRandom(seed, 'ticks');
    this.#date = date;
    const hours = createRandom(seed, 'date').between(11 * MINUTE, 26 * HOUR);
    this.#dateOffset = date === 'ahead' ? hours : date === 'behind' ? -hours : 0;
  }

  advance(milliseconds: number): void {
    this.now += milliseconds;
  }

  tick(): void {
    const tickMs = this.#tickMs;
    if (tickMs === 'real') {
      const realTime = performance.now();
      this.now += Math.round(realTime - this.#realTime);
      this.#realTime = realTime;
    } else if (typeof tickMs === 'number') this.now += tickMs;
    else this.now += this.#ticks.integer(tickMs[0], tickMs[1]);
  }

  date(): string | undefined {
    return this.#date === 'absent' ? undefined : new Date(this.now + this.#dateOffset).toUTCString();
  }
}
