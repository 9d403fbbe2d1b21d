import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, gunzipSync } from 'node:zlib';
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { TapError } from '../errors.js';
import { codeOf, faultOf } from './fault.js';
import { type HeaderFields, header } from './header.js';
import { isSuccess, type Outcome } from './retry.js';
import { Tail } from './tail.js';

/** What one attempt brought. */
export type Exchange = Outcome &
  (
    | {
        readonly kind: 'answered';
        /** The parsed JSON, or the text that was asked for; undefined when the body was not JSON. */
        readonly body: unknown;
        /** The body's text when it was not JSON. */
        readonly text: string;
        /** Of a text that was asked for: bytes of the whole, of which `body` may be a part. */
        readonly bytes?: number | undefined;
        /** When the last byte arrived, in milliseconds since 1970. */
        readonly receivedAt: number;
      }
    | {
        readonly kind: 'broken';
        readonly cause: unknown;
        /** Whether the headers had come and the body was on its way. */
        readonly hasBegun: boolean;
      }
  );

/** An attempt that brought an answer, of whatever status. */
export type Answered = Extract<Exchange, { kind: 'answered' }>;

/** The reason with which an attempt is aborted that has used up its time. */
export class TimedOut extends Error {
  override readonly name = 'TimedOut';
}

const proxyVariables = ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'];

/**
 * A pool of keep-alive connections of its own, through the proxy of the environment where one is set.
 * The time limit is the caller's: undici's own timers are off, save the one for connecting.
 * @param options.maxBodyBytes bytes as they come, before they are decompressed; undefined for bodies of any length
 * @throws TapError when the proxy is no URL that can be used
 */
export function connect(options: { connections: number; maxBodyBytes: number | undefined }): Dispatcher {
  const agentOptions: Agent.Options = {
    connections: options.connections,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: options.maxBodyBytes ?? -1,
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

/** What one GET sends, and how much of what comes back is taken. */
export interface ExchangeOptions {
  /** Sent as they are: names in any case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Ends the attempt, which is `timed-out` if its reason is TimedOut. */
  readonly signal: AbortSignal;
  /** Bytes of the body at most, decompressed. */
  readonly maxBodyBytes: number;
  /** Whether the body of a success is a text, and not JSON. */
  readonly isText?: boolean;
  /** Of a text: keep only so many bytes, the last ones, of a body of any length. */
  readonly tailBytes?: number | undefined;
}

/**
 * One GET, from sending to the last byte, decompressed and parsed. The body is always used up.
 * @throws the signal's reason when it aborts for another one than TimedOut, and whatever is a fault of the program
 */
export async function exchange(
  dispatcher: Dispatcher,
  url: URL,
  options: ExchangeOptions,
): Promise<Exchange> {
  const { headers, signal } = options;
  let hasBegun = false;
  try {
    const answer = await dispatcher.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: 'GET',
      signal,
      headers,
    });
    hasBegun = true;
    const received = await receive(answer.body, answer.statusCode, answer.headers, options);
    return {
      kind: 'answered',
      status: answer.statusCode,
      headers: answer.headers,
      receivedAt: Date.now(),
      ...received,
    };
  } catch (thrown) {
    if (signal.aborted) {
      const { reason } = signal;
      if (!(reason instanceof TimedOut)) throw reason;
      return { kind: 'broken', fault: 'timed-out', cause: reason, hasBegun };
    }
    const fault = faultOf(thrown);
    if (fault === undefined) throw thrown;
    return { kind: 'broken', fault, cause: thrown, hasBegun };
  }
}

type Received = Pick<Answered, 'readable' | 'body' | 'text' | 'bytes'>;

async function receive(
  body: Dispatcher.ResponseData['body'],
  status: number,
  headers: HeaderFields,
  options: ExchangeOptions,
): Promise<Received> {
  const { maxBodyBytes, isText = false, tailBytes } = options;
  const compressed = /^(x-)?gzip$/i.test(header(headers, 'content-encoding') ?? '');
  if (tailBytes !== undefined) {
    // What an error says is no part of the text, and short.
    const tail = new Tail(isSuccess(status) ? tailBytes : maxBodyBytes);
    await drain(body, tail, { compressed, isError: status >= 400 });
    if (!isSuccess(status)) return parse(tail.text());
    const isCut = status === 206;
    return asText(tail.text({ isCut }), (isCut ? wholeLength(headers) : undefined) ?? tail.length);
  }
  const received = await (compressed ? body.arrayBuffer() : body.text());
  const text = typeof received === 'string' ? received : gunzip(received, maxBodyBytes, status >= 400);
  if (!isText || !isSuccess(status)) return parse(text);
  return asText(text, (status === 206 ? wholeLength(headers) : undefined) ?? Buffer.byteLength(text));
}

function asText(body: string, bytes: number): Received {
  return { readable: true, body, text: '', bytes };
}

/** Reads a body of any length, of which only the end is kept. */
async function drain(
  body: Readable,
  tail: Tail,
  { compressed, isError }: { compressed: boolean; isError: boolean },
): Promise<void> {
  const keep = async (chunks: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const chunk of chunks) tail.add(chunk);
  };
  try {
    await (compressed ? pipeline(body, createGunzip(), keep) : pipeline(body, keep));
  } catch (error) {
    if (!isError || !codeOf(error)?.startsWith('Z_')) throw error;
  }
}

/** The 1234 of `Content-Range: bytes 200-1233/1234`. */
function wholeLength(headers: HeaderFields): number | undefined {
  const digits = /\/(\d+)$/.exec(header(headers, 'content-range') ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
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

function parse(text: string): Received {
  try {
    return { readable: true, body: JSON.parse(text), text: '' };
  } catch {
    return { readable: false, body: undefined, text };
  }
}
