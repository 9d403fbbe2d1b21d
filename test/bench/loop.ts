import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { start } from '../demo/children.js';
import type { SandboxProcess } from '../demo/sandbox-process.js';

const script = fileURLToPath(new URL('bare-loop.ts', import.meta.url));

export interface Loop {
  /** Without start-up. */
  readonly milliseconds: number;
  readonly processorMicroseconds: number;
}

/** Paths that the sandbox was asked for. It has to have been started with `record: true`. */
export async function askedPaths(sandbox: SandboxProcess): Promise<string[]> {
  return (await sandbox.requests()).map((request) => request.replace(/^GET /, ''));
}

/** Asks for the paths as fast as a client can that does nothing else: what the sandbox and the machine allow. */
export async function runBareLoop(
  sandbox: SandboxProcess,
  paths: readonly string[],
  concurrency: number,
): Promise<Loop> {
  const folder = mkdtempSync(join(tmpdir(), 'tap-bench-'));
  const file = join(folder, 'work.json');
  const { origin } = new URL(sandbox.url);
  writeFileSync(file, JSON.stringify({ origin, token: sandbox.token, paths, concurrency }));
  try {
    const child = start(process.execPath, ['--import', 'tsx', script, file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`The bare loop ended with ${String(code)}.`);
    return JSON.parse(output);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
