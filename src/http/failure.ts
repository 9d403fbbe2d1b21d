import { HttpError, type HttpFailure, messageOf } from '../errors.js';
import { duration } from '../time.js';
import { type Answered, type Exchange, TimedOut } from './exchange.js';
import { codeOf } from './fault.js';
import { header } from './header.js';
import { type Hop, shownPath } from './redirect.js';
import type { Decision, Reason } from './retry.js';

/** Sentences that tell the user what to do about a failure of this source. */
export interface Advice {
  readonly unauthorized: string;
  readonly forbidden: string;
  readonly notJson: string;
  /** The setting that has the address of the API. */
  readonly address: string;
}

/** What an error text is made of. */
export interface Failing {
  /** The service's name, such as 'CircleCI'. */
  readonly source: string;
  readonly advice: Advice;
  /** What the request asked for, as it may be shown. */
  readonly asked: string;
  /** The last step on its way. */
  readonly hop: Hop;
  readonly exchange: Exchange;
  readonly attempts: number;
  /** Bytes of one answer's body at most. */
  readonly maxBodyBytes: number;
}

const failures: Partial<Record<Reason, HttpFailure>> = {
  unauthorized: 'unauthorized',
  forbidden: 'forbidden',
  'not-found': 'not-found',
};

/** The error for a request that is given up. */
export function httpError(decision: Extract<Decision, { kind: 'fail' }>, failing: Failing): HttpError {
  const { exchange, hop, asked } = failing;
  const { what, next } = hop.isTrusted ? textsOf(decision, failing) : foreignTextsOf(decision, failing);
  const failure = failures[decision.reason] ?? 'unreadable';
  return new HttpError(what, {
    // Another origin that refuses says nothing about the token.
    failure: hop.isTrusted || failure === 'not-found' ? failure : 'unreadable',
    path: asked,
    isTooHeavy: isTooHeavy(decision, exchange),
    status: exchange.kind === 'answered' ? exchange.status : undefined,
    next,
    ...(exchange.kind === 'broken' ? { cause: exchange.cause } : {}),
  });
}

function isTooHeavy({ reason }: Extract<Decision, { kind: 'fail' }>, exchange: Exchange): boolean {
  if (reason !== 'gave-up' && reason !== 'too-large') return false;
  if (exchange.kind === 'answered') return exchange.status >= 500;
  // Too-large headers and a connection that broke before them have nothing to do with the page.
  return exchange.fault === 'timed-out' || exchange.hasBegun;
}

/** On another origin it is not the source that fails, and no advice for its token or base_url helps. */
function foreignTextsOf(
  decision: Extract<Decision, { kind: 'fail' }>,
  failing: Failing,
): { what: string; next: string } {
  const { url } = failing.hop;
  const isDenied = decision.reason === 'unauthorized' || decision.reason === 'forbidden';
  const { what, next } = textsOf(isDenied ? { kind: 'fail', reason: 'rejected' } : decision, {
    ...failing,
    source: url.host,
    asked: shownPath(failing.hop),
  });
  const isHere = decision.reason === 'unreachable' || decision.reason === 'not-json';
  return {
    what,
    next: isHere ? 'Check the network, and the proxy settings (HTTPS_PROXY, HTTP_PROXY, NO_PROXY).' : next,
  };
}

function textsOf(
  decision: Extract<Decision, { kind: 'fail' }>,
  failing: Failing,
): { what: string; next: string } {
  const { source, advice, asked: path, exchange, attempts } = failing;
  const { url } = failing.hop;
  const again = 'Run the tap again later.';
  switch (decision.reason) {
    case 'unauthorized':
      return {
        what: `${source} did not accept the token: ${told(exchange)} for ${path}.`,
        next: advice.unauthorized,
      };
    case 'forbidden':
      return {
        what: `${source} does not allow the token to read ${path}: ${told(exchange)}.`,
        next: advice.forbidden,
      };
    case 'not-found':
      return { what: `${source} does not find ${path}: ${told(exchange)}.`, next: '' };
    case 'rejected':
      return { what: `${source} rejected the request for ${path}: ${told(exchange)}.`, next: '' };
    case 'gave-up':
      return {
        what: `${source} gave no usable answer to ${path} in ${times(attempts)}: ${told(exchange)}.`,
        next: again,
      };
    case 'not-json':
      return {
        what: `${source} did not answer ${path} with JSON in ${times(attempts)}: ${shown(exchange)}.`,
        next: advice.notJson,
      };
    case 'too-large':
      return {
        what: `${source}'s answer to ${path} is larger than ${bytes(failing.maxBodyBytes)}, more than one answer may be.`,
        next: '',
      };
    case 'certificate':
      return {
        what: `The certificate of ${url.host} is not trusted: ${told(exchange)}, asking for ${path}.`,
        next: 'If the server or a proxy uses an authority of its own, name its certificate file in NODE_EXTRA_CA_CERTS.',
      };
    case 'unreachable':
      return {
        what: `${url.host} cannot be reached: ${told(exchange)}, asking for ${path} (${times(attempts)}).`,
        next: `Check ${advice.address}, the network, and the proxy settings (HTTPS_PROXY, HTTP_PROXY, NO_PROXY).`,
      };
    case 'wait-too-long':
      return {
        what: `${source} asks to wait ${duration(decision.afterMs ?? 0)} before ${path} is asked again: ${told(exchange)}. The tap waits 1 h at most.`,
        next: 'Run the tap again after that.',
      };
  }
}

/** What the other side said about a failure, such as `404 ("Project not found")`. */
function told(exchange: Exchange): string {
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
function shown(exchange: Exchange): string {
  if (exchange.kind === 'broken') return told(exchange);
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
