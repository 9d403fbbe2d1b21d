import { Command, Option } from 'commander';
import type { AboutOptions } from './commands/about.js';
import type { DiscoverOptions } from './commands/discover.js';
import type { SharedOptions } from './commands/environment.js';
import type { SyncOptions } from './commands/sync.js';
import { exitCodes, TapError } from './errors.js';
import { logLevels } from './log.js';
import { version } from './version.js';

/** What the program can be told to do. */
export interface Modes {
  sync(options: SyncOptions): Promise<void>;
  discover(options: DiscoverOptions): Promise<void>;
  about(options: AboutOptions & SharedOptions): Promise<void>;
}

interface AllOptions extends SyncOptions, DiscoverOptions, AboutOptions {
  /** The flags of singer-python that stand for commands. */
  readonly discover?: boolean;
  readonly about?: boolean;
}

const examples = `
Examples:
  tap-circle-ci --config config.json > output.jsonl
  tap-circle-ci --config config.json --state state.json | target-jsonl
  tap-circle-ci --config config.json --discover > catalog.json
  tap-circle-ci --config config.json --start-date 2026-01-01 --end-date 2026-02-01 | target-jsonl
`;

/** The command line: options stand before or after the command, and --config may be given more than once. */
export function program(modes: Modes): Command {
  const root = shared(new Command('tap-circle-ci'))
    .addOption(offline())
    .addOption(format())
    .description('Reads pipelines, workflows and jobs from CircleCI and writes them as Singer messages.')
    .version(version)
    .option('--catalog <file>', 'streams and columns to read; without it, those of the setting streams')
    .option('-p, --properties <file>', 'the older name of --catalog')
    .option('-s, --state <file>', 'the last STATE of an earlier run, to go on from')
    .option('--start-date <date>', 'read pipelines created at or after this date, whatever the state says')
    .option('--end-date <date>', 'read pipelines created before this date, whatever the state says')
    .option('-d, --discover', 'print the catalog, as the command discover')
    .option('--about', 'print name, version and settings, as the command about')
    .option('--dev', 'accepted for singer-python; means nothing')
    .addHelpText('after', examples)
    .action(async (_, command: Command) => {
      const options = optionsOf(command);
      if (options.about) await modes.about(options);
      else if (options.discover) await modes.discover(options);
      else await modes.sync(withConfig(options, command));
    });
  shared(root.command('discover'))
    .addOption(offline())
    .description('print the catalog')
    .action((_, command: Command) => modes.discover(optionsOf(command)));
  shared(root.command('about'))
    .addOption(format())
    .description('print name, version, capabilities and settings')
    .action((_, command: Command) => modes.about(optionsOf(command)));
  return root;
}

function shared(command: Command): Command {
  return command
    .option('-c, --config <file>', 'settings, or ENV for variables alone; of several the later wins', collect)
    .addOption(new Option('--log-level <level>', 'least urgent lines to write').choices(logLevels))
    .configureOutput({ outputError: () => {} })
    .exitOverride();
}

function offline(): Option {
  return new Option('--offline', 'discover: do not ask whether the token is good');
}

function format(): Option {
  return new Option('--format <format>', 'about: how to print').choices(['text', 'json']);
}

function collect(file: string, earlier: readonly string[] = []): string[] {
  return [...earlier, file];
}

/** Options of the command and of those above it; files named before the command come first. */
function optionsOf(command: Command): AllOptions {
  const own: AllOptions = command.opts();
  if (command.parent === null) return own;
  const above = optionsOf(command.parent);
  return { ...above, ...own, config: [...(above.config ?? []), ...(own.config ?? [])] };
}

function withConfig(options: AllOptions, command: Command): AllOptions {
  if (options.config !== undefined) return options;
  command.outputHelp({ error: true });
  throw new TapError('No config was given.', {
    next: 'Name a file with --config config.json, or take TAP_CIRCLE_CI_… variables with --config=ENV.',
    exitCode: exitCodes.usage,
  });
}
