import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { HttpHandler } from 'msw';
import { getResponse } from 'msw';
import { isCutOff, textOf } from './answer.js';
import type { BehaviourOptions } from './behaviour.js';
import { Behaviour, createBehaviour } from './behaviour.js';
import { endpointOf } from './endpoints.js';
import type { Faults } from './faults.js';
import { handlersByEndpoint } from './handlers.js';
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
  close(): Promise<void>;
}

export interface ServeOptions {
  /** Default: a free one. */
  port?: number;
  /** Handlers in front of the API's, for paths outside of it. */
  control?: (sandbox: Sandbox) => HttpHandler[];
}

const compress = promisify(gzip);
const WORTH_COMPRESSING = 1024;

/** Serves the handlers on a real 127.0.0.1 socket, so that connections, pools and timeouts are real too. */
export async function serve<World extends Source>(
  world: World,
  options: Behaviour | BehaviourOptions = {},
  { port = 0, control }: ServeOptions = {},
): Promise<Sandbox<World>> {
  const behaviour =
    options instanceof Behaviour ? options : createBehaviour({ seed: world.seed, ...options });
  const traffic = new Traffic();
  const api = handlersByEndpoint(world, behaviour);
  let controlHandlers: HttpHandler[] = [];

  const server = createServer({ noDelay: true, keepAliveTimeout: 60_000 }, (incoming, outgoing) => {
    const [path = '/'] = (incoming.url ?? '/').split('?');
    if (!path.includes('/api/v2/')) {
      exchange(controlHandlers, incoming, outgoing, behaviour).catch(() => outgoing.destroy());
      return;
    }
    const endpoint = endpointOf(path);
    traffic.begin(endpoint, `${incoming.method} ${incoming.url}`, behaviour.record);
    outgoing.once('close', () => traffic.end());
    exchange([api.get(endpoint) as HttpHandler], incoming, outgoing, behaviour, (status) =>
      traffic.answered(status),
    ).catch((error: unknown) => {
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
  const sandbox: Sandbox<World> = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v2`,
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
  controlHandlers = control?.(sandbox) ?? [];
  return sandbox;
}

async function exchange(
  handlers: HttpHandler[],
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  behaviour: Behaviour,
  answered: (status: number) => void = () => {},
): Promise<void> {
  const response = await getResponse(handlers, await requestOf(incoming));
  if (response === undefined) {
    outgoing.writeHead(501).end();
  } else if (response.type === 'error') {
    incoming.socket.resetAndDestroy();
  } else {
    answered(response.status);
    await send(response, incoming, outgoing, behaviour.gzip);
  }
}

/** msw clones each request so that it can be logged. Without a body there is nothing to keep, and a copy costs much. */
class UnclonedRequest extends Request {
  override readonly clone = (): Request => this;
}

async function requestOf(incoming: IncomingMessage): Promise<Request> {
  const init: RequestInit = {
    method: incoming.method ?? 'GET',
    headers: incoming.headers as Record<string, string>,
  };
  const url = `http://127.0.0.1${incoming.url}`;
  if (incoming.method !== 'POST') return new UnclonedRequest(url, init);
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return new Request(url, { ...init, body: Buffer.concat(chunks) });
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
  const zipped =
    zip && plain.length > WORTH_COMPRESSING && /\bgzip\b/.test(String(incoming.headers['accept-encoding']));
  const body = zipped ? await compress(plain, { level: constants.Z_BEST_SPEED }) : plain;
  if (zipped) headers['content-encoding'] = 'gzip';
  outgoing.writeHead(response.status, { ...headers, 'content-length': String(body.length) });
  outgoing.end(body);
}
