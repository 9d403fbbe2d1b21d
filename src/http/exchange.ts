import { gunzipSync } from 'node:zlib';
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { TapError } from '../errors.js';
import { faultOf } from './fault.js';
import { header } from './header.js';
import type { Outcome } from './retry.js';

/** What one attempt brought. */
export type Exchange = Outcome &
  (
    | {
        readonly kind: 'answered';
        /** The parsed JSON; undefined when the body was not JSON. */
        readonly body: unknown;
        /** The body's text when it was not JSON. */
        readonly text: string;
        /** When the last byte arrived, in milliseconds since 1970. */
        readonly receivedAt: number;
      }
    | { readonly kind: 'broken'; readonly cause: unknown }
  );

export type Answered = Extract<Exchange, { kind: 'answered' }>;

/** The reason with which an attempt is aborted that has used up its time. */
export class TimedOut extends Error {
  override readonly name = 'TimedOut';
}

const redirects: readonly number[] = [301, 302, 303, 307, 308];
const proxyVariables = ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'];

/**
 * A pool of keep-alive connections of its own, through the proxy of the environment where one is set.
 * The time limit is the caller's: undici's own timers are off, save the one for connecting.
 */
export function connect(options: { connections: number; maxBodyBytes: number }): Dispatcher {
  const agentOptions: Agent.Options = {
    connections: options.connections,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: options.maxBodyBytes,
  };
  const proxied = proxyVariables.some((name) => (process.env[name] ?? '') !== '');
  if (!proxied) return new Agent(agentOptions);
  try {
    return new EnvHttpProxyAgent(agentOptions);
  } catch (error) {
    // Not its value, which may hold a password.
    throw new TapError('The proxy in HTTPS_PROXY or HTTP_PROXY is no URL that can be used.', {
      next: 'Write it as http://host:port.',
      cause: error,
    });
  }
}

/**
 * One GET, from sending to the last byte, decompressed and parsed. The body is always used up.
 * Throws the signal's reason when it aborts for another reason than TimedOut, and whatever is a
 * fault of the program.
 */
export async function exchange(
  dispatcher: Dispatcher,
  url: URL,
  options: { headers: Readonly<Record<string, string>>; signal: AbortSignal; maxBodyBytes: number },
): Promise<Exchange> {
  const { headers, signal, maxBodyBytes } = options;
  try {
    const answer = await dispatcher.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: 'GET',
      signal,
      headers: { accept: 'application/json', 'accept-encoding': 'gzip', ...headers },
    });
    const compressed = /^(x-)?gzip$/i.test(header(answer.headers, 'content-encoding') ?? '');
    const received = await (compressed ? answer.body.arrayBuffer() : answer.body.text());
    const receivedAt = Date.now();
    const isError = answer.statusCode >= 400;
    const parsed = parse(typeof received === 'string' ? received : gunzip(received, maxBodyBytes, isError));
    return { kind: 'answered', status: answer.statusCode, headers: answer.headers, receivedAt, ...parsed };
  } catch (thrown) {
    if (signal.aborted) {
      const { reason } = signal;
      if (!(reason instanceof TimedOut)) throw reason;
      return { kind: 'broken', fault: 'timed-out', cause: reason };
    }
    const fault = faultOf(thrown);
    if (fault === undefined) throw thrown;
    return { kind: 'broken', fault, cause: thrown };
  }
}

/** The status of an error says enough; its body may be empty whatever its headers say. */
function gunzip(compressed: ArrayBuffer, maxBytes: number, isError: boolean): string {
  try {
    return gunzipSync(compressed, { maxOutputLength: maxBytes }).toString('utf8');
  } catch (error) {
    if (isError) return '';
    throw error;
  }
}

function parse(text: string): Pick<Answered, 'readable' | 'body' | 'text'> {
  try {
    return { readable: true, body: JSON.parse(text), text: '' };
  } catch {
    return { readable: false, body: undefined, text };
  }
}

/** Where a redirect leads; undefined when the exchange is none. */
export function redirectTarget(exchanged: Exchange, url: URL): URL | undefined {
  if (exchanged.kind === 'broken' || !redirects.includes(exchanged.status)) return undefined;
  const location = header(exchanged.headers, 'location');
  return location !== undefined && URL.canParse(location, url.href) ? new URL(location, url) : undefined;
}
