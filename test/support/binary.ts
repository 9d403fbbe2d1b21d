import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Sandbox } from '../sandbox/serve.js';

const program = fileURLToPath(new URL('../../bin/tap-circle-ci.js', import.meta.url));
const shiftedClock = new URL('./shifted-clock.mjs', import.meta.url).href;

export interface BinaryOptions {
  readonly config?: object;
  readonly catalog?: unknown;
  readonly state?: unknown;
  /** Further arguments. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** How much faster than ours the program's clock runs. */
  readonly clockSpeed?: number;
}

export interface BinaryResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The built program, started as a user would, with its files in a folder of their own. */
export class Binary {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  readonly #ended: Promise<BinaryResult>;

  constructor(
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    cleanUp: () => void,
    folder: string | undefined = undefined,
  ) {
    this.child = spawn(process.execPath, args, { env: { ...cleanEnvironment(), ...env }, cwd: folder });
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.stdout += chunk.toString('latin1');
    });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString();
    });
    this.#ended = new Promise((resolve) => {
      this.child.on('close', (code, signal) => {
        cleanUp();
        // Bytes were kept as such, because a kill may tear a character.
        const stdout = Buffer.from(this.stdout, 'latin1').toString();
        resolve({ stdout, stderr: this.stderr, code, signal });
      });
    });
  }

  ended(): Promise<BinaryResult> {
    return this.#ended;
  }
}

/** Starts a sync against the sandbox. */
export function startBinary(sandbox: Sandbox, options: BinaryOptions = {}): Binary {
  const folder = mkdtempSync(join(tmpdir(), 'tap-circle-ci-'));
  const file = (name: string, content: unknown) => {
    const path = join(folder, name);
    writeFileSync(path, JSON.stringify(content));
    return path;
  };
  const config = {
    token: sandbox.token,
    project_slugs: [...sandbox.world.slugs],
    base_url: sandbox.url,
    start_date: '2020-01-01',
    ...options.config,
  };
  const args = ['--config', file('config.json', config)];
  if (options.catalog !== undefined) args.push('--catalog', file('catalog.json', options.catalog));
  if (options.state !== undefined) args.push('--state', file('state.json', options.state));
  const env = {
    CLOCK_START: String(sandbox.world.now),
    CLOCK_SPEED: String(options.clockSpeed ?? 1),
    ...options.env,
  };
  const preload = ['--import', shiftedClock];
  return new Binary([...preload, program, ...args, ...(options.args ?? [])], env, () =>
    rmSync(folder, { recursive: true, force: true }),
  );
}

/** Runs a sync against the sandbox to its end. */
export function runBinary(sandbox: Sandbox, options: BinaryOptions = {}): Promise<BinaryResult> {
  return startBinary(sandbox, options).ended();
}

/** The same until `bytes` have come out, then SIGKILL. */
export function runKilled(sandbox: Sandbox, bytes: number, options: BinaryOptions): Promise<BinaryResult> {
  const binary = startBinary(sandbox, options);
  binary.child.stdout?.on('data', () => {
    if (binary.stdout.length >= bytes) binary.child.kill('SIGKILL');
  });
  return binary.ended();
}

/** Runs the program with these arguments alone. */
export function runProgram(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<BinaryResult> {
  return new Binary([program, ...args], env, () => {}).ended();
}

/**
 * Runs the program in a folder that holds these files: texts as they are, anything else as JSON.
 * Its clock is another one when CLOCK_START is among the variables.
 */
export function runIn(
  files: Readonly<Record<string, unknown>>,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<BinaryResult> {
  const folder = mkdtempSync(join(tmpdir(), 'tap-circle-ci-'));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  const preload = 'CLOCK_START' in env ? ['--import', shiftedClock] : [];
  const cleanUp = () => rmSync(folder, { recursive: true, force: true });
  return new Binary([...preload, program, ...args], env, cleanUp, folder).ended();
}

/** What the machine sets for its own network must not reach a program that talks to the loopback. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const names = Object.keys(process.env).filter(
    (name) => !/proxy|^NODE_|^LOGLEVEL$|^TAP_CIRCLE_CI_/i.test(name),
  );
  return Object.fromEntries(names.map((name) => [name, process.env[name]]));
}
