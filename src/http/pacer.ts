import type { Stopped } from '../errors.js';
import { admit, type Observation, observe, type Pace, startPace, type Ticket } from './pace.js';
import type { Family } from './rate-limit.js';

/** Within which bounds a pace is looked for. */
export interface PacerOptions {
  /** Requests in flight at most. */
  readonly maxConcurrency: number;
  /** The user's own limit; undefined for none. */
  readonly maxRequestsPerSecond?: number | undefined;
  /** Share of the quota `ratelimit`, below 1, that is left to others; 0 unless told. */
  readonly reserve?: number | undefined;
  /** A quota that the server counts down in its headers is used up; told once per wait. */
  readonly onQuotaUsed?: (waitMs: number, family: Family | undefined) => void;
}

/** A timer for longer fires at once. */
const longestTimerMs = 2 ** 31 - 1;

interface Waiter {
  readonly resolve: (ticket: Ticket) => void;
  readonly reject: (reason: Stopped) => void;
}

/** Lets requests go one by one as the Pace allows, in the order they came, retries first. */
export class Pacer {
  readonly #onQuotaUsed: (waitMs: number, family: Family | undefined) => void;
  readonly #retries: Waiter[] = [];
  readonly #waiting: Waiter[] = [];
  #pace: Pace;
  #timer: NodeJS.Timeout | undefined;
  #stopped: Stopped | undefined;
  #limitedSince: number | undefined;
  #limitedMs = 0;
  #quotaTold = 0;

  constructor(options: PacerOptions) {
    this.#pace = startPace(options, performance.now());
    this.#onQuotaUsed = options.onQuotaUsed ?? (() => {});
  }

  /** Milliseconds in which requests waited because the server had asked to, however many they were. */
  get limitedMs(): number {
    return this.#limitedMs + (this.#limitedSince === undefined ? 0 : performance.now() - this.#limitedSince);
  }

  /** Requests that are under way. */
  get inFlight(): number {
    return this.#pace.inFlight;
  }

  /** Milliseconds until the pause for a refusal ends; 0 when there is none. */
  get pauseMs(): number {
    return this.#pace.paused ? Math.max(0, this.#pace.pausedUntil - performance.now()) : 0;
  }

  /**
   * Waits for a turn. Each ticket must be handed back with `release`.
   * @param first whether to go before requests that have not been tried yet
   * @throws Stopped after `stop`
   */
  acquire(first = false): Promise<Ticket> {
    if (this.#stopped !== undefined) return Promise.reject(this.#stopped);
    return new Promise((resolve, reject) => {
      (first ? this.#retries : this.#waiting).push({ resolve, reject });
      this.#admit();
    });
  }

  /** Hands a ticket back, with what became of its request; what waits may go. Once for each ticket. */
  release(observation: Observation): void {
    this.#pace = observe(this.#pace, observation, performance.now());
    this.#admit();
  }

  /** Rejects everything that waits, now and later. */
  stop(reason: Stopped): void {
    this.#stopped = reason;
    clearTimeout(this.#timer);
    for (const waiter of [...this.#retries.splice(0), ...this.#waiting.splice(0)]) waiter.reject(reason);
    this.#limited(false, performance.now());
  }

  #admit(): void {
    clearTimeout(this.#timer);
    while (this.#retries.length > 0 || this.#waiting.length > 0) {
      const now = performance.now();
      const admission = admit(this.#pace, now);
      this.#pace = admission.pace;
      if (!admission.admitted) {
        const { because, waitMs, family } = admission;
        this.#limited(because === 'pause' || because === 'quota', now);
        if (because === 'quota' && Number.isFinite(waitMs)) this.#tellQuota(now, waitMs, family);
        if (Number.isFinite(waitMs))
          this.#timer = setTimeout(() => this.#admit(), Math.min(Math.ceil(waitMs), longestTimerMs));
        return;
      }
      this.#limited(false, now);
      (this.#retries.shift() ?? this.#waiting.shift())?.resolve(admission.ticket);
    }
  }

  #limited(limited: boolean, now: number): void {
    if (limited) {
      this.#limitedSince ??= now;
    } else if (this.#limitedSince !== undefined) {
      this.#limitedMs += now - this.#limitedSince;
      this.#limitedSince = undefined;
    }
  }

  #tellQuota(now: number, waitMs: number, family: Family | undefined): void {
    if (now < this.#quotaTold) return;
    this.#quotaTold = now + waitMs;
    this.#onQuotaUsed(waitMs, family);
  }
}
