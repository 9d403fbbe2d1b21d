import { copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, inject, it } from 'vitest';
import { blocksOf } from '../readme/blocks.js';
import { runOrFail } from './setup/commands.js';
import { differencesBetween, expectNone } from './support/compare.js';
import { expectedOf } from './support/expected.js';
import { outlived } from './support/holds-the-truth.js';
import { environment, tap, temporaryFolder } from './support/schedule.js';
import { Services } from './support/services.js';
import { latest, rowsIn } from './targets/jsonl.js';

const project = fileURLToPath(new URL('meltano/meltano.yml', import.meta.url));
const stateId = 'dev:tap-circle-ci-to-target-jsonl';

/** A user's folder with the project in it, where the settings come from variables. */
function makeProject(services: Services) {
  const folder = temporaryFolder();
  copyFileSync(project, join(folder, 'meltano.yml'));
  mkdirSync(join(folder, 'output'));
  mkdirSync(join(folder, 'bin'));
  symlinkSync(tap, join(folder, 'bin', 'tap-circle-ci'));
  const programs = inject('tools').meltano;
  const settings = Object.entries(services.settings).map(([name, value]) => [
    `TAP_CIRCLE_CI_${name.toUpperCase()}`,
    Array.isArray(value) ? value.join(' ') : String(value),
  ]);
  const variables = {
    ...Object.fromEntries(settings),
    PATH: `${join(folder, 'bin')}:${programs}:${process.env.PATH}`,
    MELTANO_SEND_ANONYMOUS_USAGE_STATS: 'false',
    UV_CACHE_DIR: join(folder, 'cache'),
    NO_COLOR: '1',
  };
  const meltano = (env: NodeJS.ProcessEnv, args: readonly string[]) =>
    runOrFail(`meltano ${args.join(' ')}`, join(programs, 'meltano'), args, {
      cwd: folder,
      env: { ...env, ...variables },
    });
  return {
    output: join(folder, 'output'),
    /** From PyPI, and so with the settings of this machine's network. */
    install: () => meltano(process.env, ['install']),
    meltano: (...args: string[]) => meltano(environment(services), args),
  };
}

describe('the Meltano project', () => {
  it('is what the README shows', () => {
    expect(blocksOf('yaml')).toContain(readFileSync(project, 'utf8'));
  });

  it('runs, and goes on from the state that Meltano has kept', async () => {
    const services = await Services.start();
    const { install, meltano, output } = makeProject(services);
    await install();
    expect(await meltano('config', 'test', 'tap-circle-ci')).toContain('Plugin configuration is valid');

    await meltano('run', 'tap-circle-ci', 'target-jsonl');
    const state = await meltano('state', 'get', stateId);
    expect(state).toMatch(/"singer_state": ?\{"bookmarks": ?\{"pipelines"/);
    const ofTheFirst = readdirSync(output);
    const first = rowsIn(output, 'pipelines');
    expect(first.length).toBeGreaterThan(10);

    services.moveTo(services.quiet);
    await meltano('run', 'tap-circle-ci', 'target-jsonl');
    const isOfTheSecond = (name: string) => !ofTheFirst.includes(name);
    const known = new Set(first.map(({ id }) => id));
    const again = rowsIn(output, 'pipelines', isOfTheSecond).filter(({ id }) => known.has(id));
    expect(again.length, 'pipelines that the second run has written again').toBeLessThan(first.length / 2);

    const truth = services.truth();
    const held = new Map([...truth.keys()].map((stream) => [stream, latest(stream, rowsIn(output, stream))]));
    const differences = differencesBetween(expectedOf(truth), held, { representations: [], outlived });
    expectNone(differences);
  });
});
