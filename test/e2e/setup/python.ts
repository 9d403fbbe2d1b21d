import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pLimit from 'p-limit';
import { installPackages, run, runOrFail } from './commands.js';

/** The tools, each in an environment of its own because their `singer` modules clash. */
export const toolNames = [
  'meltano',
  'meltanolabs-target-postgres',
  'pipelinewise-target-postgres',
  'singer-tools',
  'target-duckdb',
  'target-jsonl',
] as const;
export type ToolName = (typeof toolNames)[number];

/** Tool -> folder of its programs. */
export type Tools = Readonly<Record<ToolName, string>>;

/** The version for which all pins have wheels, or can be built. */
const version = '3.11';
const pins = fileURLToPath(new URL('../requirements/', import.meta.url));

/**
 * Installs the tools below `folder` from PyPI, with the versions pinned in requirements/.
 * @throws Error that says what is missing
 */
export async function installTools(folder: string): Promise<Tools> {
  const python = await findPython();
  const installer = join(folder, 'pip');
  await makeEnvironment(python, installer, []);
  // One after the other would leave a core idle while the other unpacks.
  const limit = pLimit(2);
  const made = toolNames.map((tool) => limit(() => install(python, installer, tool, folder)));
  // All of them end before one may fail: whoever cleans up then must not be disturbed.
  await Promise.allSettled(made);
  const programs = await Promise.all(made);
  return Object.fromEntries(toolNames.map((tool, index) => [tool, programs[index]])) as Tools;
}

/** The interpreter that PYTHON names, or the first of the usual names that has the version. */
async function findPython(): Promise<string> {
  const names = [process.env.PYTHON, 'python3.11', 'python3', 'python'].filter((name) => name !== undefined);
  const found: string[] = [];
  for (const name of names) {
    const script = 'import sys; print("%d.%d" % sys.version_info[:2], sys.executable)';
    const { code, output } = await run(name, ['-c', script]);
    const [own = '', path = ''] = output.trim().split(' ');
    if (code === 0 && own === version) return path;
    found.push(code === 0 ? `${name} is ${own}` : `no ${name}`);
  }
  throw new Error(
    `Python ${version} is needed for the targets (${found.join(', ')}). Install it, or name it in PYTHON.`,
  );
}

async function makeEnvironment(python: string, folder: string, flags: readonly string[]): Promise<void> {
  if (existsSync(join(folder, 'bin', 'python'))) return;
  if ((await run(python, ['-c', 'import ensurepip, venv'])).code !== 0) {
    await installPackages([`python${version}-venv`], 'This Python cannot make virtual environments.');
  }
  await runOrFail('No virtual environment could be made', python, ['-m', 'venv', ...flags, folder]);
}

async function install(python: string, installer: string, tool: ToolName, folder: string): Promise<string> {
  const environment = join(folder, tool);
  const programs = join(environment, 'bin');
  const requirements = join(pins, `${tool}.txt`);
  const wanted = readFileSync(requirements, 'utf8');
  const stamp = join(environment, 'installed.txt');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return programs;
  await makeEnvironment(python, environment, ['--without-pip']);
  const env = {
    ...process.env,
    PIP_CACHE_DIR: join(folder, 'cache'),
    // Of what has no wheel: it reaches the isolated environments that pip builds in, which options do not.
    PIP_CONSTRAINT: join(pins, 'build.txt'),
  };
  const args = ['-m', 'pip', '--python', join(programs, 'python'), '--disable-pip-version-check'];
  await runOrFail(
    `${tool} could not be installed from PyPI`,
    join(installer, 'bin', 'python'),
    [...args, 'install', '--quiet', '--requirement', requirements],
    { env },
  );
  writeFileSync(stamp, wanted);
  return programs;
}
