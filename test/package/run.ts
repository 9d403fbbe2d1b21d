// Runs an installed tap-circle-ci against the sandbox: `tsx test/package/run.ts <path of the program>`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { plainCoins } from '../sandbox/coins.js';
import { serve } from '../sandbox/serve.js';
import { createWorld } from '../sandbox/world.js';

const [program = ''] = process.argv.slice(2);
const now = Date.now();
const world = createWorld({ seed: 1, start: now - 60 * 86_400_000, now, tickMs: 'real', coins: plainCoins });
const sandbox = await serve(world);
const folder = mkdtempSync(join(tmpdir(), 'tap-circle-ci-'));
try {
  const config = join(folder, 'config.json');
  const settings = { token: sandbox.token, project_slugs: world.slugs, base_url: sandbox.url };
  writeFileSync(config, JSON.stringify(settings));
  const child = spawn(program, ['--config', config], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const [code] = await once(child, 'close');
  const rows = output.match(/^\{"type":"RECORD"/gm)?.length ?? 0;
  console.log(`${program} wrote ${rows} rows and ended with ${code}.`);
  if (code !== 0 || rows === 0) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
  await sandbox.close();
}
