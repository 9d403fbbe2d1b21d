import { Command, CommanderError, Option } from 'commander';
import { exitCodes, messageOf, Stopped, TapError } from './errors.js';
import { Log, type LogLevel, logLevels } from './log.js';
import { Writer } from './singer/writer.js';
import { version } from './version.js';

/** What a shell shows for a program whose reader went away, as for `yes | head`. */
const brokenPipe = 128 + 13;

const stop = new AbortController();
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

function logLevel(text: string | undefined): LogLevel {
  const level = logLevels.find((known) => known === text?.toLowerCase());
  return level ?? 'info';
}

const writer = new Writer(process.stdout, () => stop.abort());

function program(): Command {
  return new Command('tap-circle-ci')
    .description('Reads pipelines, workflows and jobs from CircleCI and writes them as Singer messages.')
    .version(version)
    .requiredOption('-c, --config <file>', 'settings, as in sample-config.json')
    .option('--catalog <file>', 'streams and columns to read; default: all')
    .option('-s, --state <file>', 'last STATE of an earlier run, to go on from')
    .option('--start-date <date>', 'read pipelines created at or after this date, whatever the state says')
    .option('--end-date <date>', 'read pipelines created before this date, whatever the state says')
    .addOption(new Option('--log-level <level>', 'least urgent lines to write').choices(logLevels))
    .exitOverride()
    .action(async (options) => {
      log = new Log(process.stderr, logLevel(options.logLevel ?? process.env.LOGLEVEL));
      // Imported late: --help need not load the HTTP client.
      const { sync } = await import('./commands/sync.js');
      await sync(options, { log, writer, stop, clock: Date.now });
    });
}

let log = new Log(process.stderr, logLevel(process.env.LOGLEVEL));

async function main(): Promise<void> {
  try {
    await program().parseAsync();
  } catch (error) {
    process.exitCode = report(error);
  }
  await writer.end();
  if (received !== undefined) raise(received);
}

/** Tells the user what ended the run, and returns the exit code. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  if (error instanceof Stopped) return writer.isClosed ? brokenPipe : exitCodes.failed;
  log.critical(messageOf(error));
  if (error instanceof TapError) return error.exitCode;
  log.debug(error instanceof Error ? (error.stack ?? '') : '');
  return exitCodes.failed;
}

await main();
