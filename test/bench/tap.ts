import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { start } from '../demo/children.js';
import type { SandboxProcess } from '../demo/sandbox-process.js';

const program = fileURLToPath(new URL('../../bin/tap-circle-ci.js', import.meta.url));
const reportUsage = new URL('report-usage.mjs', import.meta.url).href;

/** What a process has used, by its own account (report-usage.mjs). */
export interface Usage {
  /** User and system time. */
  readonly processorMicroseconds: number;
  /** Largest resident set. */
  readonly peakKilobytes: number;
  /** When the first connection was asked for, epoch ms; null: never. */
  readonly connectedAt: number | null;
}

export interface TapRun extends Usage {
  /** Start-up included. */
  readonly milliseconds: number;
  /** From the first request to the end. */
  readonly requestMilliseconds: number;
  /** From the first request to the first RECORD. */
  readonly firstRecordMilliseconds: number;
  readonly lines: number;
  /** The value of the last STATE. */
  readonly state: unknown;
}

/** A sync of everything that the sandbox has, by the built program, into a pipe that is read at once. */
export async function runTap(
  sandbox: SandboxProcess,
  { config = {}, state }: { config?: object; state?: unknown } = {},
): Promise<TapRun> {
  const folder = mkdtempSync(join(tmpdir(), 'tap-bench-'));
  const file = (name: string, content: unknown) => {
    writeFileSync(join(folder, name), JSON.stringify(content));
    return join(folder, name);
  };
  const settings = {
    token: sandbox.token,
    project_slugs: sandbox.projects,
    base_url: sandbox.url,
    start_date: '2020-01-01',
    ...config,
  };
  const args = ['--config', file('config.json', settings)];
  if (state !== undefined) args.push('--state', file('state.json', state));
  try {
    const { output, ...used } = await runProgram(args);
    if (!output.last.startsWith('{"type":"STATE"')) throw new Error(`The tap's last line is ${output.last}`);
    const connectedAt = used.connectedAt ?? Number.NaN;
    return {
      ...used,
      requestMilliseconds: used.endedAt - connectedAt,
      lines: output.lines,
      firstRecordMilliseconds: output.firstRecordAt - connectedAt,
      state: JSON.parse(output.last).value,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs the built program to its end. @throws when it failed. */
export async function runProgram(
  args: readonly string[],
): Promise<Usage & { milliseconds: number; endedAt: number; output: Output }> {
  const began = Date.now();
  const child = start(process.execPath, ['--import', reportUsage, program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: environment(),
  });
  const [output, errors, usage] = [new Output(), [] as Buffer[], [] as Buffer[]];
  child.stdout?.on('data', (chunk: Buffer) => output.take(chunk));
  child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk));
  (child.stdio[3] as Readable).on('data', (chunk: Buffer) => usage.push(chunk));
  const [code] = await once(child, 'close');
  const endedAt = Date.now();
  if (code !== 0) throw new Error(`The tap ended with ${String(code)}: ${Buffer.concat(errors).toString()}`);
  return {
    ...(JSON.parse(Buffer.concat(usage).toString()) as Usage),
    milliseconds: endedAt - began,
    endedAt,
    output,
  };
}

/** What is kept of an output that may be large: a reader must cost little, it shares the cores with the tap. */
class Output {
  lines = 0;
  /** Epoch ms. */
  firstRecordAt = Number.NaN;
  #tail = '';

  take(chunk: Buffer): void {
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) this.lines++;
    if (Number.isNaN(this.firstRecordAt) && chunk.includes('{"type":"RECORD"')) {
      this.firstRecordAt = Date.now();
    }
    // Only the last line is wanted, and it ends with the output.
    const text = chunk.toString('latin1');
    const end = text.lastIndexOf('\n', text.length - 2);
    if (end !== -1) this.#tail = text.slice(end + 1);
    else this.#tail = this.#tail.endsWith('\n') ? text : this.#tail + text;
  }

  get last(): string {
    return this.#tail.trimEnd();
  }
}

/** What the machine sets for its own network must not reach a program that talks to the loopback. */
export function environment(): NodeJS.ProcessEnv {
  const names = Object.keys(process.env).filter(
    (name) => !/proxy|^NODE_|^LOGLEVEL$|^TAP_CIRCLE_CI_/i.test(name),
  );
  return Object.fromEntries(names.map((name) => [name, process.env[name]]));
}
