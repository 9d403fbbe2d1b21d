import { mkdirSync, mkdtempSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runOrFail } from '../../e2e/setup/commands.js';
import { makeWorkFolder, onProcessEnd, remove } from '../../e2e/setup/work-folder.js';
import type { LimiterOptions } from '../../sandbox/limiter.js';
import { type Sandbox, serve } from '../../sandbox/serve.js';
import type { World } from '../../sandbox/world.js';
import { grouped } from '../figure.js';
import { createHistory, passDayOfChanges, peace, projects } from './history.js';
import { python } from './install.js';
import { failures, mainTable, type Result, streamTable } from './table.js';
import { prepareTaps, type Tap } from './taps.js';
import { User } from './user.js';
import { judge, streams } from './verdict.js';

const perSecond = 60;
const limiter: LimiterOptions = { kind: 'token-bucket', perSecond, burst: perSecond };

const { values } = parseArgs({
  options: {
    // Enough to see that everything works.
    quick: { type: 'boolean', default: false },
    // Before each answer: the loopback has next to none, which flatters taps that wait for one answer after the other.
    'latency-ms': { type: 'string', default: '0' },
  },
});

const environments = makeWorkFolder();
const runs = join(environments, 'runs');
remove(runs);
mkdirSync(runs);
onProcessEnd(() => remove(runs));
const world = createHistory(values.quick ? 90 : 900);
await using sandbox = await serve(world, { latencyMs: Number(values['latency-ms']), record: false });
console.error(`Installs the peers in ${environments}`);
const taps = await prepareTaps(sandbox, { environments, runs });
const results = await runAll(sandbox, taps);
console.log(await report(results));

async function runAll(sandbox: Sandbox<World>, taps: readonly Tap[]): Promise<Result[]> {
  const users = await usersOf(taps);
  const first = (await syncs('first sync', sandbox, users)).filter((_, index) => !taps[index]?.isVariant);

  sandbox.behaviour.limiter = limiter;
  const others = await usersOf(taps.filter(({ isVariant }) => !isVariant));
  const limited = await syncs(`first sync, ${perSecond} requests/s`, sandbox, others);
  sandbox.behaviour.limiter = { kind: 'none' };

  world.advance(peace);
  const nothingNew = await syncs('nothing new', sandbox, users);

  passDayOfChanges(world);
  const changed = await syncs('a day of changes', sandbox, users);
  return [...first, ...nothingNew, ...changed, ...limited];
}

async function usersOf(taps: readonly Tap[]): Promise<User[]> {
  const users = taps.map((tap) => new User(tap, mkdtempSync(join(runs, 'run-'))));
  for (const user of users) await user.choose();
  return users;
}

/** One after the other, so that they do not share the cores. */
async function syncs(
  situation: string,
  { behaviour, traffic, world }: Sandbox<World>,
  users: readonly User[],
): Promise<Result[]> {
  const results: Result[] = [];
  for (const user of users) {
    // Setting it starts it anew, full.
    behaviour.limiter = { ...behaviour.limiter };
    traffic.reset();
    const run = await user.sync();
    const truth = world.truth();
    const verdicts = Object.fromEntries(
      streams.map((stream) => [stream, judge(user.destination, truth, stream, user.keyProperties(stream))]),
    ) as Result['verdicts'];
    const { total: requests, tooManyRequests: refused } = traffic;
    results.push({ situation, tap: user.tap.name, run, requests, refused, verdicts });
    console.error(`${situation}, ${user.tap.name}: ${run.seconds.toFixed(1)} s, ${run.failure ?? 'done'}`);
  }
  return results;
}

async function report(results: readonly Result[]): Promise<string> {
  const truth = world.truth();
  const rows = streams.map((stream) => `${grouped(truth[stream].size)} ${stream}`).join(', ');
  const version = (await runOrFail('No version', python, ['--version'])).trim();
  const told = failures(results);
  return [
    `Measured on ${new Date().toISOString().slice(0, 10)} by \`npm run bench:peers\` with Node.js ${process.versions.node}, ${version}`,
    `and ${availableParallelism()} cores, against the sandbox on the same machine (${projects.length} projects; in the end ${rows};`,
    `${values['latency-ms']} ms before an answer).`,
    '',
    mainTable(results),
    ...(told.length === 0 ? [] : ['', ...told]),
    '',
    'By stream:',
    '',
    streamTable(results),
  ].join('\n');
}
