import { parseArgs } from 'node:util';
import type { BehaviourOptions } from './behaviour.js';
import { createBulkWorld } from './bulk.js';
import type { Coins } from './coins.js';
import { plainCoins } from './coins.js';
import { controlHandlers } from './control.js';
import type { WorldOptions } from './options.js';
import { DAY } from './rows.js';
import { serve } from './serve.js';
import type { Source } from './source.js';
import { createWorld } from './world.js';

const usage = `The sandbox as a process: a fake CircleCI API v2 on 127.0.0.1.

  npx tsx test/sandbox/main.ts [options]

  --port 0              0 takes a free port
  --seed 1              everything follows from it
  --project gh/acme/web one or more times
  --pipelines 40        --reruns 25  --days 60  --tail-days 60  --page-size 20
  --now 2024-05-01      where the clock stands first, at the end of --days. Default: the real time
  --tick real           or the virtual ms that each request takes, e.g. 0 or 50-2000
  --features none       or JSON: {"holds": false}
  --coins plain         the API as it is on record; or JSON: {"pageTokens": "offset"}. The others are tossed by seed
  --behaviour '{"latencyMs":20,"limiter":{"kind":"token-bucket","perSecond":50,"burst":50}}'
  --token sandbox-token
  --bulk pipelines=100000,workflows=3,jobs=3
                        rows made on demand, settled, in flat memory

Prints {url, token, projects, now} on one line when it is ready. Ends on SIGTERM and SIGINT.
Control: POST /sandbox/advance?hours=24, GET /sandbox/truth?since=…&rows=true, GET /sandbox/requests,
GET /sandbox/counters, POST /sandbox/behaviour, POST /sandbox/reset-counters.
`;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    project: { type: 'string', multiple: true },
    pipelines: { type: 'string' },
    reruns: { type: 'string' },
    days: { type: 'string' },
    'tail-days': { type: 'string' },
    'page-size': { type: 'string' },
    now: { type: 'string' },
    tick: { type: 'string', default: 'real' },
    features: { type: 'string' },
    coins: { type: 'string' },
    behaviour: { type: 'string' },
    token: { type: 'string' },
    bulk: { type: 'string' },
    help: { type: 'boolean' },
  },
});

if (values.help) {
  process.stdout.write(usage);
} else {
  const behaviour: BehaviourOptions = {
    // A million requests are not worth remembering.
    record: values.bulk === undefined,
    ...(values.token === undefined ? {} : { token: values.token }),
    ...(values.behaviour === undefined ? {} : (JSON.parse(values.behaviour) as BehaviourOptions)),
  };
  const sandbox = await serve<Source>(worldOf(), behaviour, {
    port: whole('port') ?? 0,
    control: controlHandlers,
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void sandbox.close().then(() => process.exit(0)));
  }
  const { url, token, world } = sandbox;
  console.log(JSON.stringify({ url, token, projects: world.slugs, now: new Date(world.now).toISOString() }));
}

function worldOf(): Source {
  const now = values.now === undefined ? Date.now() : Date.parse(values.now);
  if (Number.isNaN(now)) throw new Error(`--now ${values.now} is not a time.`);
  const coins = values.coins === 'plain' ? plainCoins : (JSON.parse(values.coins ?? '{}') as Partial<Coins>);
  const seed = whole('seed') ?? 1;
  if (values.bulk !== undefined) {
    const counts = Object.fromEntries(
      values.bulk.split(',').map((part) => part.split('=') as [string, string]),
    );
    return createBulkWorld({
      seed,
      now,
      coins,
      pipelines: Number(counts.pipelines ?? 10_000),
      workflowsPerPipeline: Number(counts.workflows ?? 1),
      jobsPerWorkflow: Number(counts.jobs ?? 3),
      ...(values.days === undefined ? {} : { days: Number(values.days) }),
      ...(values.project?.[0] === undefined ? {} : { slug: values.project[0] }),
    });
  }
  const days = whole('days') ?? 60;
  return createWorld({
    seed,
    now,
    coins,
    days,
    start: now - days * DAY,
    tickMs: tick(values.tick),
    ...defined({
      projects: values.project,
      pipelines: whole('pipelines'),
      reruns: whole('reruns'),
      tailDays: whole('tail-days'),
      pageSize: whole('page-size'),
      features:
        values.features === undefined || values.features === 'none'
          ? (values.features as 'none' | undefined)
          : (JSON.parse(values.features) as WorldOptions['features']),
    }),
  });
}

function whole(
  name: 'port' | 'seed' | 'pipelines' | 'reruns' | 'days' | 'tail-days' | 'page-size',
): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw new Error(`--${name} ${text} is not a whole number.`);
  return Number(text);
}

function tick(text: string): NonNullable<WorldOptions['tickMs']> {
  if (text === 'real') return 'real';
  const [from, to] = text.split('-').map(Number);
  if (from === undefined || Number.isNaN(from)) throw new Error(`--tick ${text} is neither real nor ms.`);
  return to === undefined ? from : [from, to];
}

/** Only the members that were given, so that the others keep their defaults. */
function defined<Values extends object>(
  given: Values,
): { [Key in keyof Values]?: Exclude<Values[Key], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as never;
}
