import {
  closeSync,
  fchmodSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { messageOf, TapError } from '../errors.js';

/**
 * Replaces a file that exists so that whoever reads it, also after a crash, finds either the old text or the new one.
 * It keeps its permissions, and a link to it stays a link.
 * @throws TapError when it cannot be replaced; then it is as it was
 */
export function replaceFile(file: string, text: string): void {
  try {
    const target = realpathSync(file);
    const { mode } = statSync(target);
    // A rename is atomic only within one file system, hence the same folder.
    const draft = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
    try {
      writeDraft(draft, text, mode);
      renameSync(draft, target);
    } catch (error) {
      rmSync(draft, { force: true });
      throw error;
    }
  } catch (error) {
    throw new TapError(`${file} cannot be replaced: ${messageOf(error)}.`, {
      next: 'Its folder has to be writable; or leave --in-place out, and the new state is printed.',
      cause: error,
    });
  }
}

function writeDraft(draft: string, text: string, mode: number): void {
  const descriptor = openSync(draft, 'w', 0o600);
  try {
    writeFileSync(descriptor, text);
    fchmodSync(descriptor, mode);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
