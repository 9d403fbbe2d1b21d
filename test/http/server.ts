import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { HttpClient, type HttpClientOptions } from '../../src/http/client.js';
import { Log } from '../../src/log.js';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A server on 127.0.0.1 that answers the n-th request with the n-th handler, further ones with the last. */
export interface Scripted {
  readonly url: URL;
  readonly requests: IncomingMessage[];
  readonly server: Server;
  close(): Promise<void>;
}

export async function serve(...handlers: readonly Handler[]): Promise<Scripted> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    const handler = handlers[Math.min(requests.length, handlers.length) - 1];
    if (handler === undefined) response.writeHead(501).end();
    else handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return {
    url: new URL(`http://127.0.0.1:${address.port}/api/v2`),
    requests,
    server,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Answers with JSON. */
export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Handler {
  return (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
}

/** Answers with a text of any kind. */
export function text(
  body: string | Uint8Array,
  status: number,
  headers: Record<string, string> = {},
): Handler {
  return (_, response) => {
    response.writeHead(status, headers);
    response.end(body);
  };
}

/** Sends headers and the start of a body that promises more, then breaks the connection. */
export function cut(headers: Record<string, string>): Handler {
  return (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers });
    response.write('{"items":[', () => response.destroy());
  };
}

export const reset: Handler = (request) => {
  request.socket.resetAndDestroy();
};
export const silence: Handler = () => {};

/** A client for `url` that waits no longer than it is told to; its log lines go to `lines`. */
export function client(
  url: URL,
  options: Partial<HttpClientOptions> = {},
): { client: HttpClient; lines: string[] } {
  const lines: string[] = [];
  const made = new HttpClient({
    source: 'CircleCI',
    baseUrl: url,
    headers: { 'circle-token': 'secret-token', 'user-agent': 'test' },
    requestTimeout: 30,
    maxRetries: 5,
    maxConcurrency: 4,
    log: new Log({ write: (line) => lines.push(line) }, 'debug'),
    signal: new AbortController().signal,
    advice: {
      unauthorized: 'Check token.',
      forbidden: 'Ask for access.',
      notJson: 'Check base_url.',
      address: 'base_url',
    },
    random: () => 0,
    ...options,
  });
  return { client: made, lines };
}
