import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** The built program against real targets and databases: `npm run test:e2e`. Needs Python 3.11 and PyPI. */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: ['test/e2e/**/*.e2e.ts'],
    globalSetup: ['test/e2e/setup/global.ts'],
    testTimeout: 240_000,
    hookTimeout: 60_000,
    // A tap and a target each keep a core busy.
    maxWorkers: 2,
  },
});
