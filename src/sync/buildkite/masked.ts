import type { Row } from '../../http/pagination.js';
import { isObject } from '../../json.js';

const mask = '***';

/** A row whose environment shows the values of the variables that are allowed, and stars for all others. */
export function masked(row: Row, allowed: ReadonlySet<string>): Row {
  const { env } = row;
  if (env === undefined || env === null) return row;
  // Whatever else it may be, no message may show it.
  if (!isObject(env)) return { ...row, env: mask };
  const variables = Object.entries(env).map(([name, value]) => [name, allowed.has(name) ? value : mask]);
  return { ...row, env: Object.fromEntries(variables) };
}
