import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { HttpHandler } from 'msw';
import { getResponse } from 'msw';
import { isCutOff, textOf } from '../answer.js';
import type { Faults } from '../faults.js';
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

const compress = promisify(gzip);
const WORTH_COMPRESSING = 1024;

/** Serves the handlers on a real 127.0.0.1 socket, so that connections, pools and timeouts are real too. */
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
  const server = createServer({ noDelay: true, keepAliveTimeout: 60_000 }, (incoming, outgoing) => {
    const [path = '/'] = (incoming.url ?? '/').split('?');
    traffic.beginAt(
      path.replace(/^.*?\/v2(?=\/)/, ''),
      `${incoming.method} ${incoming.url}`,
      behaviour.record,
    );
    outgoing.once('close', () => traffic.end());
    exchange(handlers, incoming, outgoing, behaviour, traffic).catch((error: unknown) => {
      // A fault of the sandbox itself: it must not look like one of the API's.
      console.error(error);
      outgoing.destroy();
    });
  });
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(port, '127.0.0.1', resolve),
  );
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v2`,
    get token() {
      return behaviour.token;
    },
    world,
    behaviour,
    faults: behaviour.faults,
    traffic,
    requests: traffic.requests,
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function exchange(
  handlers: HttpHandler[],
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  behaviour: BuildkiteBehaviour,
  traffic: BuildkiteTraffic,
): Promise<void> {
  const response = await getResponse(handlers, requestOf(incoming));
  if (response === undefined) {
    outgoing.writeHead(501).end();
  } else if (response.type === 'error') {
    incoming.socket.resetAndDestroy();
  } else {
    traffic.answered(response.status);
    await send(response, incoming, outgoing, behaviour.gzip);
  }
}

/** msw clones each request so that it can be logged. Without a body there is nothing to keep, and a copy costs much. */
class UnclonedRequest extends Request {
  override readonly clone = (): Request => this;
}

/** The host is kept: links lead back to where the request came in. The body of a GET shows in its headers. */
function requestOf({ method = 'GET', headers, url }: IncomingMessage): Request {
  return new UnclonedRequest(`http://${headers.host ?? '127.0.0.1'}${url}`, {
    method,
    headers: headers as Record<string, string>,
  });
}

async function send(
  response: Response,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  zip: boolean,
): Promise<void> {
  const plain = Buffer.from(await textOf(response));
  const headers: Record<string, string> = Object.fromEntries(response.headers);
  // Node would add the date of this machine, which is another clock.
  outgoing.sendDate = false;
  if (isCutOff(response)) {
    outgoing.writeHead(response.status, { ...headers, 'content-length': String(plain.length) });
    outgoing.write(plain.subarray(0, plain.length >> 1), () => incoming.socket.destroy());
    return;
  }
  const accepts = /\bgzip\b/.test(String(incoming.headers['accept-encoding']));
  // Never a part of a text: its range counts the bytes as they are.
  const zipped = zip && accepts && response.status !== 206 && plain.length > WORTH_COMPRESSING;
  const body = zipped ? await compress(plain, { level: constants.Z_BEST_SPEED }) : plain;
  if (zipped) headers['content-encoding'] = 'gzip';
  outgoing.writeHead(response.status, { ...headers, 'content-length': String(body.length) });
  outgoing.end(body);
}
