import type { TestProject } from 'vitest/node';
import type { PostgresAddress } from './postgres.js';
import { startPostgres } from './postgres.js';
import type { Tools } from './python.js';
import { installTools } from './python.js';
import { cleanUp, makeWorkFolder } from './work-folder.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where tests may have files. */
    folder: string;
    tools: Tools;
    postgres: PostgresAddress;
  }
}

/** Installs the targets and starts the database, once for all tests. Everything goes when they are over. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const began = performance.now();
  const folder = makeWorkFolder();
  console.log(`e2e: installs the targets in ${folder}`);
  try {
    const [installed, started] = await Promise.allSettled([installTools(folder), startPostgres(folder)]);
    if (installed.status === 'rejected') throw installed.reason;
    if (started.status === 'rejected') throw started.reason;
    const [tools, postgres] = [installed.value, started.value];
    project.provide('folder', folder);
    project.provide('tools', tools);
    project.provide('postgres', postgres.address);
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    console.log(`e2e: ready after ${seconds} s, PostgreSQL on port ${postgres.address.port}`);
    return async () => {
      await postgres.stop();
      cleanUp();
    };
  } catch (error) {
    cleanUp();
    throw error;
  }
}
