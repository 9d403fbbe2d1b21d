import { describe, expect, it } from 'vitest';
import type { BuildkiteBehaviourOptions } from '../sandbox/buildkite/behaviour.js';
import { createBuildkiteBulkWorld } from '../sandbox/buildkite/bulk.js';
import { rowsOf, runDoor, servedBuildkite } from '../support/buildkite-door.js';

const jobs = 60;

/**
 * Asks for the environments of 60 jobs, one request each; tells what every answer said was left, and how
 * many requests in a row were refused each time.
 */
async function readUnder(behaviour: BuildkiteBehaviourOptions, settings: object = {}) {
  const world = createBuildkiteBulkWorld({ builds: 3, jobs: jobs / 3 });
  const sandbox = await servedBuildkite(world, behaviour);
  const left = { organization: [] as number[], user: [] as number[] };
  const refusedInARow: number[] = [];
  let wasRefused = false;
  const take = sandbox.behaviour.take.bind(sandbox.behaviour);
  sandbox.behaviour.take = (organization, now) => {
    const verdict = take(organization, now);
    const { 'RateLimit-Remaining': ofAll, 'RateLimit-User-Remaining': ofUser } = verdict.headers;
    if (ofAll !== undefined) left.organization.push(Number(ofAll));
    if (ofUser !== undefined) left.user.push(Number(ofUser));
    const isRefused = verdict.refusal !== undefined;
    if (isRefused) refusedInARow.push((wasRefused ? (refusedInARow.pop() ?? 0) : 0) + 1);
    wasRefused = isRefused;
    return verdict;
  };
  const { stdout, stderr, code } = await runDoor(sandbox, {
    streams: 'buildkite_job_env',
    settings,
  });
  return {
    rows: rowsOf(stdout).get('buildkite_job_env')?.length,
    code,
    stderr,
    left,
    refused: sandbox.traffic.tooManyRequests,
    refusedInARow,
  };
}

describe('the rate limits of Buildkite', () => {
  const windowMs = 1000;

  it.each([
    [0.1, 2],
    [0.4, 8],
    [0, 0],
  ])('leave %d of what the organization may ask to others, without a refusal', async (reserve, kept) => {
    const { rows, code, left, refused } = await readUnder(
      { limits: { organization: 20, windowMs } },
      { buildkite_reserve: reserve },
    );
    // Three times as many as a window lets through: without a wait there would be refusals.
    expect({ rows, code, refused }).toEqual({ rows: jobs, code: 0, refused: 0 });
    expect(Math.min(...left.organization)).toBe(kept);
  });

  it('keep a tenth unless told', async () => {
    const { left, refused } = await readUnder({ limits: { organization: 30, windowMs } });
    expect({ least: Math.min(...left.organization), refused }).toEqual({ least: 3, refused: 0 });
  });

  it('bind by the lower one: that of the user, of which nothing is left to others', async () => {
    const { rows, left, refused, stderr } = await readUnder({
      limits: { organization: 200, user: 20, windowMs },
    });
    expect({ rows, refused, least: Math.min(...left.user) }).toEqual({ rows: jobs, refused: 0, least: 0 });
    expect(stderr).toMatch(
      /^INFO Requests: 64, 0 of them repeated, 0 refused for a rate limit; waited [1-9]/m,
    );
  });

  it.each([
    ['the organization', { organization: 20, windowMs: 2000 }, 16],
    ['the user', { user: 20, windowMs: 2000 }, 1],
  ])(
    'of %s, once they refuse, are waited for as the answer itself says',
    async (_, limits, maxConcurrency) => {
      const { rows, code, refusedInARow } = await readUnder(
        { limits, rateLimitHeaders: false },
        { max_concurrency: maxConcurrency },
      );
      expect({ rows, code }).toEqual({ rows: jobs, code: 0 });
      expect(refusedInARow.length).toBeGreaterThan(0);
      // Never more than what was under way when the first refusal came: none is sent until the wait is over.
      expect(Math.max(...refusedInARow)).toBeLessThanOrEqual(maxConcurrency);
    },
  );
});
