import type { Stopped } from '../errors.js';

/** Waits that a stop ends. */
export class Sleep {
  readonly #asleep = new Set<(reason: Stopped) => void>();
  #stopped: Stopped | undefined;

  /** @throws Stopped after `stop`, and when it comes meanwhile */
  for(milliseconds: number): Promise<void> {
    if (this.#stopped !== undefined) return Promise.reject(this.#stopped);
    return new Promise((resolve, reject) => {
      const wake = (reason?: Stopped): void => {
        clearTimeout(timer);
        this.#asleep.delete(wake);
        if (reason === undefined) resolve();
        else reject(reason);
      };
      const timer = setTimeout(wake, milliseconds);
      this.#asleep.add(wake);
    });
  }

  /** Rejects every wait, now and later. */
  stop(reason: Stopped): void {
    this.#stopped ??= reason;
    for (const wake of this.#asleep) wake(reason);
  }
}
