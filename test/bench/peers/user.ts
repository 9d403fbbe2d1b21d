import { once } from 'node:events';
import { closeSync, createReadStream, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { start } from '../../demo/children.js';
import { Destination } from '../../support/destination.js';
import { environment } from '../tap.js';
import { python } from './install.js';
import type { Tap } from './taps.js';
import { type Stream, streams } from './verdict.js';

/** What usage.py tells of a run. */
export interface Usage {
  readonly seconds: number;
  readonly processorSeconds: number;
  readonly peakKilobytes: number;
  readonly code: number;
}

export interface Run extends Usage {
  /** Of the value of the last STATE, as JSON without spaces. */
  readonly stateBytes: number;
  /** The last line on stderr that tells of an error, of a run that failed. */
  readonly failure: string | undefined;
}

const usage = fileURLToPath(new URL('usage.py', import.meta.url));

/** Who runs a tap again and again, keeps its last STATE, and loads what it writes by the keys of its SCHEMAs. */
export class User {
  readonly tap: Tap;
  readonly destination = new Destination();
  readonly #folder: string;
  readonly #keys = new Map<string, readonly string[]>();
  #state: unknown;
  #catalog: string | undefined;

  constructor(tap: Tap, folder: string) {
    this.tap = tap;
    this.#folder = folder;
  }

  keyProperties(stream: Stream): readonly string[] {
    return this.#keys.get(stream) ?? [];
  }

  /** Chooses the streams that are compared; not measured. */
  async choose(): Promise<void> {
    if (!this.tap.needsCatalog) return;
    const { code, failure } = await this.#execute(['--discover']);
    if (code !== 0) throw new Error(`${this.tap.name} has no catalog: ${failure}`);
    const catalog = JSON.parse(readFileSync(this.#path('stdout'), 'utf8'));
    for (const { tap_stream_id, metadata } of catalog.streams) {
      const root = metadata.find(({ breadcrumb }: { breadcrumb: string[] }) => breadcrumb.length === 0);
      root.metadata.selected = streams.includes(tap_stream_id);
    }
    this.#catalog = this.#write('catalog.json', catalog);
  }

  async sync(): Promise<Run> {
    const args = this.#catalog === undefined ? [] : ['--catalog', this.#catalog];
    if (this.#state !== undefined) args.push('--state', this.#write('state.json', this.#state));
    const ended = await this.#execute(args);
    await this.#load();
    const stateBytes = this.#state === undefined ? 0 : Buffer.byteLength(JSON.stringify(this.#state));
    return { ...ended, stateBytes };
  }

  async #execute(args: readonly string[]): Promise<Omit<Run, 'stateBytes'>> {
    const config = this.#write('config.json', this.tap.settings);
    const command = [usage, ...this.tap.command, '--config', config, ...args];
    const [stdout, stderr] = ['stdout', 'stderr'].map((name) => openSync(this.#path(name), 'w'));
    const child = start(python, command, {
      stdio: ['ignore', stdout, stderr, 'pipe'],
      env: { ...environment(), ...this.tap.env() },
    });
    const report: Buffer[] = [];
    (child.stdio[3] as Readable).on('data', (chunk: Buffer) => report.push(chunk));
    await once(child, 'close');
    for (const file of [stdout, stderr]) closeSync(file as number);
    const errors = readFileSync(this.#path('stderr'), 'utf8').trimEnd().split('\n');
    const used = JSON.parse(Buffer.concat(report).toString() || 'null') as Usage | null;
    if (used === null) throw new Error(`${python} has not measured ${this.tap.name}: ${errors.at(-1)}`);
    const told = errors.findLast((line) => /error|exception|critical/i.test(line)) ?? errors.at(-1);
    return { ...used, failure: used.code === 0 ? undefined : `exit code ${used.code}: ${told}` };
  }

  /** Line by line, because a peer writes its whole state thousands of times. */
  async #load(): Promise<void> {
    const lines: string[] = [];
    let lastState: string | undefined;
    for await (const line of createInterface(createReadStream(this.#path('stdout')))) {
      if (/^\{"type": ?"STATE"/.test(line)) lastState = line;
      else lines.push(`${line}\n`);
      if (/^\{"type": ?"SCHEMA"/.test(line)) {
        const { stream, key_properties } = JSON.parse(line);
        this.#keys.set(stream, key_properties);
      }
    }
    this.destination.load(lines.join(''));
    if (lastState !== undefined) this.#state = JSON.parse(lastState).value;
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }

  #write(name: string, content: unknown): string {
    writeFileSync(this.#path(name), JSON.stringify(content));
    return this.#path(name);
  }
}
