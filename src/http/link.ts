import { type HeaderFields, valuesOf } from './header.js';

/** One link of a Link header. */
export interface Link {
  /** As it came: not resolved, and maybe no URL at all. */
  readonly target: string;
  /** Its relation types in lower case, such as 'next'. */
  readonly rels: readonly string[];
}

const token = "[\\w!#$%&'*+\\-.^`|~]+";
const parameter = `(${token})(?:\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s",;<>]+))?)?`;
const target = /[\s,]*<([^<>]*)>/y;
const nextParameter = new RegExp(`\\s*;\\s*(?:${parameter})?`, 'y');
const end = /\s*(?:,|$)/y;

/**
 * The links of a Link header (https://www.rfc-editor.org/rfc/rfc8288#section-3): several relation types
 * in one `rel`, quoted or not, in any order among other parameters, with commas inside of URLs.
 * Undefined when it is none; a list would seem to end there that does not.
 */
export function parseLink(value: string): readonly Link[] | undefined {
  const links: Link[] = [];
  let at = 0;
  const read = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(value);
    if (match !== null) at += match[0].length;
    return match;
  };
  while (!/^[\s,]*$/.test(value.slice(at))) {
    const link = read(target);
    if (link === null) return undefined;
    const parameters = new Map<string, string>();
    for (let next = read(nextParameter); next !== null; next = read(nextParameter)) {
      const [, name, quoted, plain] = next;
      const key = name?.toLowerCase();
      // Of a parameter that comes twice the first one counts.
      if (key === undefined || parameters.has(key)) continue;
      parameters.set(key, quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '');
    }
    if (read(end) === null) return undefined;
    // With an anchor it is a link of another page than the one that came.
    if (parameters.has('anchor')) continue;
    const rels = (parameters.get('rel') ?? '').toLowerCase().split(/\s+/);
    links.push({ target: link[1]?.trim() ?? '', rels: rels.filter((rel) => rel !== '') });
  }
  return links;
}

/**
 * Where the Link header leads for `rel`: a target, nowhere, or `unreadable` when it is no Link header.
 * @param rel in lower case
 */
export function linkIn(headers: HeaderFields, rel: string): { target: string | undefined } | 'unreadable' {
  const links = parseLink(valuesOf(headers, 'link').join(', '));
  if (links === undefined) return 'unreadable';
  return { target: links.find(({ rels }) => rels.includes(rel))?.target };
}
