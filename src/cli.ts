import { CommanderError } from 'commander';
import { type Modes, program } from './command-line.js';
import type { Environment } from './commands/environment.js';
import { exitCodes, messageOf, Stopped, TapError } from './errors.js';
import { LiveLine } from './live-line.js';
import { Log, logLevelOf } from './log.js';
import { Writer } from './singer/writer.js';

/** What a shell shows for a program whose reader went away, as for `yes | head`. */
const brokenPipe = 128 + 13;

const stop = new AbortController();
const writer = new Writer(process.stdout, () => stop.abort());
const liveLine = new LiveLine(process.stderr, process.stdout);
let log = new Log(liveLine, logLevelOf(process.env.LOGLEVEL));
let received: NodeJS.Signals | undefined;

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // The second one is from somebody who does not want to wait.
    if (received !== undefined) raise(signal);
    received = signal;
    stop.abort();
  });
}
// Nobody is left to read what went wrong with stderr.
process.stderr.on('error', () => {});

/** Ends the process by the signal itself, so that a shell sees 130 or 143. */
function raise(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

/** The commands; each is imported when it is called, so that --help need not load the HTTP client. */
const modes: Modes = {
  sync: async (options) => (await import('./commands/sync.js')).sync(options, environment(options)),
  discover: async (options) =>
    (await import('./commands/discover.js')).discover(options, environment(options)),
  about: async (options) => (await import('./commands/about.js')).about(options, environment(options)),
  check: async (options) => (await import('./commands/check.js')).check(options, environment(options)),
  state: {
    show: async (file, options) => (await stateCommands()).showState(file, environment(options)),
    last: async (options) => (await stateCommands()).lastState(process.stdin, environment(options)),
    rewind: async (file, options) => (await stateCommands()).rewindState(file, options, environment(options)),
    merge: async (files, options) =>
      (await stateCommands()).mergeStates(files, options, environment(options)),
    migrate: async (file, options) =>
      (await stateCommands()).migrateState(file, options, environment(options)),
  },
};

const stateCommands = () => import('./commands/state.js');

function environment({ logLevel }: { readonly logLevel?: string }): Environment {
  log = new Log(liveLine, logLevelOf(logLevel ?? process.env.LOGLEVEL));
  return { log, writer, stop, clock: Date.now, live: (line) => liveLine.show(line) };
}

/** Tells the user what ended the run, and returns the exit code. */
function report(error: unknown): number {
  if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.done;
  if (error instanceof Stopped) return writer.isClosed ? brokenPipe : exitCodes.failed;
  if (log.writes('debug') && error instanceof Error) log.debug(error.stack ?? '');
  if (error instanceof CommanderError && error.code === 'commander.help') {
    log.critical('No command was given.');
    return exitCodes.usage;
  }
  if (error instanceof CommanderError) {
    log.critical(usageText(error));
    return exitCodes.usage;
  }
  log.critical(messageOf(error));
  return error instanceof TapError ? error.exitCode : exitCodes.failed;
}

/** Commander's message as sentences on one line. */
function usageText({ message }: CommanderError): string {
  const [what = '', meant] = message.replace(/^error: /, '').split('\n');
  const sentence = `${what.charAt(0).toUpperCase()}${what.slice(1)}${what.endsWith('.') ? '' : '.'}`;
  const hint = meant === undefined ? '' : ` ${meant.replace(/^\((.*)\)$/, '$1')}`;
  return `${sentence}${hint} See tap-circle-ci --help.`;
}

try {
  await program(modes).parseAsync();
} catch (error) {
  process.exitCode = report(error);
}
await writer.end();
if (writer.failure !== undefined) {
  log.critical(`stdout cannot be written: ${writer.failure}. Run again with the last STATE that arrived.`);
  process.exitCode = exitCodes.failed;
}
if (received !== undefined) raise(received);
