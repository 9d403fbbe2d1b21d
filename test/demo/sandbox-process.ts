import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { end, start } from './children.js';

/** Requests that a sandbox has answered since its counters were reset. */
export interface Counters {
  readonly total: number;
  /** Answers with status 429. */
  readonly tooManyRequests: number;
}

/** What the process of a sandbox says on its first line. */
interface Announced {
  readonly url: string;
  readonly token: string;
  readonly projects: readonly string[];
  /** Where it serves a Buildkite too. */
  readonly buildkite?: { readonly url: string; readonly token: string };
}

/** A sandbox in a process of its own, so that its work is not counted as ours. */
export class SandboxProcess implements AsyncDisposable {
  readonly url: string;
  readonly token: string;
  readonly projects: readonly string[];
  readonly buildkite: Announced['buildkite'];
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, { url, token, projects, buildkite }: Announced) {
    this.#child = child;
    this.url = url;
    this.token = token;
    this.projects = projects;
    this.buildkite = buildkite;
  }

  /** Runs a script that announces `{url, token, projects}` on its first line, as test/sandbox/main.ts does. */
  static async start(script: URL, args: readonly string[]): Promise<SandboxProcess> {
    const child = start(process.execPath, ['--import', 'tsx', fileURLToPath(script), ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const line = await new Promise<string>((resolve, reject) => {
      if (child.stdout === null) throw new Error('The sandbox has no stdout.');
      createInterface(child.stdout).once('line', resolve);
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`The sandbox ended with ${code} before it was ready.`)));
    });
    return new SandboxProcess(child, JSON.parse(line));
  }

  counters(): Promise<Counters> {
    return this.#control('GET', 'counters');
  }

  resetCounters(): Promise<Counters> {
    return this.#control('POST', 'reset-counters');
  }

  /** `GET /api/v2/…`, in order of arrival. */
  async requests(): Promise<string[]> {
    const { requests } = await this.#control<{ requests: string[] }>('GET', 'requests');
    return requests;
  }

  /** Lets the sandbox's time pass; returns where its clock stands then. */
  async advance(milliseconds: number): Promise<Date> {
    const { now } = await this.#control<{ now: string }>('POST', `advance?ms=${milliseconds}`);
    return new Date(now);
  }

  /** What the API shows now. */
  truth<Row>(): Promise<Readonly<Record<'pipelines' | 'workflows' | 'jobs', Row[]>>> {
    return this.#control('GET', 'truth?rows=true');
  }

  async #control<Answer>(method: 'GET' | 'POST', path: string): Promise<Answer> {
    const response = await fetch(`${this.url.replace('/api/v2', '/sandbox')}/${path}`, { method });
    if (!response.ok) throw new Error(`The sandbox answered ${response.status} to ${path}.`);
    return (await response.json()) as Answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = new Promise<void>((resolve) => this.#child.once('close', () => resolve()));
    end(this.#child);
    await closed;
  }
}
