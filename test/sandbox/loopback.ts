import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { HttpHandler } from 'msw';
import { getResponse } from 'msw';
import { isCutOff, textOf } from './answer.js';

/** A server on a real 127.0.0.1 socket, so that connections, pools and timeouts are real too. */
export interface Loopback {
  /** `http://127.0.0.1:<port>`. */
  readonly origin: string;
  close(): Promise<void>;
}

export type Listener = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>;

/** Port 0 takes a free one. */
export async function listen(port: number, listener: Listener): Promise<Loopback> {
  const server = createServer({ noDelay: true, keepAliveTimeout: 60_000 }, (incoming, outgoing) => {
    listener(incoming, outgoing).catch((error: unknown) => {
      // A fault of the sandbox itself: it must not look like one of the API's.
      console.error(error);
      outgoing.destroy();
    });
  });
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(port, '127.0.0.1', resolve),
  );
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface ExchangeOptions {
  /** Whether bodies over 1 KB are compressed for who accepts it. */
  readonly gzip: boolean;
  readonly answered?: (status: number) => void;
}

/** Answers a request as msw's handlers do. */
export async function exchange(
  handlers: HttpHandler[],
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { gzip, answered = () => {} }: ExchangeOptions,
): Promise<void> {
  const response = await getResponse(handlers, await requestOf(incoming));
  if (response === undefined) {
    outgoing.writeHead(501).end();
  } else if (response.type === 'error') {
    incoming.socket.resetAndDestroy();
  } else {
    answered(response.status);
    await send(response, incoming, outgoing, gzip);
  }
}

/** msw clones each request so that it can be logged. Without a body there is nothing to keep, and a copy costs much. */
class UnclonedRequest extends Request {
  override readonly clone = (): Request => this;
}

/** The host is kept: links lead back to where the request came in. The body of a GET shows in its headers. */
async function requestOf(incoming: IncomingMessage): Promise<Request> {
  const { method = 'GET', url } = incoming;
  const headers = incoming.headers as Record<string, string>;
  const whole = `http://${headers.host ?? '127.0.0.1'}${url}`;
  if (method !== 'POST') return new UnclonedRequest(whole, { method, headers });
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return new Request(whole, { method, headers, body: Buffer.concat(chunks) });
}

const compress = promisify(gzip);
const WORTH_COMPRESSING = 1024;

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
