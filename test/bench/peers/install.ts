import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runOrFail } from '../../e2e/setup/commands.js';

/** A Python program with an environment of its own. */
export interface Installed {
  readonly version: string;
  readonly python: string;
  readonly program: string;
  /** Of its modules. */
  readonly folder: string;
}

/** The interpreter for which the versions are pinned, unless PYTHON names another. */
export const python = process.env.PYTHON ?? 'python3.11';

/** Installs a tap from PyPI below a folder, with the versions pinned in requirements/. */
export async function install(name: string, folder: string): Promise<Installed> {
  const requirements = fileURLToPath(new URL(`requirements/${name}.txt`, import.meta.url));
  const pins = readFileSync(requirements, 'utf8');
  const environment = join(folder, name);
  const own = join(environment, 'bin', 'python');
  const stamp = join(environment, 'installed.txt');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== pins) {
    await runOrFail('No virtual environment could be made', python, ['-m', 'venv', environment]);
    const args = ['-m', 'pip', 'install', '--quiet', '--requirement', requirements];
    await runOrFail(`${name} could not be installed from PyPI`, own, args);
    writeFileSync(stamp, pins);
  }
  const find = 'import sysconfig; print(sysconfig.get_path("purelib"))';
  const modules = await runOrFail('No modules were found', own, ['-c', find]);
  return {
    version: pins.match(new RegExp(`^${name}==(.+)$`, 'm'))?.[1] ?? 'unknown',
    python: own,
    program: join(environment, 'bin', 'tap-circle-ci'),
    folder: join(modules.trim(), 'tap_circle_ci'),
  };
}

/**
 * Copies a package whose base URL is fixed, with that of the sandbox in its place.
 * @returns the folder for PYTHONPATH
 */
export function patchedCopy({ folder }: Installed, base: string, into: string): string {
  const copy = join(into, 'tap_circle_ci');
  mkdirSync(into, { recursive: true });
  cpSync(folder, copy, { recursive: true, filter: (path) => !path.includes('__pycache__') });
  let replaced = 0;
  for (const name of readdirSync(copy, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.py')) continue;
    const path = join(copy, name);
    const parts = readFileSync(path, 'utf8').split('https://circleci.com/api/v2');
    replaced += parts.length - 1;
    writeFileSync(path, parts.join(base));
  }
  if (replaced === 0) throw new Error(`There is no base URL to replace in ${folder}.`);
  return into;
}
