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
  if (!process.stderr.isTTY) return () => {};
  let timer: NodeJS.Timeout | undefined;
  let isEnded = false;
  // Imported only where somebody watches.
  void import('log-update').then(({ createLogUpdate }) => {
    if (isEnded) return;
    const update = createLogUpdate(process.stderr);
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

/** `stderr` as a sink for the log that takes the live line away before it writes. */
export function terminalSafe(stderr: NodeJS.WriteStream): LineSink {
  return {
    write: (line) => {
      clear();
      return stderr.write(line);
    },
  };
}
