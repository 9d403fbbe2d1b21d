import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject, onTestFinished } from 'vitest';
import type { Strike, Target } from '../targets/define.js';
import type { Services } from './services.js';

export const tap = fileURLToPath(new URL('../../../bin/tap-circle-ci.js', import.meta.url));
const shiftedClock = new URL('../../support/shifted-clock.mjs', import.meta.url).href;

/** A folder for a test's files, until it is over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(inject('folder'), 'test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/**
 * Variables with which the tap's clock starts at the services' time and runs fast, so that a STATE, which comes every
 * few seconds, comes every few rows. What this machine sets for its own network is left out.
 */
export function environment(services: Services): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/proxy|^NODE_|^LOGLEVEL$|^TAP_CIRCLE_CI_/i.test(name),
  );
  return {
    ...Object.fromEntries(own),
    NODE_OPTIONS: `--import ${shiftedClock}`,
    CLOCK_START: String(services.now),
    CLOCK_SPEED: '200',
  };
}

/** Runs the tap alone, to its end. @throws Error with its log when that is not a good one */
export async function runTap(services: Services, folder: string, args: readonly string[]): Promise<string> {
  const config = join(folder, 'config.json');
  writeFileSync(config, JSON.stringify(services.settings));
  const child = spawn(process.execPath, [tap, '--config', config, ...args], { env: environment(services) });
  let [output, log] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`The tap ended with ${code}:\n${log}`);
  return output;
}

export interface Run {
  readonly codes: { readonly tap: number | null; readonly target: number | null };
  /** Whether both were still at work when they were killed. */
  readonly wasKilled: boolean;
  /** The end of what both have logged. */
  readonly logs: string;
}

/** Someone who runs tap and target now and then, and keeps the state that the target prints. */
export class Schedule {
  readonly folder: string;
  readonly #services: Services;
  readonly #target: Target;

  constructor(services: Services, target: Target, folder: string) {
    this.folder = folder;
    this.#services = services;
    this.#target = target;
    this.#write('target.json', target.config);
  }

  #write(name: string, content: unknown): string {
    const path = join(this.folder, name);
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  }

  /** `tap --config config.json --state state.json | target --config target.json > target.out`, then `state last`. */
  async run(strike?: Strike): Promise<Run> {
    const config = this.#write('config.json', this.#services.settings);
    const state = join(this.folder, 'state.json');
    const stateArgs = existsSync(state) ? ['--state', state] : [];
    const env = environment(this.#services);
    const options = { cwd: this.folder, env } as const;
    const { NODE_OPTIONS: _, ...targetEnv } = env;
    const target = spawn(this.#target.program, ['--config', join(this.folder, 'target.json')], {
      ...options,
      env: targetEnv,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    // The target's own end of the pipe, so that nothing stands between the two.
    const reader = spawn(process.execPath, [tap, '--config', config, ...stateArgs], {
      ...options,
      stdio: ['ignore', target.stdin, 'pipe'],
    });
    target.stdin.destroy();
    const end = (signal: NodeJS.Signals) => [reader, target].map((child) => child.kill(signal));
    onTestFinished(() => void end('SIGKILL'));

    let printed = '';
    let logs = '';
    let wasKilled = false;
    const requestsBefore = this.#services.requests;
    // Else a quick tap has ended before a slow target has begun.
    const goOn = strike === undefined ? () => {} : this.#services.hangAfter(mostRequests);
    const strikeIfDue = () => {
      if (strike === undefined || wasKilled) return;
      const { states = never, requests = never, logged } = strike;
      const isDue =
        linesIn(printed) >= states ||
        this.#services.requests - requestsBefore >= requests ||
        (logged !== undefined && logs.split(logged.line).length > logged.times);
      if (!isDue || !isAtWork(reader) || !isAtWork(target)) return;
      wasKilled = true;
      end('SIGKILL');
    };
    target.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      strikeIfDue();
    });
    for (const { stderr } of [reader, target]) {
      stderr?.setEncoding('utf8').on('data', (text: string) => {
        logs += text;
      });
    }
    const watch = setInterval(strikeIfDue, 5);
    // A tap that gets no more answers would not notice that nobody listens.
    if (strike !== undefined) target.once('exit', () => reader.kill('SIGKILL'));
    await Promise.all([once(reader, 'close'), once(target, 'close')]);
    clearInterval(watch);
    goOn();

    this.#keepState(this.#write('target.out', printed), state);
    const codes = { tap: reader.exitCode, target: target.exitCode };
    return { codes, wasKilled, logs: lastLines(logs) };
  }

  #keepState(output: string, state: string): void {
    const fresh = `${state}.new`;
    const last = `"$0" "$1" state last < "$2" > "$3"`;
    const { status } = spawnSync('sh', ['-c', last, process.execPath, tap, output, fresh]);
    if (status === 0) renameSync(fresh, state);
  }

  /** How many rows of these streams the target has stored. */
  async stored(streams: readonly string[]): Promise<number> {
    const held = await this.#target.read(streams);
    return [...held.values()].reduce((sum, rows) => sum + rows.length, 0);
  }
}

/** What a run that is to be killed may ask for: about half of the first run. */
const mostRequests = 600;
const never = Number.POSITIVE_INFINITY;
const isAtWork = (child: ChildProcess) => child.exitCode === null && child.signalCode === null;
const lastLines = (logs: string) => logs.split('\n').filter(isTelling).slice(-25).join('\n');
const isTelling = (line: string) => !line.includes('INFO METRIC');
const linesIn = (text: string) => text.split('\n').length - 1;
