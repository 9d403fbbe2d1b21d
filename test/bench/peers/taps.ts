import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Sandbox } from '../../sandbox/serve.js';
import type { World } from '../../sandbox/world.js';
import { projects } from './history.js';
import { install, patchedCopy } from './install.js';

/** A tap as the bench runs it. */
export interface Tap {
  /** As the table has it. */
  readonly name: string;
  readonly command: readonly string[];
  readonly settings: object;
  /** It reads nothing without a catalog, or more than is compared. */
  readonly needsCatalog: boolean;
  /** Its first sync is that of the tap before it, and is not shown again. */
  readonly isVariant: boolean;
  /** Variables at the time of a run. */
  env(): Readonly<Record<string, string>>;
}

const program = fileURLToPath(new URL('../../../bin/tap-circle-ci.js', import.meta.url));
const packageFile = new URL('../../../package.json', import.meta.url);
const shiftedClock = new URL('../../support/shifted-clock.mjs', import.meta.url).href;
const startDate = '2020-01-01T00:00:00Z';

/** Where things are: the environments may be kept, what the runs leave is not. */
export interface Folders {
  readonly environments: string;
  readonly runs: string;
}

/** This tap and its peers, installed and set up for a sandbox. */
export async function prepareTaps(sandbox: Sandbox<World>, folders: Folders): Promise<Tap[]> {
  return [
    thisTap(sandbox),
    // Reruns of older pipelines at once, not only with the next deep look-back.
    { ...thisTap(sandbox, { lookback_days: 90 }), name: 'this tap, `lookback_days: 90`', isVariant: true },
    await singerIo(sandbox, folders),
    await meltanoLabs(sandbox, folders),
  ];
}

function thisTap(sandbox: Sandbox<World>, settings: object = {}): Tap {
  const { version } = JSON.parse(readFileSync(packageFile, 'utf8'));
  return {
    name: `this tap ${version}`,
    command: [process.execPath, '--import', shiftedClock, program],
    settings: {
      token: sandbox.token,
      project_slugs: projects.join(' '),
      base_url: sandbox.url,
      start_date: startDate,
      ...settings,
    },
    needsCatalog: false,
    isVariant: false,
    // It compares this machine's clock with the server's; its peers do not look at either.
    env: () => ({ CLOCK_START: String(sandbox.world.now) }),
  };
}

async function singerIo({ token, url }: Sandbox, { environments, runs }: Folders): Promise<Tap> {
  const installed = await install('tap-circle-ci', environments);
  const patched = patchedCopy(installed, url, join(runs, 'patched'));
  return {
    name: `singer-io's tap-circle-ci ${installed.version}`,
    command: [installed.python, installed.program],
    settings: { token, project_slugs: projects.join(' '), start_date: startDate },
    needsCatalog: true,
    isVariant: false,
    env: () => ({ PYTHONPATH: patched }),
  };
}

async function meltanoLabs({ token, url }: Sandbox, { environments }: Folders): Promise<Tap> {
  const installed = await install('meltano-tap-circle-ci', environments);
  return {
    name: `MeltanoLabs' meltano-tap-circle-ci ${installed.version}`,
    command: [installed.python, installed.program],
    settings: { token, org_slug: 'gh/acme', base_url: url },
    needsCatalog: true,
    isVariant: false,
    env: () => ({}),
  };
}
