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
    const hang = sandbox.faults.add({ kind: 'hang', match: /workflow/ });
    const binary = startBinary(sandbox);
    while (hang.hits === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    binary.child.kill('SIGTERM');
    const { stdout, signal } = await binary.ended();
    expect(signal).toBe('SIGTERM');
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '').type).toBe('STATE');
  });

  it('twice, while nobody reads: the second signal ends it at once', async () => {
    const sandbox = await served(large());
    const binary = startBinary(sandbox);
    await written(binary, 1);
    binary.child.stdout?.pause();
    const quiet = new Quiet(sandbox);
    await quiet.reached();
    binary.child.kill('SIGTERM');
    binary.child.kill('SIGINT');
    // Only now the reader goes on, so that the end of the process can be seen.
    await once(binary.child, 'exit');
    binary.child.stdout?.resume();
    expect((await binary.ended()).signal).toMatch(/SIGTERM|SIGINT/);
  });
});

describe('a reader', () => {
  it('that is slow stops the requests, and loses nothing of the tail', async () => {
    const sandbox = await served(large());
    const binary = startBinary(sandbox);
    await written(binary, 1);
    binary.child.stdout?.pause();
    await new Quiet(sandbox).reached();
    const asked = sandbox.traffic.total;
    expect(asked).toBeLessThan(2000);
    binary.child.stdout?.resume();
    const { stdout, code } = await binary.ended();
    expect(code).toBe(0);
    expect(sandbox.traffic.total).toBeGreaterThan(5000);
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '').type).toBe('STATE');
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

/** Waits until a sandbox has had no request for a while: the program has nothing left that it may ask. */
class Quiet {
  readonly #sandbox: Sandbox;

  constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox;
  }

  async reached(): Promise<void> {
    let before = -1;
    while (before !== this.#sandbox.traffic.total) {
      before = this.#sandbox.traffic.total;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }
}
