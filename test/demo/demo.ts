import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { start } from './children.js';
import { type Change, changesBetween, type Output, type Row, readOutput } from './rows.js';
import { SandboxProcess } from './sandbox-process.js';
import { timeBetween } from './story.js';

const { values } = parseArgs({ options: { keep: { type: 'boolean', default: false } } });
const root = fileURLToPath(new URL('../..', import.meta.url));
const width = process.stdout.columns ?? 110;
const streams = ['pipelines', 'workflows', 'jobs', 'buildkite_builds', 'buildkite_jobs'];

await using sandbox = await SandboxProcess.start(new URL('sandbox.ts', import.meta.url), []);
const folder = mkdtempSync(join(tmpdir(), 'tap-demo-'));
const file = (name: string) => join(folder, name);

// Where requests go through a proxy, those to this machine must not.
const isProxied = Object.keys(process.env).some((name) => /^https?_proxy$/i.test(name));
const environment = isProxied ? 'NO_PROXY=127.0.0.1 ' : '';
const program = `${environment}node bin/tap-circle-ci.js --config ${file('config.json')}`;
const firstSync = `${program} > ${file('output.jsonl')}`;
const keepState = `node bin/tap-circle-ci.js state last < ${file('output.jsonl')} > ${file('state.json')}`;
const nextSync = `${program} --state ${file('state.json')} > ${file('output-2.jsonl')}`;

try {
  await demonstrate();
} catch (error) {
  console.error(`The demo failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

async function demonstrate(): Promise<void> {
  say('tap-circle-ci: two syncs with a fake CircleCI and a fake Buildkite that run on this machine.');
  say();
  say(`CircleCI   ${sandbox.url} (fake), projects ${sandbox.projects.join(' and ')}`);
  say(`Buildkite  ${sandbox.buildkite?.url} (fake), pipeline acme/shop`);
  say(`Files      ${folder}`);
  writeFileSync(file('config.json'), `${JSON.stringify(configuration(), undefined, 2)}\n`);
  say(`config.json  ${JSON.stringify(configuration())}`);

  heading('The first sync reads everything');
  const first = await sync(firstSync, 'output.jsonl');
  say();
  for (const line of examplesOf(first.output)) sayShortened(line);
  say();
  say(`Written:   ${counts(first.output)}`);
  say(`Requests:  ${first.requests}, in ${first.seconds} s`);

  heading('The last line is the state, for the next sync to go on from');
  await run(keepState);
  sayShortened(readFileSync(file('state.json'), 'utf8').trimEnd());

  const minutes = timeBetween / 60_000;
  heading(`${minutes} minutes pass at CircleCI and Buildkite (not here)`);
  await sandbox.advance(timeBetween);

  heading('The second sync, with that state, reads what may have changed');
  const second = await sync(nextSync, 'output-2.jsonl');
  say();
  const changes = changesBetween(first.output, second.output);
  for (const line of describe(changes, second.output)) sayShortened(line);
  say();
  say(`Written:   ${counts(second.output)}`);
  say(`Requests:  ${second.requests} instead of ${first.requests}, in ${second.seconds} s`);
  if (changes.length === 0) throw new Error('nothing has changed between the two syncs.');

  heading(values.keep ? 'Go on by hand' : 'The commands, once more');
  for (const command of [firstSync, keepState, nextSync]) say(command);
  say();
  if (!values.keep) {
    say('The fakes have ended. To go on by hand run: npm run demo -- --keep');
    say(`The files stay: ${folder}`);
    return;
  }
  say('The fakes go on: a pipeline begins every three minutes, a build every six. Ctrl-C ends them.');
  // From here on it is the way to end well.
  process.removeAllListeners('SIGINT');
  await once(process, 'SIGINT');
}

function say(text = ''): void {
  console.log(text);
}

/** One line of JSON, as far as the terminal is wide. */
function sayShortened(line: string): void {
  // Ids tell nothing here; bytes beyond ASCII are escaped as JSON would.
  const text = line
    .replace(/([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '$1..')
    .replace(/[^\n -~]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
  say(text.length <= width ? text : `${text.slice(0, width - 4)} ...`);
}

function configuration(): object {
  const start = new Date(Date.now() - 14 * 86_400_000).toISOString().slice(0, 10);
  return {
    token: sandbox.token,
    project_slugs: sandbox.projects.join(' '),
    base_url: sandbox.url,
    buildkite_token: sandbox.buildkite?.token,
    buildkite_base_url: sandbox.buildkite?.url,
    start_date: start,
  };
}

function heading(text: string): void {
  say();
  say(`== ${text}`);
}

interface Sync {
  readonly output: Output;
  readonly requests: number;
  readonly seconds: string;
}

async function sync(command: string, output: string): Promise<Sync> {
  await sandbox.resetCounters();
  const began = performance.now();
  await run(command);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const { total } = await sandbox.counters();
  return { output: readOutput(readFileSync(file(output), 'utf8')), requests: total, seconds };
}

/** Runs what it prints, so that what is printed can be typed. */
async function run(command: string): Promise<void> {
  say(`$ ${command}`);
  // What the log would say is told here in a newcomer's words.
  const env = { ...process.env, LOGLEVEL: 'warning' };
  const child = start('sh', ['-c', command], { cwd: root, stdio: 'inherit', env });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`this ended with exit code ${String(code)}: ${command}`);
}

/** One SCHEMA, a row of each stream and the last STATE. */
function examplesOf({ lines }: Output): string[] {
  const schema = lines.find((line) => line.startsWith('{"type":"SCHEMA"'));
  const rows = streams.map((stream) =>
    lines.find((line) => line.startsWith(`{"type":"RECORD","stream":"${stream}"`)),
  );
  return [schema, ...rows, lines.at(-1)].filter((line) => line !== undefined);
}

function counts({ rows }: Output): string {
  return streams.map((stream) => `${rows.get(stream)?.size ?? 0} ${stream}`).join(', ');
}

/** A line for each pipeline, workflow and build that is new or different, and one for the jobs. */
function describe(changes: readonly Change[], output: Output): string[] {
  const of = (name: string) => changes.filter(({ stream }) => stream === name);
  const jobs = [...of('jobs'), ...of('buildkite_jobs')];
  const newJobs = jobs.filter(({ before }) => before === undefined).length;
  const written = streams.reduce((sum, stream) => sum + (output.rows.get(stream)?.size ?? 0), 0);
  return [
    ...of('pipelines').map(({ row }) =>
      columns('pipeline', place(row, row.number), '', `new (${String(row.state)})`),
    ),
    ...of('workflows').map(({ row, before }) =>
      columns('workflow', place(row, row.pipeline_number), String(row.name), move(row, before, 'status')),
    ),
    ...of('buildkite_builds').map(({ row, before }) =>
      columns('build', place(row, row.number), String(row.branch), move(row, before, 'state')),
    ),
    columns('jobs', '', '', `${jobs.length - newJobs} changed, ${newJobs} new`),
    columns('the same', '', '', `${written - changes.length} young or open rows, read again to be sure`),
  ];
}

function columns(what: string, where: string, name: string, how: string): string {
  return `${what.padEnd(10)}${where.padEnd(17)}${name.padEnd(16)}${how}`;
}

function place(row: Row, number: unknown): string {
  const name = row.project_slug ?? `${String(row.organization_slug)}/${String(row.pipeline_slug)}`;
  return `${String(name)} #${String(number)}`;
}

function move(row: Row, before: Row | undefined, column: 'status' | 'state'): string {
  return before === undefined
    ? `new: ${String(row[column])}`
    : `${shown(before, column)} -> ${shown(row, column)}`;
}

/** A build at a block step shows what its jobs have come to. */
function shown(row: Row, column: string): string {
  return row.blocked === true ? 'blocked' : String(row[column]);
}
