import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Sandbox, serve } from '../sandbox/serve.js';
import { createWorld, type World } from '../sandbox/world.js';
import { runBinary } from '../support/binary.js';
import { Destination, differences, repeated } from '../support/destination.js';
import { hasChecker, violations } from '../support/invariants.js';
import { allStreams } from '../support/life.js';

const day = 86_400_000;

describe('a sync through the built program, over a socket', () => {
  let sandbox: Sandbox<World>;
  beforeEach(async () => {
    sandbox = await serve(createWorld({ seed: 7, projects: ['gh/acme/web', 'bb/acme/api'], tickMs: 0 }));
  });
  afterEach(() => sandbox.close());

  it('writes what the API shows: SCHEMAs, rows, each key once, a STATE at the end', async () => {
    const { stdout, stderr, code } = await runBinary(sandbox);
    expect(stderr).not.toMatch(/ERROR|CRITICAL/);
    expect(code).toBe(0);
    const destination = new Destination();
    const output = destination.load(stdout);
    expect(differences(destination, sandbox.world.truth({ since: 0 }), allStreams)).toEqual([]);
    expect(repeated(output.keys)).toEqual([]);
    const types = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).type);
    expect(types.slice(0, 3)).toEqual(['SCHEMA', 'SCHEMA', 'SCHEMA']);
    expect(types.at(-1)).toBe('STATE');
  });

  it('writes the same bytes of a project again while time stands still, but for the time of extraction', async () => {
    const still = (stdout: string) => stdout.replace(/"time_extracted":"[^"]*"/g, '');
    const config = { project_slugs: 'gh/acme/web' };
    const [first, second] = [await runBinary(sandbox, { config }), await runBinary(sandbox, { config })];
    expect(still(second.stdout)).toBe(still(first.stdout));
  });

  it('escapes the line separators of Unicode, which some readers take for the end of a line', async () => {
    const { stdout } = await runBinary(sandbox);
    expect(stdout).toMatch(/\\u2028/);
    expect(stdout).not.toMatch(/[\u2028\u2029]/);
  });

  it('goes on from the last STATE: rows that changed arrive, settled ones do not come again', async () => {
    const destination = new Destination();
    const first = destination.load((await runBinary(sandbox)).stdout);
    sandbox.world.advance(2 * day);
    const second = destination.load((await runBinary(sandbox, { state: first.states.at(-1)?.value })).stdout);
    expect(second.keys.length).toBeGreaterThan(0);
    expect(second.keys.length).toBeLessThan(first.keys.length / 2);
    sandbox.world.advance(8 * day);
    destination.load((await runBinary(sandbox, { state: second.states.at(-1)?.value })).stdout);
    expect(differences(destination, sandbox.world.truth({ since: 0 }), allStreams)).toEqual([]);
  });

  it.skipIf(!hasChecker)('keeps the line rules that targets enforce (checker in ../shared)', async () => {
    const first = await runBinary(sandbox);
    expect(violations(first.stdout)).toBe('');
    sandbox.world.advance(day);
    const state = new Destination().load(first.stdout).states.at(-1)?.value;
    expect(violations((await runBinary(sandbox, { state })).stdout)).toBe('');
  });

  it('reads only what the catalog selects, children without their parents', async () => {
    const catalog = {
      streams: [{ tap_stream_id: 'jobs', metadata: [{ breadcrumb: [], metadata: { selected: true } }] }],
    };
    const destination = new Destination();
    destination.load((await runBinary(sandbox, { catalog })).stdout);
    expect([...destination.rows.keys()]).toEqual(['jobs']);
    expect(differences(destination, sandbox.world.truth({ since: 0 }), ['jobs'])).toEqual([]);
  });
});
