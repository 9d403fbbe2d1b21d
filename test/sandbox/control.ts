import type { HttpHandler } from 'msw';
import { HttpResponse, http } from 'msw';
import type { BehaviourOptions } from './behaviour.js';
import type { FaultOptions } from './faults.js';
import { HOUR } from './rows.js';
import type { Sandbox } from './serve.js';

/** Over HTTP a match is the source of a regular expression. */
type FaultRequest = Omit<FaultOptions, 'match'> & { match?: string };
type BehaviourRequest = BehaviourOptions & { faults?: FaultRequest[] };

/** Control of a sandbox in another process. Paths beside the API's, without a token: it serves this machine only. */
export function controlHandlers(sandbox: Sandbox): HttpHandler[] {
  const { world, behaviour, traffic } = sandbox;
  const parameters = (request: Request) => new URL(request.url).searchParams;
  return [
    http.get('*/sandbox/now', () => HttpResponse.json({ now: new Date(world.now).toISOString() })),
    http.post('*/sandbox/advance', ({ request }) => {
      const hours = number(parameters(request), 'hours');
      const milliseconds = number(parameters(request), 'ms');
      if (hours === undefined && milliseconds === undefined) return refused('Give hours= or ms=.');
      world.advance((hours ?? 0) * HOUR + (milliseconds ?? 0));
      return HttpResponse.json({ now: new Date(world.now).toISOString() });
    }),
    // ?since=<ISO time or epoch ms>, and &rows=true for the rows themselves.
    http.get('*/sandbox/truth', ({ request }) => {
      if (world.truth === undefined) return refused('A bulk world is too large for a truth.');
      const since = parameters(request).get('since');
      const time =
        since === null ? Number.NEGATIVE_INFINITY : /^-?\d+$/.test(since) ? Number(since) : Date.parse(since);
      if (Number.isNaN(time)) return refused('since= is neither an ISO time nor epoch ms.');
      const { pipelines, workflows, jobs } = world.truth({ since: time });
      if (parameters(request).get('rows') !== 'true') {
        return HttpResponse.json({ pipelines: pipelines.size, workflows: workflows.size, jobs: jobs.size });
      }
      return HttpResponse.json({
        pipelines: [...pipelines.values()],
        workflows: [...workflows.values()],
        jobs: [...jobs.values()],
      });
    }),
    http.get('*/sandbox/requests', () =>
      HttpResponse.json({ ...traffic.summary, requests: traffic.requests }),
    ),
    http.get('*/sandbox/counters', () => HttpResponse.json(traffic.summary)),
    http.post('*/sandbox/behaviour', async ({ request }) => {
      try {
        const { faults, ...options } = (await request.json()) as BehaviourRequest;
        behaviour.set(options);
        if (faults !== undefined) {
          behaviour.faults.clear();
          for (const { match, ...fault } of faults) {
            behaviour.faults.add({ ...fault, ...(match === undefined ? {} : { match: new RegExp(match) }) });
          }
        }
        return HttpResponse.json({ limiter: behaviour.limiter, latencyMs: behaviour.latencyMs });
      } catch (error) {
        return refused(error instanceof Error ? error.message : String(error));
      }
    }),
    http.post('*/sandbox/reset-counters', () => {
      traffic.reset();
      return HttpResponse.json(traffic.summary);
    }),
    http.all('*', ({ request }) =>
      HttpResponse.json({ message: `Nothing at ${request.url}.` }, { status: 404 }),
    ),
  ];
}

function number(parameters: URLSearchParams, name: string): number | undefined {
  const text = parameters.get(name);
  return text === null || Number.isNaN(Number(text)) ? undefined : Number(text);
}

const refused = (message: string) => HttpResponse.json({ message }, { status: 400 });
