import { HttpError } from '../errors.js';
import { isObject } from '../json.js';
import type { Answer, ApiClient, GetOptions } from './client.js';
import type { Row } from './pagination.js';

/** A row and when the answer that held it arrived, in milliseconds since 1970. */
export interface TimedRow {
  readonly row: Row;
  readonly receivedAt: number;
}

/**
 * GET of one object.
 * @param endpoint the path's template, for metrics
 * @param what the object is, for the error's text: `build`
 * @throws HttpError as `client.get` does; `unreadable` for an answer that is no object
 */
export async function getObject(
  client: ApiClient,
  path: string,
  endpoint: string,
  what: string,
  options?: GetOptions,
): Promise<TimedRow & { readonly answer: Answer }> {
  const answer = await client.get(path, endpoint, options);
  const { body, receivedAt, status } = answer;
  if (isObject(body)) return { row: body, receivedAt, answer };
  throw new HttpError(`GET ${path} answered no ${what}.`, { failure: 'unreadable', path, status });
}
