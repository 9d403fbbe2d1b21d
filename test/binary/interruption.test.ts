import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../sandbox/random.js';
import { type Sandbox, serve } from '../sandbox/serve.js';
import { createWorld, type World } from '../sandbox/world.js';
import { runBinary, runKilled } from '../support/binary.js';
import { differences, SuccessiveRuns } from '../support/destination.js';
import { allStreams } from '../support/life.js';

const hour = 3_600_000;
const day = 24 * hour;

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
        const runs = new SuccessiveRuns();
        world.now = world.options.start + 20 * day;
        while (world.now < world.quietFrom + hour) {
          const bytes = random.integer(100, 150_000);
          runs.take(await runKilled(sandbox, bytes, { state: runs.state, clockSpeed: 1000 }));
          world.advance(random.pick([hour, day, 5 * day, 15 * day]));
        }
        const last = async () => {
          const result = await runBinary(sandbox, { state: runs.state });
          expect(result.stderr).not.toMatch(/ERROR|CRITICAL/);
          expect(result.code).toBe(0);
          runs.take(result);
        };
        await last();
        world.advance(8 * day);
        await last();
        const truth = world.truth({ since: Date.UTC(2020, 0, 1) });
        expect(differences(runs.destination, truth, allStreams)).toEqual([]);
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
