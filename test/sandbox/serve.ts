import type { HttpHandler } from 'msw';
import type { BehaviourOptions } from './behaviour.js';
import { Behaviour, createBehaviour } from './behaviour.js';
import { isApiPath, routeOf } from './endpoints.js';
import type { Faults } from './faults.js';
import { apiHandler, outputHandler } from './handlers.js';
import { exchange, listen } from './loopback.js';
import type { Source } from './source.js';
import { Traffic } from './traffic.js';

export interface Sandbox<World extends Source = Source> extends AsyncDisposable {
  /** The base URL, with /api/v2. */
  readonly url: string;
  readonly token: string;
  readonly world: World;
  readonly behaviour: Behaviour;
  readonly faults: Faults;
  readonly traffic: Traffic;
  /** `GET /api/v2/…`, in order of arrival. */
  readonly requests: readonly string[];
  /** What the second origin was asked for, in order of arrival. */
  readonly outputRequests: readonly OutputRequest[];
  close(): Promise<void>;
}

export interface OutputRequest {
  /** `GET /action-logs/…`. */
  readonly request: string;
  /** All of them, by their lower-case names: no token may be among them. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface ServeOptions {
  /** Default: a free one. */
  port?: number;
  /** Handlers in front of the API's, for paths outside of it. */
  control?: (sandbox: Sandbox) => HttpHandler[];
}

/** Serves the API, and the outputs of steps from an origin of their own, which it makes the world's. */
export async function serve<World extends Source>(
  world: World,
  options: Behaviour | BehaviourOptions = {},
  { port = 0, control }: ServeOptions = {},
): Promise<Sandbox<World>> {
  const behaviour =
    options instanceof Behaviour ? options : createBehaviour({ seed: world.seed, ...options });
  const traffic = new Traffic();
  const api = [apiHandler(world, behaviour)];
  let controlHandlers: HttpHandler[] = [];

  const server = await listen(port, async (incoming, outgoing) => {
    const [path = '/'] = (incoming.url ?? '/').split('?');
    const { gzip } = behaviour;
    if (!isApiPath(path)) return exchange(controlHandlers, incoming, outgoing, { gzip });
    traffic.begin(routeOf(path).endpoint, `${incoming.method} ${incoming.url}`, behaviour.record);
    outgoing.once('close', () => traffic.end());
    const answered = (status: number) => traffic.answered(status);
    await exchange(api, incoming, outgoing, { gzip, answered });
  });

  const outputRequests: OutputRequest[] = [];
  const outputs = [outputHandler(world, behaviour)];
  const outputServer = await listen(0, async (incoming, outgoing) => {
    const { method, url, headers } = incoming;
    if (behaviour.record) outputRequests.push({ request: `${method} ${url}`, headers });
    await exchange(outputs, incoming, outgoing, { gzip: behaviour.gzip });
  });
  world.outputOrigin = outputServer.origin;

  const close = async () => {
    await Promise.all([server.close(), outputServer.close()]);
  };
  const sandbox: Sandbox<World> = {
    url: `${server.origin}/api/v2`,
    get token() {
      return behaviour.token;
    },
    world,
    behaviour,
    faults: behaviour.faults,
    traffic,
    requests: traffic.requests,
    outputRequests,
    close,
    [Symbol.asyncDispose]: close,
  };
  controlHandlers = control?.(sandbox) ?? [];
  return sandbox;
}
