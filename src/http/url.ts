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
 * @throws TapError that names the position when a value is missing, empty, '.' or '..': such a value would
 * silently ask for something else
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

/**
 * A slug such as `gh/organisation/repository`: encoded per segment, the slashes stay.
 * @throws TapError that names the segment when one is empty, '.' or '..'
 */
export function slugPath(slug: string): EncodedPath {
  return new EncodedPath(segments(slug, `the slug '${slug}'`));
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

/**
 * A template such as `/project/{+projects.slug}/job/{jobs.number}?state={jobs.state}` with its values: that of
 * `{name}` is percent-encoded as one segment, that of `{+name}` keeps its slashes.
 * @throws TapError that names the template and the placeholder when a value is missing, empty, or neither a string
 * nor a number, and in the path also when a segment is '.' or '..'
 */
export function expand(template: string, value: (name: string) => unknown): string {
  const query = template.indexOf('?');
  return template.replace(/\{(\+?)([^{}]+)\}/g, (placeholder, plus: string, name: string, at: number) => {
    const position = `${placeholder} of ${template}`;
    const text = textOf(value(name), position);
    if (query === -1 || at < query) return plus === '' ? segment(text, position) : segments(text, position);
    const encoded = encodeURIComponent(text);
    return plus === '' ? encoded : encoded.replaceAll('%2F', '/');
  });
}

function textOf(value: unknown, position: string): string {
  const isMissing = value === undefined || value === null;
  if (isMissing || value === '') {
    throw new TapError(`A URL cannot be made: ${position} is ${isMissing ? 'missing' : 'empty'}.`);
  }
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return `${value}`;
  throw new TapError(`A URL cannot be made: ${position} is neither a string nor a number.`);
}

function segments(slug: string, position: string): string {
  const parts = slug.split('/');
  return parts.map((part, index) => segment(part, `segment ${index + 1} of ${position}`)).join('/');
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
