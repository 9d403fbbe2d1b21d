import { type ChildProcess, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createBulkWorld } from '../sandbox/bulk.js';
import { type Sandbox, serve } from '../sandbox/serve.js';
import type { Source } from '../sandbox/source.js';
import { ended, Folder } from '../support/folder.js';
import { screen } from '../support/screen.js';

const program = fileURLToPath(new URL('../../bin/tap-circle-ci.js', import.meta.url));
const hasTerminal =
  spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') === true;
if (!hasTerminal) console.warn('script of util-linux is not here: the tests of the live line are left out.');

const history = () =>
  createBulkWorld({ pipelines: 200, workflowsPerPipeline: 1, jobsPerWorkflow: 2, days: 100 });

/** A folder with a config for a sandbox that takes its time. */
function folderFor(sandbox: Sandbox<Source>): Folder {
  sandbox.behaviour.latencyMs = 100;
  const { world, url, token } = sandbox;
  const folder = new Folder({ CLOCK_START: String(world.now), CLOCK_SPEED: '1', TERM: 'xterm' });
  const settings = { project_slugs: world.slugs, start_date: '2024-01-01', max_retries: 0 };
  folder.write('config.json', { token, base_url: url, ...settings });
  return folder;
}

const sync = `'${process.execPath}' '${program}' --config config.json`;

/** Runs a shell command on a terminal of 200 columns. */
function onTerminal(folder: Folder, command: string): ChildProcess {
  return folder.start('script', ['-qec', `stty cols 200 rows 50; ${command}`, '/dev/null']);
}

/** Resolves when the text has come out. */
function shown(child: ChildProcess, text: string): Promise<void> {
  let output = '';
  return new Promise((resolve) => {
    child.stdout?.on('data', (chunk) => {
      output += String(chunk);
      if (output.includes(text)) resolve();
    });
  });
}

const levelLine = /^(DEBUG|INFO|WARNING|ERROR|CRITICAL) \S/;
const lastOf = (lines: readonly string[], count: number) => lines.slice(-count).map(stripped);
const stripped = (line: string) => line.replace(/\d+\.\d s/, '… s').replace(/[\d,]+ requests in flight/, '');
const linesOf = (text: string) => text.trimEnd().split('\n');

describe('in a pipe', () => {
  it('stderr has lines with a level and nothing else, and ends with a summary', async () => {
    await using sandbox = await serve<Source>(history());
    const folder = folderFor(sandbox);
    sandbox.behaviour.latencyMs = 0;
    const { stderr, code } = await folder.tap(['--config', 'config.json']);
    expect(code).toBe(0);
    const lines = linesOf(stderr);
    expect(lines.filter((line) => !levelLine.test(line))).toEqual([]);
    expect(lastOf(lines, 3)).toEqual([
      'INFO Rows: 200 pipelines, 200 workflows, 400 jobs.',
      'INFO Requests: 411, 0 of them repeated, 0 refused for a rate limit; waited … s for limits.',
      'INFO Took … s.',
    ]);
  });

  it('the summary counts what was repeated, refused and not read, and CRITICAL comes after it', async () => {
    await using sandbox = await serve<Source>(history());
    const folder = folderFor(sandbox);
    sandbox.behaviour.latencyMs = 0;
    const headers = { 'Retry-After': '1' };
    sandbox.faults.add({
      kind: 'status',
      status: 429,
      headers,
      times: 1,
      match: /acme\/monorepo\/pipeline$/,
    });
    sandbox.faults.add({ kind: 'status', status: 403, times: 1, match: /\/job$/ });
    const config = JSON.parse(folder.read('config.json'));
    folder.write('config.json', { ...config, max_retries: 3, max_concurrency: 1 });
    const { stderr, code } = await folder.tap(['--config', 'config.json']);
    expect(code).toBe(1);
    const [rows, requests, took, not, critical] = linesOf(stderr).slice(-5);
    expect(rows).toMatch(/^INFO Rows: 200 pipelines, 200 workflows, \d jobs\.$/);
    expect(requests).toMatch(
      /^INFO Requests: \d+, 1 of them repeated, 1 refused for a rate limit; waited \d\.\d s for limits\.$/,
    );
    expect(took).toMatch(/^INFO Took /);
    expect(not).toBe('INFO Not read: 1, named above.');
    expect(critical).toMatch(/^CRITICAL 1 thing could not be read\. See the lines above\./);
  });
});

describe.skipIf(!hasTerminal)('on a terminal', () => {
  it('a line shows how far it is; it makes way for log lines, and is gone at the end', async () => {
    await using sandbox = await serve<Source>(history());
    const folder = folderFor(sandbox);
    const child = onTerminal(folder, `${sync} > output.jsonl`);
    const end = ended(child);
    await shown(child, 'in flight');
    // A log line in the midst of it.
    const fault = sandbox.faults.add({ kind: 'status', status: 403, match: /\/job$/ });
    await shown(child, 'are left out');
    fault.remove();
    sandbox.behaviour.latencyMs = 0;
    const { stdout, code } = await end;
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /\d\/1 projects \| \d+ % \| (back to \d{4}-\d\d-\d\d \| )?[\d,]+ rows\/s \| \d+ requests in flight/,
    );
    const lines = screen(stdout);
    expect(lines.filter((line) => !levelLine.test(line))).toEqual([]);
    const refused = lines.filter((line) => line.startsWith('ERROR gh/acme/monorepo: jobs are left out'));
    expect(refused).toHaveLength(1);
    expect(lines.at(-5)).toMatch(/^INFO Rows: 200 pipelines, 200 workflows, /);
    expect(lines.at(-2)).toBe('INFO Not read: 1, named above.');
    expect(lines.at(-1)).toMatch(/^CRITICAL 1 thing could not be read/);
  });

  it('Ctrl-C leaves the screen clean and the cursor where it can be seen', async () => {
    await using sandbox = await serve<Source>(history());
    const child = onTerminal(folderFor(sandbox), `${sync} > output.jsonl`);
    const end = ended(child, 'typed');
    await shown(child, 'in flight');
    child.stdin?.write('\x03');
    const { stdout, code } = await end;
    expect(code).toBe(128 + 2);
    expect(stdout).toContain('INFO Took');
    expect(stdout).not.toContain('\x1b[?25l');
    // The terminal itself shows that the keys were pressed.
    const lines = screen(stdout).map((line) => line.replace('^C', ''));
    expect(lines.filter((line) => line !== '' && !levelLine.test(line))).toEqual([]);
  });

  it('no line is drawn where rows go to the same terminal', async () => {
    await using sandbox = await serve<Source>(history());
    const folder = folderFor(sandbox);
    sandbox.behaviour.latencyMs = 20;
    const { stdout, code } = await ended(onTerminal(folder, `${sync} --streams pipelines`));
    expect(code).toBe(0);
    expect(stdout).not.toContain('\x1b');
  });
});
