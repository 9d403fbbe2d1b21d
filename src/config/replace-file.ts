import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Replaces a file so that whoever reads it, also after a crash, finds either the old text or the new one. */
export function replaceFile(file: string, text: string): void {
  // A rename is atomic only within one file system, hence the same folder.
  const draft = join(dirname(file), `.${process.pid}.${Date.now()}.tmp`);
  const descriptor = openSync(draft, 'wx');
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(draft, file);
}
