import { HttpError } from '../errors.js';
import type { Exchange } from './exchange.js';
import { header } from './header.js';

/** One step of a request on its way along redirects. */
export interface Hop {
  /** What is asked for next, query and all. */
  readonly url: URL;
  /** Whether the client's own headers go along, the token among them. */
  readonly isTrusted: boolean;
  /** Redirects that led here. */
  readonly redirects: number;
}

/** What is asked for, on whose behalf, and where that may lead. */
export interface Asking {
  /** The service's name for error texts. */
  readonly source: string;
  /** What to do about an answer that leads astray. */
  readonly advice: string;
  readonly baseUrl: URL;
  /** The path's template, for an address that comes from outside. */
  readonly endpoint: string;
  /** Any origin, never with the client's headers. */
  readonly anonymous?: boolean | undefined;
  /** Redirects to another origin are followed, from there on without the client's headers. */
  readonly followForeign?: boolean | undefined;
}

const redirectStatuses: readonly number[] = [301, 302, 303, 307, 308];
const maxRedirects = 5;
/** What goes along to another origin, of the client's headers and of the request's. */
const harmless = { own: ['user-agent'], added: ['accept', 'range'] };

/**
 * Where a request begins.
 * @param path begins with '/' and is appended to baseUrl, or is a full URL
 * @throws HttpError for a URL of another origin that would get the token
 */
export function firstHop(path: string, asking: Asking): Hop {
  const { baseUrl, source, advice, endpoint, anonymous = false } = asking;
  if (anonymous) {
    const url = URL.canParse(path) ? new URL(path) : undefined;
    if (url !== undefined && isHttp(url)) return { url, isTrusted: false, redirects: 0 };
    throw new HttpError(`${source} names an address for ${endpoint} that is no http or https URL.`, {
      failure: 'unreadable',
      path: endpoint,
      next: advice,
    });
  }
  const base = baseUrl.pathname.replace(/\/$/, '');
  const url = new URL(path.startsWith('/') ? base + path : path, baseUrl.origin);
  if (url.origin !== baseUrl.origin) {
    throw foreignError(source, { origin: baseUrl.origin, path: endpoint }, url, advice);
  }
  return { url, isTrusted: true, redirects: 0 };
}

/**
 * The step after a redirect to `target`. Away from baseUrl's origin nothing is trusted any more, not
 * even what leads back.
 * @param asked what the request asked for, for error texts
 */
export function nextHop(hop: Hop, target: URL, asked: string, asking: Asking): Hop {
  const { baseUrl, source, advice, followForeign = false } = asking;
  const isForeign = target.origin !== baseUrl.origin;
  if (isForeign && ((hop.isTrusted && !followForeign) || !isHttp(target))) {
    throw foreignError(source, { origin: hop.url.origin, path: asked }, target, advice);
  }
  const redirects = hop.redirects + 1;
  if (redirects > maxRedirects) throw endlessError(source, asked, advice);
  return { url: target, isTrusted: hop.isTrusted && !isForeign, redirects };
}

/** The headers that a request carries on this step. */
export function headersOn(
  hop: Hop,
  own: Readonly<Record<string, string>>,
  added: Readonly<Record<string, string>>,
  options: { isText: boolean },
): Record<string, string> {
  const headers: Record<string, string> = {
    accept: options.isText ? '*/*' : 'application/json',
    'accept-encoding': 'gzip',
  };
  const add = (more: Readonly<Record<string, string>>, harmless: readonly string[]): void => {
    for (const [name, value] of Object.entries(more)) {
      const key = name.toLowerCase();
      if (hop.isTrusted || harmless.includes(key)) headers[key] = value;
    }
  };
  add(own, harmless.own);
  add(added, harmless.added);
  // The middle of a compressed body cannot be decompressed.
  if ('range' in headers) headers['accept-encoding'] = 'identity';
  return headers;
}

/** Where a redirect leads; undefined when the exchange is none. */
export function redirectTarget(exchanged: Exchange, url: URL): URL | undefined {
  if (exchanged.kind === 'broken' || !redirectStatuses.includes(exchanged.status)) return undefined;
  const location = header(exchanged.headers, 'location');
  return location !== undefined && URL.canParse(location, url.href) ? new URL(location, url) : undefined;
}

/** The address of a step without its query where that may be a signature, which opens what it names. */
export function shownPath({ url, isTrusted }: Hop): string {
  return isTrusted ? url.pathname + url.search : url.pathname;
}

/** The error for an address on another origin, where the token must not go. */
function foreignError(
  source: string,
  from: { origin: string; path: string },
  target: URL,
  advice: string,
): HttpError {
  const to = target.origin === 'null' ? target.protocol : target.origin;
  return new HttpError(
    `${source} leads away from ${from.origin} to ${to} for ${from.path}; the token is not sent there.`,
    {
      failure: 'unreadable',
      path: from.path,
      next: advice,
    },
  );
}

/** The error for a chain of redirects that does not end. */
function endlessError(source: string, path: string, advice: string): HttpError {
  return new HttpError(`${source} redirected ${path} more than ${maxRedirects} times.`, {
    failure: 'unreadable',
    path,
    next: advice,
  });
}

function isHttp({ protocol }: URL): boolean {
  return protocol === 'http:' || protocol === 'https:';
}
