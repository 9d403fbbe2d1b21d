import { HttpError } from '../errors.js';
import type { Answer, ApiClient } from '../http/client.js';
import type { TimedRow } from '../http/object.js';
import { pages, type Row } from '../http/pagination.js';
import { expand, withQuery } from '../http/url.js';
import { isObject } from '../json.js';
import { largestPage } from '../sources/buildkite/api.js';
import { type Above, type StreamDefinition, valueAbove } from '../streams/define.js';
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
  /** Lists that were asked for once more, by the row that they hang below. */
  readonly #askedAgain = new WeakMap<Row, Promise<readonly FoundRow[]>>();

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  /** Path and query of a stream's rows below the rows above, or their whole URL where it is no part of the API. */
  pathOf({ endpoint, query, url, api }: StreamDefinition, above: Above): string {
    if (url !== undefined) return String(above[url[0]]?.[url[1]]);
    const expanded = expand(endpoint, (name) => valueAbove(above, name));
    const path = query === undefined ? expanded : withQuery(expanded, query(above));
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
      const found = style === 'text' ? this.#tail(path, endpoint) : this.#output(definition, above);
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

  /** The end of what a step wrote, as a row. Where its URL has expired by now, the list that it came from has another. */
  async #output(definition: StreamDefinition, above: Above): Promise<TimedRow> {
    try {
      return await this.#outputAt(this.pathOf(definition, above), definition.endpoint);
    } catch (error) {
      const fresh = isRefusal(error) ? await this.#freshAbove(definition, above) : undefined;
      if (fresh === undefined) throw error;
      return this.#outputAt(this.pathOf(definition, fresh), definition.endpoint);
    }
  }

  /** The URL is of another origin, and whoever has it may read. */
  async #outputAt(url: string, endpoint: string): Promise<TimedRow> {
    const options = { anonymous: true, mayBeEmpty: true };
    const { body, receivedAt } = await this.#options.client.get(url, endpoint, options);
    const written = Buffer.from(messagesIn(body, url).join(''));
    const { tailBytes } = this.#options;
    const tail = written.subarray(Math.max(0, written.length - tailBytes - margin)).toString();
    return this.#logRow(tail, written.length, receivedAt);
  }

  /** The rows above, the parent's as its list has it now; undefined where that has nothing to ask for any more. */
  async #freshAbove({ parent, asks }: StreamDefinition, above: Above): Promise<Above | undefined> {
    const owner = above[parent?.parent?.name ?? ''];
    if (parent === undefined || owner === undefined) return undefined;
    const asked = this.#askedAgain.get(owner) ?? this.#whole(parent, above);
    this.#askedAgain.set(owner, asked);
    const row = above[parent.name] ?? {};
    const key = keyOf(parent, { row, foreignKeys: foreignKeysOf(parent, above) });
    const found = (await asked).find((one) => keyOf(parent, one) === key);
    const fresh = found && { ...above, [parent.name]: found.row };
    return fresh === undefined || asks?.(fresh) === false ? undefined : fresh;
  }

  async #whole(definition: StreamDefinition, above: Above): Promise<FoundRow[]> {
    const rows: FoundRow[] = [];
    for await (const page of this.pages(definition, above)) rows.push(...page);
    return rows;
  }

  #logRow(text: string, size: number, receivedAt: number): TimedRow {
    const { tailBytes, redacted = (one: string) => one } = this.#options;
    const content = plainEnd(text, tailBytes, redacted);
    const row = { content, size, truncated: size > tailBytes };
    return { row, receivedAt };
  }
}

/** The values of a row's key columns as one text; undefined when one is missing. */
export function keyOf(
  { key }: StreamDefinition,
  { row, foreignKeys }: Pick<FoundRow, 'row' | 'foreignKeys'>,
): string | undefined {
  const values = key.map((column) => foreignKeys[column] ?? row[column]);
  const isWhole = values.every((value) => value !== undefined && value !== null && value !== '');
  return isWhole ? JSON.stringify(values) : undefined;
}

/** Whether whoever keeps outputs refused a URL: of one that has expired S3 says 403, GCS 400. */
function isRefusal(error: unknown): boolean {
  return error instanceof HttpError && [400, 401, 403, 410].includes(error.status ?? 0);
}

/** The texts of a step's output; a body without a byte has none. @throws HttpError for what is no output */
function messagesIn(body: unknown, url: string): string[] {
  if (body === undefined) return [];
  if (!Array.isArray(body)) {
    // The query is a signature.
    const { host, pathname: path } = new URL(url);
    throw new HttpError(`${host} answered ${path} with no list of messages.`, {
      failure: 'unreadable',
      path,
    });
  }
  const items: readonly unknown[] = body;
  return items.flatMap((item) => (isObject(item) && typeof item.message === 'string' ? [item.message] : []));
}

/** The columns that a stream takes from rows above it. */
function foreignKeysOf({ foreignKeys = {} }: StreamDefinition, above: Above): Row {
  const columns = Object.entries(foreignKeys);
  return Object.fromEntries(columns.map(([own, [stream, column]]) => [own, above[stream]?.[column]]));
}
