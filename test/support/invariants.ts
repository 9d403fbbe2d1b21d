import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const checker = fileURLToPath(new URL('../../../shared/tools/singer-invariants.mjs', import.meta.url));

/** Whether the checker of Singer's line rules, which is not part of this repository, is at hand. */
export const hasChecker = existsSync(checker);

/** What the checker finds wrong with a tap's whole output; empty when all is well. */
export function violations(stdout: string): string {
  const { status, stderr } = spawnSync(process.execPath, [checker, '--strict'], {
    input: stdout,
    encoding: 'utf8',
  });
  return status === 0 ? '' : stderr;
}
