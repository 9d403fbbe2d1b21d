import type { Faults } from '../faults.js';
import { exchange, listen } from '../loopback.js';
import type { BuildkiteBehaviourOptions } from './behaviour.js';
import { BuildkiteBehaviour } from './behaviour.js';
import { buildkiteHandlers } from './handlers.js';
import type { BuildkiteSource } from './holdings.js';
import { BuildkiteTraffic } from './traffic.js';

export interface BuildkiteSandbox<World extends BuildkiteSource = BuildkiteSource> extends AsyncDisposable {
  /** The base URL, with /v2. */
  readonly url: string;
  readonly token: string;
  readonly world: World;
  readonly behaviour: BuildkiteBehaviour;
  readonly faults: Faults;
  readonly traffic: BuildkiteTraffic;
  /** `GET /v2/…`, in order of arrival. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

export interface BuildkiteServeOptions {
  /** Default: a free one. */
  port?: number;
}

export async function serveBuildkite<World extends BuildkiteSource>(
  world: World,
  options: BuildkiteBehaviour | BuildkiteBehaviourOptions = {},
  { port = 0 }: BuildkiteServeOptions = {},
): Promise<BuildkiteSandbox<World>> {
  const behaviour =
    options instanceof BuildkiteBehaviour
      ? options
      : new BuildkiteBehaviour({ seed: world.seed, ...options });
  const traffic = new BuildkiteTraffic();
  const handlers = buildkiteHandlers(world, behaviour);
  const server = await listen(port, async (incoming, outgoing) => {
    const [path = '/'] = (incoming.url ?? '/').split('?');
    traffic.beginAt(
      path.replace(/^.*?\/v2(?=\/)/, ''),
      `${incoming.method} ${incoming.url}`,
      behaviour.record,
    );
    outgoing.once('close', () => traffic.end());
    const answered = (status: number) => traffic.answered(status);
    await exchange(handlers, incoming, outgoing, { gzip: behaviour.gzip, answered });
  });
  return {
    url: `${server.origin}/v2`,
    get token() {
      return behaviour.token;
    },
    world,
    behaviour,
    faults: behaviour.faults,
    traffic,
    requests: traffic.requests,
    close: server.close,
    [Symbol.asyncDispose]: server.close,
  };
}
