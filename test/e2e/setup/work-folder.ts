import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import '../../support/exit-on-signals.js';

const atTheEnd: (() => void)[] = [];

/**
 * A folder for all that a run installs and starts. It goes with this process, however that ends, unless E2E_FOLDER
 * names one: that stays, and what is installed in it is used again.
 */
export function makeWorkFolder(): string {
  const named = process.env.E2E_FOLDER;
  if (named !== undefined) {
    mkdirSync(named, { recursive: true });
    return named;
  }
  const folder = mkdtempSync(join(tmpdir(), 'tap-circle-ci-e2e-'));
  // The database runs as another user.
  chmodSync(folder, 0o755);
  onProcessEnd(() => remove(folder));
  return folder;
}

/** Registers what must not outlive this process; the last is done first. */
export function onProcessEnd(cleanUp: () => void): void {
  atTheEnd.unshift(cleanUp);
}

export function remove(folder: string): void {
  // A database that has just been ended may still be writing.
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

/** Everything that was registered, now. */
export function cleanUp(): void {
  for (const one of atTheEnd.splice(0)) one();
}

process.once('exit', cleanUp);
