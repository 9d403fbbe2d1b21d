import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { streams } from '../../src/streams/index.js';
import { blocksOf } from '../readme/blocks.js';
import { DAY } from '../sandbox/rows.js';
import { differencesBetween, expectNone } from './support/compare.js';
import { expectedOf } from './support/expected.js';
import { outlived } from './support/holds-the-truth.js';
import { environment, tap, temporaryFolder } from './support/schedule.js';
import { Services } from './support/services.js';
import { latest, rowsIn } from './targets/jsonl.js';

const [script = ''] = blocksOf('sh').filter((text) => text.startsWith('#!'));
const [crontab = ''] = blocksOf('').filter((text) => text.includes('flock'));

const groups = ['core', 'buildkite'];
const names = streams.filter(({ group = '' }) => groups.includes(group)).map(({ name }) => name);

/** The steps of the script; at each of them cron's whole process group is killed. */
const steps = [
  'when the tap has started',
  'while rows are stored',
  'between the end of the tap and that of the target',
  'before `state last`',
  'while the new state is written',
  'before mv',
  'after mv',
] as const;
type Step = (typeof steps)[number];

/** `crash` ends everything that cron has started, this very process too. */
const crash = `crash() { [ "$CRASH" = "$1" ] && touch crashed && kill -KILL 0; }`;

const programs = {
  'tap-circle-ci': `#!/bin/sh
${crash}
if [ "$1 $2" = 'state last' ]; then
  crash 'before \`state last\`'
  if [ "$CRASH" = 'while the new state is written' ]; then "$TAP" "$@" | head -c 100; crash "$CRASH"; fi
fi
exec "$TAP" "$@"
`,
  'target-jsonl': `#!/bin/sh
${crash}
if [ "$CRASH" = 'between the end of the tap and that of the target' ]; then
  cat > rows.jsonl
  head -n 100 rows.jsonl | "$TARGET" > /dev/null
  crash "$CRASH"
fi
exec "$TARGET" "$@"
`,
  mv: `#!/bin/sh
${crash}
crash 'before mv'
/bin/mv "$@"
crash 'after mv'
`,
};

/** /srv/ci of the README, with programs that kill when CRASH says so. */
function home(services: Services): string {
  const folder = temporaryFolder();
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    chmodSync(join(folder, name), 0o755);
  };
  mkdirSync(join(folder, 'bin'));
  for (const [name, text] of Object.entries(programs)) write(join('bin', name), text);
  write('sync.sh', script);
  write('config.json', JSON.stringify({ ...services.settings, streams: groups }));
  return folder;
}

/** What cron does: a shell runs the command of the line. */
function cron(services: Services, folder: string, step?: Step): ChildProcess {
  const [line = ''] = crontab.split('\n');
  const command = line.split(' ').slice(5).join(' ').replaceAll('/srv/ci', folder);
  const child = spawn('sh', ['-c', command], {
    cwd: '/',
    stdio: 'ignore',
    // A process group of its own, so that all of it can be killed at once.
    detached: true,
    env: {
      ...environment(services),
      PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
      TAP: tap,
      TARGET: join(inject('tools')['target-jsonl'], 'target-jsonl'),
      ...(step === undefined ? {} : { CRASH: step }),
    },
  });
  onTestFinished(() => killGroup(child));
  return child;
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // All of it has ended.
  }
}

async function completes(services: Services, folder: string): Promise<void> {
  const [code] = await once(cron(services, folder), 'close');
  expect(code, readFileSync(join(folder, 'sync.log'), 'utf8')).toBe(0);
}

/** Runs until the step, and fails if that never comes. */
async function crashes(services: Services, folder: string, step: Step): Promise<void> {
  const isTapAlone = step === 'when the tap has started';
  const isKilledFromOutside = isTapAlone || step === 'while rows are stored';
  const requests = services.requests;
  const goOn = isKilledFromOutside ? services.hangAfter(isTapAlone ? 0 : 150) : () => {};
  const child = cron(services, folder, step);
  const closed = once(child, 'close');
  if (isKilledFromOutside) {
    const before = bytesOfRows(folder);
    const isThere = () => (isTapAlone ? services.requests > requests : bytesOfRows(folder) > before);
    while (child.exitCode === null && !isThere()) await sleep(5);
    killGroup(child);
  }
  const [, signal] = await closed;
  // Whoever is still dying holds the lock.
  await once(spawn('flock', [join(folder, 'lock'), 'true']), 'close');
  goOn();
  expect(signal).toBe('SIGKILL');
  expect(existsSync(join(folder, 'crashed'))).toBe(!isKilledFromOutside);
  rmSync(join(folder, 'crashed'), { force: true });
}

function bytesOfRows(folder: string): number {
  const files = readdirSync(folder).filter((name) => /-\d{8}T\d{6}\.jsonl$/.test(name));
  return files.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

describe("the README's sync.sh, as its crontab starts it", () => {
  it.each(steps)('loses nothing when all of it is killed %s', async (step) => {
    const services = await Services.start();
    const folder = home(services);
    // Once without a state and once with one.
    await crashes(services, folder, step);
    await completes(services, folder);
    services.moveTo(services.quiet);
    await crashes(services, folder, step);
    await completes(services, folder);
    services.moveTo(services.now + 8 * DAY);
    await completes(services, folder);

    const truth = [...services.truth()].filter(([stream]) => names.includes(stream));
    const held = new Map(truth.map(([stream]) => [stream, latest(stream, rowsIn(folder, stream))]));
    const expected = expectedOf(new Map(truth));
    const differences = differencesBetween(expected, held, { representations: [], outlived });
    expectNone(differences);
  });
});
