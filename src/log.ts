/** singer-python's levels, least urgent first. */
export const logLevels = ['debug', 'info', 'warning', 'error', 'critical'] as const;
/** One of them. */
export type LogLevel = (typeof logLevels)[number];

/** The level that `text` names in any case; info when it names none. */
export function logLevelOf(text: string | undefined): LogLevel {
  return logLevels.find((known) => known === text?.toLowerCase()) ?? 'info';
}

/** Where log lines go: stderr in the program, an array in a test. */
export interface LineSink {
  write(line: string): unknown;
}

/**
 * Writes `LEVEL message` lines as singer-python prints them, so that Meltano and Stitch read them.
 * Every configured secret is starred in every line, whatever brought it there.
 */
export class Log {
  readonly #sink: LineSink;
  readonly #threshold: number;
  readonly #secrets = new Set<string>();

  constructor(sink: LineSink, level: LogLevel = 'info') {
    this.#sink = sink;
    this.#threshold = logLevels.indexOf(level);
  }

  /** Stars a secret from now on, also where it is URL-encoded or escaped as JSON. */
  redact(text: string): void {
    // HTTP drops blanks at the ends, so that an echo comes without them.
    const secret = text.trim();
    const forms = [secret, urlEncoded(secret), JSON.stringify(secret).slice(1, -1)];
    for (const form of forms) if (form.length > 0) this.#secrets.add(form);
  }

  /** For whoever looks for a fault: each request, each decision. */
  debug(message: string): void {
    this.#write('debug', message);
  }
  /** What a user may want to know of a run that goes well. */
  info(message: string): void {
    this.#write('info', message);
  }
  /** What is odd and does not make the run fail. */
  warning(message: string): void {
    this.#write('warning', message);
  }
  /** What could not be done; the run goes on, and fails at its end. */
  error(message: string): void {
    this.#write('error', message);
  }
  /** What ends the run. */
  critical(message: string): void {
    this.#write('critical', message);
  }

  /** Whether lines of `level` are written, for messages that cost something to make. */
  writes(level: LogLevel): boolean {
    return logLevels.indexOf(level) >= this.#threshold;
  }

  /** `text` with every secret starred, for whatever is written elsewhere than here. */
  redacted(text: string): string {
    let redacted = text;
    for (const secret of this.#secrets) redacted = withoutCut(redacted.replaceAll(secret, '***'), secret);
    return redacted;
  }

  #write(level: LogLevel, message: string): void {
    if (!this.writes(level)) return;
    const text = this.redacted(message);
    const prefix = level.toUpperCase();
    for (const line of text.split('\n')) this.#sink.write(`${prefix} ${line}\n`);
  }
}

/** A lone half of a character pair has no URL-encoded form. */
function urlEncoded(secret: string): string {
  try {
    return encodeURIComponent(secret);
  } catch {
    return '';
  }
}

/** Shorter beginnings of a secret tell nothing. */
const shortestBeginning = 4;

/** Stars what is left of `secret` where a long text was cut off with an ellipsis in the middle of it. */
function withoutCut(text: string, secret: string): string {
  let hidden = text;
  for (let length = secret.length - 1; length >= shortestBeginning && hidden.includes('…'); length--) {
    hidden = hidden.replaceAll(`${secret.slice(0, length)}…`, '***…');
  }
  return hidden;
}
