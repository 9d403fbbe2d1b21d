import type { LineSink } from './log.js';

/** How often the line is drawn anew, in milliseconds. */
const interval = 200;

/** stderr as a sink for the log, with a line below the log that tells how far a run has come. */
export class LiveLine implements LineSink {
  readonly #stderr: NodeJS.WriteStream;
  readonly #isWatched: boolean;
  /** Takes the line off the terminal, so that a log line does not run into it. */
  #clear: () => void = () => {};

  /** Draws on `stderr` if it is a terminal, and `stdout`, where the rows go, is not. */
  constructor(stderr: NodeJS.WriteStream, stdout: NodeJS.WriteStream) {
    this.#stderr = stderr;
    // Rows on the same terminal would run into the line, and be wiped away with it.
    this.#isWatched = stderr.isTTY && !stdout.isTTY && process.env.TERM !== 'dumb';
  }

  /** Writes a line of the log, for which the live one makes way. */
  write(line: string): void {
    this.#clear();
    this.#stderr.write(line);
  }

  /**
   * Asks for the line and draws it again and again; in a pipe it does neither.
   * @returns what ends it
   */
  show(line: () => string): () => void {
    if (!this.#isWatched) return () => {};
    let timer: NodeJS.Timeout | undefined;
    let isEnded = false;
    // Imported only where somebody watches.
    import('log-update')
      .then(({ createLogUpdate }) => {
        if (isEnded) return;
        // A cursor that is hidden stays so when the program is killed.
        const update = createLogUpdate(this.#stderr, { showCursor: true });
        this.#clear = () => update.clear();
        timer = setInterval(() => update(line()), interval);
        timer.unref();
      })
      // The line is an ornament: a sync is not to die because it cannot be loaded.
      .catch(() => {});
    return () => {
      isEnded = true;
      clearInterval(timer);
      this.#clear();
      this.#clear = () => {};
    };
  }
}
