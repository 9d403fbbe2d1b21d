import type { LineSink } from './log.js';

/** How often the line is drawn anew, in milliseconds. */
const interval = 200;

/** Takes the line off the terminal, so that a log line does not run into it. */
let clear: () => void = () => {};

/**
 * Draws a line on stderr again and again if it is a terminal, and nothing in a pipe.
 * @returns what ends it
 */
export function live(line: () => string): () => void {
  if (!isWatched()) return () => {};
  let timer: NodeJS.Timeout | undefined;
  let isEnded = false;
  // Imported only where somebody watches.
  void import('log-update').then(({ createLogUpdate }) => {
    if (isEnded) return;
    // A cursor that is hidden stays so when the program is killed.
    const update = createLogUpdate(process.stderr, { showCursor: true });
    clear = () => update.clear();
    timer = setInterval(() => update(line()), interval);
    timer.unref();
  });
  return () => {
    isEnded = true;
    clearInterval(timer);
    clear();
    clear = () => {};
  };
}

function isWatched(): boolean {
  // Rows on the same terminal would run into the line, and be wiped away with it.
  return process.stderr.isTTY && !process.stdout.isTTY && process.env.TERM !== 'dumb';
}

/** `stderr` as a sink for the log that takes the live line away before it writes. */
export function terminalSafe(stderr: NodeJS.WriteStream): LineSink {
  return {
    write: (line) => {
      clear();
      return stderr.write(line);
    },
  };
}
