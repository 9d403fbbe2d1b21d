import type { Writable } from 'node:stream';
import { Stopped } from '../errors.js';
import type { SchemaMessage, StateMessage } from './messages.js';

/** Fastest for pipes: larger chunks than the pipe's 64 KiB buffer are written in parts. */
const batchSize = 16 * 1024;

/**
 * The only writer to stdout: whole lines, in batches, and never more in memory than one batch and what the
 * stream itself buffers. Whoever writes many lines awaits `drained` between them, so that a slow reader
 * slows the requests down.
 */
export class Writer {
  readonly #stdout: Writable;
  readonly #onClosed: () => void;
  #batch: string[] = [];
  #size = 0;
  #isFlushScheduled = false;
  #isClosed = false;
  #failure: string | undefined;
  #isFull = false;
  #waiting: (() => void)[] = [];

  /** `onClosed` is called once when nothing can be written any more. */
  constructor(stdout: Writable, onClosed: () => void) {
    this.#stdout = stdout;
    this.#onClosed = onClosed;
    stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') this.#failure = error.message;
      this.#close();
    });
    stdout.on('drain', () => this.#resume());
  }

  /** The reader has gone away; nothing that is written will be read. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Why stdout cannot be written, such as a full disk; undefined when its reader has merely gone away. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Adds one line, given without its end. */
  line(text: string): void {
    if (this.#isClosed) return;
    this.#batch.push(isSafe(text) ? text : text.replace(/[\u2028\u2029]/g, escaped), '\n');
    this.#size += text.length + 1;
    if (this.#size >= batchSize) this.#write();
    else this.#scheduleFlush();
  }

  /** Adds a message as one line. RECORDs, of which there are many, come through `line`. */
  message(message: SchemaMessage | StateMessage): void {
    this.line(JSON.stringify(message));
  }

  /** Resolves as soon as the reader has taken enough for more to be written; undefined when it has. */
  drained(): Promise<void> | undefined {
    if (this.#isClosed) throw new Stopped('stdout was closed');
    if (!this.#isFull) return undefined;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Resolves when every line has been handed to the operating system, or the reader has gone. */
  async end(): Promise<void> {
    this.#write();
    if (this.#isClosed) return;
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      // The callback comes after all earlier chunks are written.
      this.#stdout.write('', () => resolve());
    });
  }

  // A line must not wait for others to fill the batch: the first row is to be seen at once.
  #scheduleFlush(): void {
    if (this.#isFlushScheduled) return;
    this.#isFlushScheduled = true;
    setImmediate(() => {
      this.#isFlushScheduled = false;
      this.#write();
    });
  }

  #write(): void {
    if (this.#size === 0 || this.#isClosed) return;
    const chunk = this.#batch.join('');
    this.#batch = [];
    this.#size = 0;
    if (!this.#stdout.write(chunk)) this.#isFull = true;
  }

  #resume(): void {
    this.#isFull = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#batch = [];
    this.#resume();
    this.#onClosed();
  }
}

/** Some readers, Node's own readline among them, take these two for ends of lines. */
function isSafe(text: string): boolean {
  return !text.includes('\u2028') && !text.includes('\u2029');
}

function escaped(character: string): string {
  return character === '\u2028' ? '\\u2028' : '\\u2029';
}
