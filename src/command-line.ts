import { Command, Option } from 'commander';
import type { AboutOptions } from './commands/about.js';
import type { DiscoverOptions } from './commands/discover.js';
import type { SharedOptions } from './commands/environment.js';
import type { SettingOptions } from './commands/settings.js';
import type { EditOptions, MigrateOptions, RewindOptions } from './commands/state.js';
import type { SyncOptions } from './commands/sync.js';
import { exitCodes, TapError } from './errors.js';
import { logLevels } from './log.js';
import { description, version } from './version.js';

/** What the program can be told to do; each rejects with a TapError when it fails, with Stopped when told to stop. */
export interface Modes {
  sync(options: SyncOptions): Promise<void>;
  discover(options: DiscoverOptions): Promise<void>;
  about(options: AboutOptions & SharedOptions): Promise<void>;
  check(options: SettingOptions): Promise<void>;
  readonly state: StateModes;
}

/** What can be done with a state file. */
interface StateModes {
  show(file: string, options: SharedOptions): Promise<void>;
  last(options: SharedOptions): Promise<void>;
  rewind(file: string, options: RewindOptions & SharedOptions): Promise<void>;
  merge(files: readonly string[], options: EditOptions & SharedOptions): Promise<void>;
  migrate(file: string, options: MigrateOptions & SharedOptions): Promise<void>;
}

interface AllOptions extends SyncOptions, DiscoverOptions, AboutOptions {
  /** The flags of singer-python that stand for commands. */
  readonly discover?: boolean;
  readonly about?: boolean;
  readonly test?: boolean;
}

const examples = `
Examples:
  tap-circle-ci --config config.json > output.jsonl
  tap-circle-ci --config config.json --state state.json | target-jsonl
  tap-circle-ci --config config.json --discover > catalog.json
  tap-circle-ci check --config config.json
  tap-circle-ci state last < output.jsonl > state.json
  tap-circle-ci --config config.json --start-date 2026-01-01 --end-date 2026-02-01 | target-jsonl
`;

/**
 * The command line: options stand before or after the command, and --config may be given more than once.
 * @returns a command whose parseAsync runs one of the modes, and rejects with what that rejects with, with a
 *   CommanderError when the line cannot be understood or asks for help, or with a TapError when no config is named
 */
export function program(modes: Modes): Command {
  const root = shared(new Command('tap-circle-ci'))
    .addOption(offline())
    .addOption(format())
    .description(description)
    .version(version)
    .option('--catalog <file>', 'streams and columns to read; without it, those of the setting streams')
    .option('-p, --properties <file>', 'the older name of --catalog')
    .option('-s, --state <file>', 'the last STATE of an earlier run, to go on from')
    .option(
      '--start-date <date>',
      'read pipelines and builds created at or after this date, whatever the state says',
    )
    .option(
      '--end-date <date>',
      'read pipelines and builds created before this date, whatever the state says',
    )
    .option('--project <slug>', 'read of CircleCI only this project; may be given more than once', collect)
    .option('--streams <names>', 'read these streams and groups instead of those of the setting')
    .option('-d, --discover', 'print the catalog, as the command discover')
    .option('--about', 'print name, version and settings, as the command about')
    .option('--test', 'check tokens and what they can read, as the command check')
    .option('--dev', 'accepted for singer-python; means nothing')
    .addHelpText('after', examples)
    .action(async (_, command: Command) => {
      const options = optionsOf(command);
      if (options.about) await modes.about(options);
      else if (options.test) await modes.check(withConfig(options, command));
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
  shared(root.command('check'))
    .description('tell whether all that is configured can be read, and what a sync of CircleCI costs')
    .action((_, command: Command) => modes.check(withConfig(optionsOf(command), command)));
  addStateCommands(root, modes.state);
  return root;
}

function addStateCommands(root: Command, modes: StateModes): void {
  const state = root.command('state').description('look at a state, or make a new one').exitOverride();
  const add = (usage: string, description: string): Command =>
    shared(state.command(usage)).description(description);
  const inPlace = '--in-place';
  const inPlaceText = 'replace the file instead of printing the new state';
  add('show <file>', 'print what is remembered of each stream and project or Buildkite pipeline').action(
    (file: string, _, command: Command) => modes.show(file, optionsOf(command)),
  );
  add('last', 'print the last state in the output of a tap or target, read from stdin').action(
    (_, command: Command) => modes.last(optionsOf(command)),
  );
  add('rewind <file>', 'set bookmarks back, so that the next run reads again what came since')
    .requiredOption('--to <date>', 'for example 2026-01-31')
    .option('--stream <name>', 'only of this stream; may be given more than once', collect)
    .option(
      '--project <name>',
      'only of this project or Buildkite pipeline; may be given more than once',
      collect,
    )
    .option(inPlace, inPlaceText)
    .action((file: string, own: RewindOptions, command: Command) =>
      modes.rewind(file, { ...optionsOf(command), ...own }),
    );
  add('merge <files...>', 'print the state that asks for what any of several would ask for')
    .option(inPlace, `${inPlaceText}, the first`)
    .action((files: string[], own: EditOptions, command: Command) =>
      modes.merge(files, { ...optionsOf(command), ...own }),
    );
  add('migrate <file>', "print a state of singer-io's tap in the form of this one")
    .option('--reread', 'forget the bookmarks of pipelines too')
    .option(inPlace, inPlaceText)
    .action((file: string, own: MigrateOptions, command: Command) =>
      modes.migrate(file, { ...optionsOf(command), ...own }),
    );
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
  if (options.config !== undefined && options.config.length > 0) return options;
  command.outputHelp({ error: true });
  throw new TapError('No config was given.', {
    next: 'Name a file with --config config.json, or take TAP_CIRCLE_CI_… variables with --config=ENV.',
    exitCode: exitCodes.usage,
  });
}
