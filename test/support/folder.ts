import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const program = fileURLToPath(new URL('../../bin/tap-circle-ci.js', import.meta.url));
const shiftedClock = new URL('./shifted-clock.mjs', import.meta.url).href;

export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A folder that a user works in: files stay between commands, until the test is over. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'tap-circle-ci-'));
  /** Variables of every command; with CLOCK_START the program's clock is another one. */
  readonly env: Record<string, string>;

  constructor(env: Readonly<Record<string, string>> = {}) {
    const node = 'CLOCK_START' in env ? { NODE_OPTIONS: `--import ${shiftedClock}` } : {};
    this.env = { ...cleanEnvironment(), PATH: `${this.file('bin')}:${process.env.PATH}`, ...node, ...env };
    onTestFinished(() => rmSync(this.path, { recursive: true, force: true }));
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** Texts as they are, anything else as JSON. */
  write(name: string, content: unknown, mode = 0o644): void {
    writeFileSync(this.file(name), typeof content === 'string' ? content : JSON.stringify(content));
    chmodSync(this.file(name), mode);
  }

  link(target: string, name: string): void {
    symlinkSync(target, this.file(name));
  }

  read(name: string): string {
    return readFileSync(this.file(name), 'utf8');
  }

  /** Names of the files, in order. */
  get names(): string[] {
    return readdirSync(this.path).sort();
  }

  /** Starts a command here, in a process group of its own. */
  start(command: string, args: readonly string[]): ChildProcess {
    return spawn(command, args, { cwd: this.path, env: this.env, detached: true });
  }

  /** Starts the built program here. */
  startTap(args: readonly string[]): ChildProcess {
    return this.start(process.execPath, [program, ...args]);
  }

  /** Runs it to its end. */
  tap(args: readonly string[], input: Iterable<string> = []): Promise<Ended> {
    return ended(this.startTap(args), input);
  }
}

/** Gives a process its input, unless that is typed, and resolves when it has ended. */
export async function ended(child: ChildProcess, input: Iterable<string> | 'typed' = []): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const end = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => resolve({ stdout, stderr, code, signal }));
  });
  // A program that has heard enough closes its end.
  child.stdin?.on('error', () => {});
  if (input === 'typed') return end;
  for (const text of input) {
    if (child.stdin?.write(text) === false) await Promise.race([drained(child), end]);
  }
  child.stdin?.end();
  return end;
}

function drained(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.stdin?.once('drain', () => resolve()));
}

/** What the machine sets for its own network must not reach a program that talks to the loopback. */
function cleanEnvironment(): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && !/proxy|^NODE_|^LOGLEVEL$|^TAP_CIRCLE_CI_/i.test(name)) kept[name] = value;
  }
  return kept;
}
