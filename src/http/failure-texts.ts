import { messageOf } from '../errors.js';
import { duration } from '../time.js';
import { type Answered, type Exchange, TimedOut } from './exchange.js';
import { codeOf } from './fault.js';
import { header } from './header.js';
import type { Hop } from './redirect.js';
import type { GiveUp, Reason } from './retry.js';

/** Sentences that tell the user what to do about a failure of this source. */
export interface Advice {
  /** The token was not accepted (401). */
  readonly unauthorized: string;
  /** The token lacks a permission (403). */
  readonly forbidden: string;
  /** Something else answered than the API, or the API has led elsewhere. */
  readonly notJson: string;
  /** The setting that has the address of the API. */
  readonly address: string;
}

/** What an error text is made of. */
export interface Failing {
  readonly decision: GiveUp;
  /** The service's name, such as 'CircleCI'. */
  readonly source: string;
  readonly advice: Advice;
  /** What the request asked for, as it may be shown. */
  readonly asked: string;
  /** The last step on its way. */
  readonly hop: Hop;
  /** How the last attempt ended. */
  readonly exchange: Exchange;
  /** How many there were, the last one included. */
  readonly attempts: number;
  /** Bytes of one answer's body at most. */
  readonly maxBodyBytes: number;
}

/** What happened, and what to do next, which is empty when there is nothing to advise. */
export interface Texts {
  readonly what: string;
  readonly next: string;
}

/** What the user reads about a request that is given up. */
export const failureTexts: Readonly<Record<Reason, (failing: Failing) => Texts>> = {
  unauthorized: ({ source, advice, asked, exchange }) => ({
    what: `${source} did not accept the token: ${outcomeText(exchange)} for ${asked}.`,
    next: advice.unauthorized,
  }),
  forbidden: ({ source, advice, asked, exchange }) => ({
    what: `${source} does not allow the token to read ${asked}: ${outcomeText(exchange)}.`,
    next: advice.forbidden,
  }),
  'not-found': ({ source, asked, exchange }) => ({
    what: `${source} does not find ${asked}: ${outcomeText(exchange)}.`,
    next: '',
  }),
  rejected: ({ source, asked, exchange }) => ({
    what: `${source} rejected the request for ${asked}: ${outcomeText(exchange)}.`,
    next: '',
  }),
  'gave-up': ({ source, asked, exchange, attempts }) => ({
    what: `${source} gave no usable answer to ${asked} in ${times(attempts)}: ${outcomeText(exchange)}.`,
    next: 'Run the tap again later.',
  }),
  'not-json': ({ source, advice, asked, exchange, attempts }) => ({
    what: `${source} did not answer ${asked} with JSON in ${times(attempts)}: ${bodyText(exchange)}.`,
    next: advice.notJson,
  }),
  'too-large': ({ source, asked, maxBodyBytes }) => ({
    what: `${source}'s answer to ${asked} is larger than ${bytes(maxBodyBytes)}, more than one answer may be.`,
    next: '',
  }),
  certificate: ({ hop, asked, exchange }) => ({
    what: `The certificate of ${hop.url.host} is not trusted: ${outcomeText(exchange)}, asking for ${asked}.`,
    next: 'If the server or a proxy uses an authority of its own, name its certificate file in NODE_EXTRA_CA_CERTS.',
  }),
  unreachable: ({ hop, advice, asked, exchange, attempts }) => ({
    what: `${hop.url.host} cannot be reached: ${outcomeText(exchange)}, asking for ${asked} (${times(attempts)}).`,
    next: `Check ${advice.address}, the network, and the proxy settings (HTTPS_PROXY, HTTP_PROXY, NO_PROXY).`,
  }),
  'wait-too-long': ({ source, asked, exchange, decision: { afterMs = 0 } }) => ({
    what:
      `${source} asks to wait ${duration(afterMs)} before ${asked} is asked again: ${outcomeText(exchange)}. ` +
      'The tap waits 1 h at most.',
    next: 'Run the tap again after that.',
  }),
};

/** What the other side said about a failure, such as `404 ("Project not found")`. */
function outcomeText(exchange: Exchange): string {
  if (exchange.kind === 'answered') {
    const message = exchange.readable ? messageIn(exchange.body) : start(exchange.text);
    return message === '' ? `${exchange.status}` : `${exchange.status} ("${message}")`;
  }
  const { cause } = exchange;
  if (cause instanceof TimedOut) return cause.message;
  const code = codeOf(cause);
  const message = messageOf(cause);
  return code === undefined || message.includes(code) ? message : `${message} (${code})`;
}

/** What came instead of JSON. */
function bodyText(exchange: Exchange): string {
  if (exchange.kind === 'broken') return outcomeText(exchange);
  const type = header(exchange.headers, 'content-type') ?? 'no content type';
  const text = start(exchange.text);
  return text === '' ? `an empty body (${type})` : `${type}, "${text}"`;
}

/** The text of a JSON error: CircleCI says `message`, some of its services `error`. */
function messageIn(body: Answered['body']): string {
  if (typeof body !== 'object' || body === null) return typeof body === 'string' ? start(body) : '';
  if ('message' in body && typeof body.message === 'string') return start(body.message);
  if ('error' in body && typeof body.error === 'string') return start(body.error);
  return '';
}

/** The beginning of a text from outside, on one line and without control characters. */
function start(text: string): string {
  const line = text
    .slice(0, 1000)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return line.length <= 120 && text.length <= 1000 ? line : `${line.slice(0, 120)}…`;
}

function times(attempts: number): string {
  return attempts === 1 ? '1 attempt' : `${attempts} attempts`;
}

function bytes(count: number): string {
  const mebibyte = 1024 * 1024;
  return count < mebibyte ? `${count} bytes` : `${Math.round(count / mebibyte)} MiB`;
}
