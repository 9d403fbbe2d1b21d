import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../sandbox/random.js';
import { type Sandbox, serve } from '../sandbox/serve.js';
import { createWorld, type World } from '../sandbox/world.js';
import { type BinaryResult, runBinary, startBinary } from '../support/binary.js';
import { Destination, differences, repeated } from '../support/destination.js';
import { allStreams } from '../support/life.js';

const hour = 3_600_000;
const day = 24 * hour;

/** Runs until `bytes` have come out, then SIGKILL. */
async function runKilled(sandbox: Sandbox, state: unknown, bytes: number): Promise<BinaryResult> {
  const binary = startBinary(sandbox, { state, clockSpeed: 1000 });
  binary.child.stdout?.on('data', () => {
    if (binary.stdout.length >= bytes) binary.child.kill('SIGKILL');
  });
  return binary.ended();
}

/** What may go wrong with single requests and is to be survived without a trace. */
const passingFaults = [
  { kind: 'status', status: 500 },
  { kind: 'status', status: 503, headers: { 'Retry-After': '0' } },
  { kind: 'status', status: 429, headers: { 'Retry-After': '0' } },
  { kind: 'reset' },
  { kind: 'truncate' },
  { kind: 'html200' },
] as const;

describe('the built program, killed at random bytes while CI moves on', () => {
  it('ends with what the API shows, and never writes a key twice in one run', async () => {
    const property = async (seed: number) => {
      const random = createRandom(seed, 'kills');
      const world = createWorld({ seed, pipelines: 25, reruns: 15, pageSize: 5, tailDays: 40 });
      const sandbox: Sandbox<World> = await serve(world, { seed });
      try {
        for (const fault of passingFaults) sandbox.faults.add({ match: /./, probability: 0.005, ...fault });
        const destination = new Destination();
        let state: unknown;
        const take = ({ stdout }: BinaryResult) => {
          const { keys, states } = destination.load(stdout);
          expect(repeated(keys)).toEqual([]);
          state = states.at(-1)?.value ?? state;
        };
        world.now = world.options.start + 20 * day;
        while (world.now < world.quietFrom + hour) {
          take(await runKilled(sandbox, state, random.integer(100, 150_000)));
          world.advance(random.pick([hour, day, 5 * day, 15 * day]));
        }
        const last = async () => {
          const result = await runBinary(sandbox, { state });
          expect(result.stderr).not.toMatch(/ERROR|CRITICAL/);
          expect(result.code).toBe(0);
          take(result);
        };
        await last();
        world.advance(8 * day);
        await last();
        const truth = world.truth({ since: Date.UTC(2020, 0, 1) });
        expect(differences(destination, truth, allStreams)).toEqual([]);
      } finally {
        await sandbox.close();
      }
    };
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), property), {
      numRuns: Number(process.env.KILL_RUNS ?? 3),
      endOnFailure: true,
    });
  }, 240_000);
});
