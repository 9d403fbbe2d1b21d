import { HttpError, type HttpFailure } from '../errors.js';
import { type Failing, failureTexts, type Texts } from './failure-texts.js';
import { shownPath } from './redirect.js';
import type { Reason } from './retry.js';

const failures: Partial<Record<Reason, HttpFailure>> = {
  unauthorized: 'unauthorized',
  forbidden: 'forbidden',
  'not-found': 'not-found',
};

/** The error for a request that is given up. */
export function httpError(failing: Failing): HttpError {
  const { decision, exchange, hop, asked } = failing;
  const { what, next } = hop.isTrusted ? failureTexts[decision.reason](failing) : foreignTexts(failing);
  const failure = failures[decision.reason] ?? 'unreadable';
  return new HttpError(what, {
    // Another origin that refuses says nothing about the token.
    failure: hop.isTrusted || failure === 'not-found' ? failure : 'unreadable',
    path: asked,
    isTooHeavy: isTooHeavy(failing),
    status: exchange.kind === 'answered' ? exchange.status : undefined,
    next,
    ...(exchange.kind === 'broken' ? { cause: exchange.cause } : {}),
  });
}

function isTooHeavy({ decision: { reason }, exchange }: Failing): boolean {
  if (reason !== 'gave-up' && reason !== 'too-large') return false;
  if (exchange.kind === 'answered') return exchange.status >= 500;
  // Too-large headers and a connection that broke before them have nothing to do with the page.
  return exchange.fault === 'timed-out' || exchange.hasBegun;
}

/** On another origin it is not the source that fails, and no advice for its token or base_url helps. */
function foreignTexts(failing: Failing): Texts {
  const { hop, decision } = failing;
  const { reason } = decision;
  const isDenied = reason === 'unauthorized' || reason === 'forbidden';
  const { what, next } = failureTexts[isDenied ? 'rejected' : reason]({
    ...failing,
    source: hop.url.host,
    asked: shownPath(hop),
  });
  const isHere = reason === 'unreachable' || reason === 'not-json';
  return {
    what,
    next: isHere ? 'Check the network, and the proxy settings (HTTPS_PROXY, HTTP_PROXY, NO_PROXY).' : next,
  };
}
