import { HttpError } from '../errors.js';
import type { Answer, ApiClient } from '../http/client.js';
import type { TimedRow } from '../http/object.js';
import { pages, type Row } from '../http/pagination.js';
import { expand, withQuery } from '../http/url.js';
import { isObject } from '../json.js';
import { largestPage } from '../sources/buildkite/api.js';
import type { Above, StreamDefinition } from '../streams/define.js';
import { plainEnd } from './plain-log.js';

/** Bytes of a text before the end that is kept: whatever the cut goes through begins in them. */
const margin = 1024;

/** A row with the columns that it takes from the rows above it. */
export interface FoundRow extends TimedRow {
  /** Own column -> value of the row above. */
  readonly foreignKeys: Row;
}

/** What the rows of one source are read with. */
export interface ReaderOptions {
  readonly client: ApiClient;
  /** Base URLs of other versions of the API, by their names. */
  readonly bases?: Readonly<Record<string, string>>;
  /** Bytes of a text's end that are kept. */
  readonly tailBytes: number;
  /** What leaves of a row: values that must not are starred. */
  readonly cleaned?: (row: Row) => Row;
  /** What leaves of a text: secrets are starred. */
  readonly redacted?: (text: string) => string;
}

/** Reads the rows of streams from below rows of their parents, as the declarations say. */
export class Reader {
  readonly #options: ReaderOptions;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  /** Path and query of a stream's rows below the rows above, or their whole URL where it is no part of the API. */
  pathOf({ endpoint, url, api }: StreamDefinition, above: Above): string {
    if (url !== undefined) return String(above[url[0]]?.[url[1]]);
    const path = expand(endpoint, (name) => placeholderOf(above, name));
    return api === undefined ? path : `${this.#options.bases?.[api] ?? ''}${path}`;
  }

  /**
   * The rows of a stream below the rows above, a page at a time.
   * @throws HttpError as `pages` does; TokenNotFound after the pages that were found
   */
  async *pages(definition: StreamDefinition, above: Above): AsyncGenerator<readonly FoundRow[]> {
    if (definition.asks?.(above) === false) return;
    const { endpoint, pages: style, headers, position } = definition;
    const path = this.pathOf(definition, above);
    if (style === 'text' || style === 'output') {
      const found = style === 'text' ? this.#tail(path, endpoint) : this.#output(path, endpoint);
      yield this.rows(definition, above, [await found]);
      return;
    }
    // CircleCI has no parameter for it.
    const asked = style === 'link' || style === 'cursor' ? withQuery(path, { per_page: largestPage }) : path;
    let place = 0;
    for await (const page of pages(this.#options.client, asked, endpoint, style, { headers })) {
      const { receivedAt } = page.answer;
      const placed = page.items.map((row) =>
        position === undefined ? row : { ...row, [position]: place++ },
      );
      const items = placed.map((row) => ({ row, receivedAt }));
      yield this.rows(definition, above, items);
    }
  }

  /** What becomes of items of the API, wherever they came from. */
  rows(definition: StreamDefinition, above: Above, items: readonly TimedRow[]): FoundRow[] {
    const foreignKeys = foreignKeysOf(definition, above);
    const { cleaned = (row: Row) => row } = this.#options;
    return items.flatMap(({ row: item, receivedAt }) => {
      const rows = definition.rows?.(item, above) ?? [item];
      return rows.map((row) => ({ row: cleaned(row), receivedAt, foreignKeys }));
    });
  }

  /** The end of a text and its whole size, as a row. */
  async #tail(path: string, endpoint: string): Promise<TimedRow> {
    const { client, tailBytes } = this.#options;
    const maxBytes = tailBytes + margin;
    const headers = { accept: 'text/plain', range: `bytes=-${maxBytes}` };
    let answer: Answer | undefined;
    try {
      answer = await client.get(path, endpoint, { as: 'text', headers, maxBytes });
    } catch (error) {
      // An empty text has no last byte: https://www.rfc-editor.org/rfc/rfc9110#status.416
      if (!(error instanceof HttpError) || error.status !== 416) throw error;
    }
    const text = typeof answer?.body === 'string' ? answer.body : '';
    return this.#logRow(text, answer?.bytes ?? 0, answer?.receivedAt ?? Date.now());
  }

  /** The end of what a step wrote, as a row; the URL is of another origin, and whoever has it may read. */
  async #output(url: string, endpoint: string): Promise<TimedRow> {
    const { body, receivedAt } = await this.#options.client.get(url, endpoint, { anonymous: true });
    const written = Buffer.from(messagesIn(body).join(''));
    const { tailBytes } = this.#options;
    const tail = written.subarray(Math.max(0, written.length - tailBytes - margin)).toString();
    return this.#logRow(tail, written.length, receivedAt);
  }

  #logRow(text: string, size: number, receivedAt: number): TimedRow {
    const { tailBytes, redacted = (one: string) => one } = this.#options;
    const content = plainEnd(text, tailBytes, redacted);
    const row = { content, size, truncated: size > tailBytes };
    return { row, receivedAt };
  }
}

/** The values of a row's key columns as one text; undefined when one is missing. */
export function keyOf({ key }: StreamDefinition, { row, foreignKeys }: FoundRow): string | undefined {
  const values = key.map((column) => foreignKeys[column] ?? row[column]);
  const isWhole = values.every((value) => value !== undefined && value !== null && value !== '');
  return isWhole ? JSON.stringify(values) : undefined;
}

/** The texts of a step's output; anything else is none. */
function messagesIn(body: unknown): string[] {
  if (!Array.isArray(body)) return [];
  const items: readonly unknown[] = body;
  return items.flatMap((item) => (isObject(item) && typeof item.message === 'string' ? [item.message] : []));
}

/** The value of a placeholder such as `pipelines.id`. */
function placeholderOf(above: Above, name: string): unknown {
  const [stream = '', column = ''] = name.split('.');
  return above[stream]?.[column];
}

/** The columns that a stream takes from rows above it. */
function foreignKeysOf({ foreignKeys = {} }: StreamDefinition, above: Above): Row {
  const columns = Object.entries(foreignKeys);
  return Object.fromEntries(columns.map(([own, [stream, column]]) => [own, above[stream]?.[column]]));
}
