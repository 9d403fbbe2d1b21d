import type { RateLimitHeaders } from '../sandbox/limiter.js';
import { inSeconds, type Measurement, type Scale } from './figure.js';
import { requestsOf, startBulkSandbox } from './sandboxes.js';
import { runTap } from './tap.js';

const perSecond = 60;
const limiters = [
  { kind: 'token-bucket', perSecond, burst: perSecond },
  { kind: 'fixed-window', limit: perSecond, windowMs: 1000 },
] as const;

/** Syncs with a server that allows 60 requests a second, by either kind of limiter. */
export function measureLimited(
  { isQuick }: Scale,
  headers: RateLimitHeaders,
  goal: { readonly times: number; readonly refused: number },
): Promise<Measurement[]> {
  const history = { pipelines: isQuick ? 160 : 490, workflowsPerPipeline: 2, jobsPerWorkflow: 3 };
  const needed = requestsOf(history);
  // Side by side: all of them mostly wait.
  return Promise.all(
    limiters.map(async (limiter) => {
      await using sandbox = await startBulkSandbox(history, {
        latencyMs: 20,
        limiter,
        rateLimitHeaders: headers,
      });
      const { milliseconds } = await runTap(sandbox);
      const { total, tooManyRequests } = await sandbox.counters();
      const times = milliseconds / ((needed / perSecond) * 1000);
      const refused = tooManyRequests / total;
      return {
        measured: `${times.toFixed(2)} x ideal, ${(100 * refused).toFixed(1)} % refused`,
        isMet: times <= goal.times && refused < goal.refused,
        note: `${limiter.kind}: ${needed} requests in ${inSeconds(milliseconds)}, start-up included, ${tooManyRequests} refused`,
      };
    }),
  );
}
