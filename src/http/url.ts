import { TapError } from '../errors.js';

/** A piece of a path that is percent-encoded already; `path` puts it in as it is. */
export class EncodedPath {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/**
 * A URL path in which every value is percent-encoded as one segment: path`/workflow/${id}/job`.
 * Throws a TapError that names the position when a value is missing, empty, '.' or '..': such a
 * value would silently ask for something else.
 */
export function path(
  strings: TemplateStringsArray,
  ...values: readonly (string | number | EncodedPath | null | undefined)[]
): string {
  const template = strings.join('{}');
  let text = strings[0] ?? '';
  for (const [index, value] of values.entries()) {
    text += segment(value, `value ${index + 1} of the path ${template}`) + (strings[index + 1] ?? '');
  }
  return text;
}

/** A slug such as `gh/organisation/repository`: encoded per segment, the slashes stay. */
export function slugPath(slug: string): EncodedPath {
  const segments = slug.split('/');
  const encoded = segments.map((part, index) => segment(part, `segment ${index + 1} of the slug '${slug}'`));
  return new EncodedPath(encoded.join('/'));
}

/** `path` with `params` added to its query, in their order; undefined ones are left out. */
export function withQuery(
  path: string,
  params: Readonly<Record<string, string | number | boolean | undefined>>,
): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined) query.append(name, String(value));
  }
  if (query.size === 0) return path;
  return `${path}${path.includes('?') ? '&' : '?'}${query}`;
}

function segment(value: string | number | EncodedPath | null | undefined, position: string): string {
  if (value instanceof EncodedPath) return value.toString();
  if (value === undefined || value === null || value === '') {
    throw new TapError(`A URL cannot be made: ${position} is ${value === '' ? 'empty' : value}.`);
  }
  // URL parsers resolve these two even when they are percent-encoded.
  if (value === '.' || value === '..') {
    throw new TapError(`A URL cannot be made: ${position} is '${value}', which is no name.`);
  }
  return encodeURIComponent(value);
}
