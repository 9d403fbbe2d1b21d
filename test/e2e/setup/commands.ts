import { type SpawnOptions, spawn } from 'node:child_process';
import { onProcessEnd } from './work-folder.js';

/** What a program has written, and how it ended. */
export interface Ended {
  readonly code: number | null;
  /** stdout and stderr, as they came. */
  readonly output: string;
}

/** Runs a program to its end. One that does not exist ends with code null. */
export function run(command: string, args: readonly string[], options: SpawnOptions = {}): Promise<Ended> {
  return new Promise((resolve) => {
    // A group of its own: what pip has started ends with pip.
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    onProcessEnd(() => {
      const isAtWork = child.exitCode === null && child.signalCode === null;
      if (isAtWork && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    child.on('error', (error) => resolve({ code: null, output: error.message }));
    child.on('close', (code) => resolve({ code, output }));
  });
}

/** @throws Error that says what was tried, with the end of the output */
export async function runOrFail(
  what: string,
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<string> {
  const { code, output } = await run(command, args, options);
  if (code === 0) return output;
  const lines = output.trimEnd().split('\n');
  throw new Error(`${what}: ${command} ended with ${code}.\n${lines.slice(-15).join('\n')}`);
}

const canInstall = process.getuid?.() === 0;

/** Installs packages of Debian, or says which are missing. */
export async function installPackages(names: readonly string[], reason: string): Promise<void> {
  const command = `apt-get install -y --no-install-recommends ${names.join(' ')}`;
  const hasApt = (await run('apt-get', ['--version'])).code === 0;
  if (!canInstall || !hasApt) throw new Error(`${reason} On Debian, as root: ${command}`);
  console.log(`e2e: ${command}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // After an installation that was cut off apt-get refuses until that is finished.
  await run('dpkg', ['--configure', '-a'], { env });
  await runOrFail(reason, 'apt-get', ['update', '-q'], { env });
  const [, ...args] = command.split(' ');
  await runOrFail(reason, 'apt-get', args, { env });
}
