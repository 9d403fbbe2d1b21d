import type { Log } from '../log.js';
import type { Writer } from '../singer/writer.js';

/** What a command may use of the process; tests put their own in. */
export interface Environment {
  readonly log: Log;
  readonly writer: Writer;
  /** Aborted when the run is told to stop. */
  readonly stop: AbortController;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Shows a line that is asked for again and again, where somebody may watch; returns how to end it. */
  readonly live: (line: () => string) => () => void;
}

/** The options that every command takes, as commander gives them. */
export interface SharedOptions {
  /** Names of files, or `ENV` for none; of several the later wins. */
  readonly config?: readonly string[];
  /** The least urgent level that is written; LOGLEVEL unless told. */
  readonly logLevel?: string;
}
