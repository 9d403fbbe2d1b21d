/** What a run ends with. `usage` is for command lines that cannot be understood, as POSIX tools have it. */
export const exitCodes = { done: 0, failed: 1, usage: 2 } as const;
/** One of them. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/**
 * An error that is the user's to read: what happened and why, then what to do next.
 * Anything that is not a TapError is a fault of the program and keeps its stack.
 */
export class TapError extends Error {
  override readonly name: string = 'TapError';
  /** What to do next, as a sentence. Empty when there is nothing to advise. */
  readonly next: string;
  readonly exitCode: ExitCode;

  constructor(what: string, options: { next?: string; exitCode?: ExitCode; cause?: unknown } = {}) {
    super(what, options.cause === undefined ? undefined : { cause: options.cause });
    this.next = options.next ?? '';
    this.exitCode = options.exitCode ?? exitCodes.failed;
  }

  /** One line: what happened and what to do next. */
  get line(): string {
    if (this.next === '') return oneLine(this.message);
    const isSentence = /[.!?…]$/.test(this.message);
    return oneLine(`${this.message}${isSentence ? '' : '.'} ${this.next}`);
  }
}

/**
 * How a request ended that brought no usable answer; named by what the caller does about it.
 * - `unauthorized` (401): the whole source has failed.
 * - `forbidden` (403): the stream has failed for this project, its rows have not.
 * - `not-found` (404): normal below a project; the caller decides whether to believe it.
 * - `unreadable`: everything else, after all retries. A hole that has to be remembered.
 */
export type HttpFailure = 'unauthorized' | 'forbidden' | 'not-found' | 'unreadable';

/** A request that brought no usable answer. */
export class HttpError extends TapError {
  override readonly name: string = 'HttpError';
  readonly failure: HttpFailure;
  /** The URL's path and query, or the path's template; a query that may be a secret is left out. */
  readonly path: string;
  /** HTTP status of the last answer; undefined when there was none. */
  readonly status: number | undefined;
  /**
   * Whether a smaller page of the same may be answered: no time, a failing server, too many bytes, or a
   * connection that broke while they came.
   */
  readonly isTooHeavy: boolean;

  constructor(
    what: string,
    options: {
      failure: HttpFailure;
      path: string;
      status?: number | undefined;
      isTooHeavy?: boolean;
      next?: string;
      cause?: unknown;
    },
  ) {
    super(what, options);
    this.failure = options.failure;
    this.path = options.path;
    this.status = options.status;
    this.isTooHeavy = options.isTooHeavy ?? false;
  }

  /** The same with other advice, for a caller that knows better what helps; its cause is this one. */
  advising(next: string): HttpError {
    const { message, failure, path, status, isTooHeavy } = this;
    return new HttpError(message, { failure, path, status, isTooHeavy, next, cause: this });
  }
}

/** Whether what was thrown is a request that ended so; anything that is no HttpError did not. */
export function failedWith(error: unknown, failure: HttpFailure): error is HttpError {
  return error instanceof HttpError && error.failure === failure;
}

/** What the caller has to do about an error: as its request ended, else `unreadable`, which is a hole. */
export function failureOf(error: TapError): HttpFailure {
  return error instanceof HttpError ? error.failure : 'unreadable';
}

/** The run was told to stop: a signal, or the reader of stdout went away. Never shown to the user. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

/** The text of anything that was thrown, on one line. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof TapError) return thrown.line;
  return oneLine(thrown instanceof Error ? thrown.message : String(thrown));
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ');
}
