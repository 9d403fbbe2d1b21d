import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createBulkWorld } from '../sandbox/bulk.js';
import { type Sandbox, serve } from '../sandbox/serve.js';
import type { Source } from '../sandbox/source.js';
import { createWorld, type World } from '../sandbox/world.js';
import { type Binary, runBinary, startBinary } from '../support/binary.js';
import { Destination, differences } from '../support/destination.js';
import { allStreams } from '../support/life.js';

async function served<Served extends Source>(world: Served): Promise<Sandbox<Served>> {
  const sandbox = await serve(world);
  onTestFinished(() => sandbox.close());
  return sandbox;
}

const history = (): World => createWorld({ seed: 3, tickMs: 0 });
/** More than a pipe and all buffers hold. */
const large = () =>
  createBulkWorld({ pipelines: 5000, workflowsPerPipeline: 1, jobsPerWorkflow: 20, seed: 1 });

/** Resolves when the program has written this much. */
async function written(binary: Binary, bytes: number): Promise<void> {
  while (binary.stdout.length < bytes) await once(binary.child.stdout ?? binary.child, 'data');
}

/** Resolves when a request is asked that matches; none of them gets an answer. */
function hung({ faults }: Sandbox, match: RegExp): Promise<void> {
  return new Promise((resolve) => {
    const isHit = (request: string): boolean => {
      if (!match.test(request)) return false;
      resolve();
      return true;
    };
    faults.add({ kind: 'hang', match: isHit });
  });
}

/** More than pipes, sockets and all buffers between the program and its reader hold. */
const giantName = 'x'.repeat(16_000_000);

/** A sync whose reader stands still in the middle of a row that is larger than all that may be under way. */
async function startStalled(sandbox: Sandbox): Promise<Binary> {
  const body = { items: [{ id: 'giant', name: giantName }], next_page_token: null };
  sandbox.faults.add({ kind: 'status', status: 200, match: /\/workflow\/[^/]+\/job$/, times: 1, body });
  const binary = startBinary(sandbox);
  while (!binary.stdout.endsWith('xxx')) await once(binary.child.stdout ?? binary.child, 'data');
  binary.child.stdout?.pause();
  return binary;
}

describe('told to stop', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'by %s: whole lines, a last STATE, and death by that signal',
    async (signal) => {
      const sandbox = await served(large());
      const binary = startBinary(sandbox);
      await written(binary, 300_000);
      binary.child.kill(signal);
      const { stdout, stderr, ...end } = await binary.ended();
      expect(end).toEqual({ code: null, signal });
      expect(stdout.endsWith('\n')).toBe(true);
      const last = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
      expect(last.type).toBe('STATE');
      expect(last.value.bookmarks.jobs.tap[0].walk).toHaveLength(1);
      expect(stderr).not.toMatch(/CRITICAL|ERROR|at /);
    },
  );

  it('goes on from that STATE without loss', async () => {
    const sandbox = await served(history());
    sandbox.behaviour.latencyMs = 20;
    const binary = startBinary(sandbox);
    await written(binary, 30_000);
    binary.child.kill('SIGTERM');
    const destination = new Destination();
    const { states } = destination.load((await binary.ended()).stdout);
    sandbox.behaviour.latencyMs = 0;
    destination.load((await runBinary(sandbox, { state: states.at(-1)?.value })).stdout);
    expect(differences(destination, sandbox.world.truth({ since: 0 }), allStreams)).toEqual([]);
  });

  it('while a request hangs: it does not wait for the answer', async () => {
    const sandbox = await served(history());
    const hanging = hung(sandbox, /workflow/);
    const binary = startBinary(sandbox);
    await hanging;
    binary.child.kill('SIGTERM');
    const { stdout, signal } = await binary.ended();
    expect(signal).toBe('SIGTERM');
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '').type).toBe('STATE');
  });

  it('twice, while nobody reads: the second signal ends it at once', async () => {
    const binary = await startStalled(await served(history()));
    binary.child.kill('SIGTERM');
    binary.child.kill('SIGINT');
    // Only now the reader goes on, so that the end of the process can be seen.
    await once(binary.child, 'exit');
    binary.child.stdout?.resume();
    expect((await binary.ended()).signal).toMatch(/SIGTERM|SIGINT/);
  });
});

describe('a reader', () => {
  it('that stands still for a time loses nothing', async () => {
    const sandbox = await served(history());
    const binary = await startStalled(sandbox);
    binary.child.stdout?.resume();
    const { stdout, code } = await binary.ended();
    expect(code).toBe(0);
    const destination = new Destination();
    const { keys, states } = destination.load(stdout);
    const names = [...destination.stream('jobs').values()].map(({ name }) => name);
    expect(names.filter((name) => name === giantName)).toHaveLength(1);
    expect(differences(destination, sandbox.world.truth({ since: 0 }), ['pipelines', 'workflows'])).toEqual(
      [],
    );
    expect(states.at(-1)?.rowsBefore).toBe(keys.length);
  });

  it('that goes away ends the run quietly, as any program in a pipe', async () => {
    const sandbox = await served(large());
    const binary = startBinary(sandbox);
    await written(binary, 1);
    binary.child.stdout?.destroy();
    const { stderr, code } = await binary.ended();
    expect(code).toBe(141);
    expect(stderr).toBe('');
  });
});
