import { TapError } from '../errors.js';
import type { JsonObject } from '../json.js';
import type { Log } from '../log.js';
import { type StreamDefinition, sourceTitles } from '../streams/define.js';
import { formatTimestamp } from '../time.js';
import type { SelectedStream } from './catalog.js';
import { recordLine, type SchemaMessage } from './messages.js';
import { published } from './schema.js';
import { compileTransform, Mismatch, type Transform } from './transform.js';

/** What makes the messages of the selected streams, by their names, parents before children. */
export type SelectedRecords = ReadonlyMap<string, Records>;

/** Makes SCHEMA and RECORD of one selected stream. */
export class Records {
  readonly selected: SelectedStream;
  readonly #log: Log;
  readonly #transform: Transform;
  /** Column -> values that lost NUL characters. */
  readonly #removed = new Map<string, number>();

  /** What the transform leaves out is said once per field and run. */
  constructor(selected: SelectedStream, log: Log) {
    this.selected = selected;
    this.#log = log;
    const { name, source } = selected.definition;
    const unknown = new Set<string>();
    this.#transform = compileTransform(selected.schema, {
      unknownField: (path) => {
        if (selected.deselected.has(path) || unknown.has(path)) return;
        unknown.add(path);
        log.warning(
          `${name}: ${sourceTitles[source]} sends the field ${path}, which this version does not know; it is left out.`,
        );
      },
      nulRemoved: (path) => this.#removed.set(path, (this.#removed.get(path) ?? 0) + 1),
    });
  }

  /** Says at the end of a run what was removed from values. */
  reportRemoved(): void {
    for (const [path, count] of this.#removed) {
      const { name } = this.selected.definition;
      this.#log.warning(
        `${name}: removed NUL characters from ${count} ${count === 1 ? 'value' : 'values'} of ${path}; databases refuse them.`,
      );
    }
    this.#removed.clear();
  }

  /** What targets need to know of the rows before the first of them. */
  get schemaMessage(): SchemaMessage {
    const { definition, schema } = this.selected;
    const { name, key, replicationKey } = definition;
    return {
      type: 'SCHEMA',
      stream: name,
      schema: published(schema),
      key_properties: key,
      ...(replicationKey === undefined ? {} : { bookmark_properties: [replicationKey] }),
    };
  }

  /**
   * The RECORD line of a row of the API, without its end of line.
   * @param foreignKeys columns taken from rows above it, which win
   * @param receivedAt when the answer that held it arrived, in milliseconds since 1970
   * @throws TapError naming stream, key and column when a value does not fit
   */
  line(row: JsonObject, foreignKeys: JsonObject, receivedAt: number): string {
    const { name, key } = this.selected.definition;
    try {
      return recordLine(name, this.#transform(row, foreignKeys), formatTimestamp(receivedAt));
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
      const whole = { ...row, ...foreignKeys };
      const keys = key.map((column) => `${column} ${shown(whole[column])}`).join(', ');
      throw new TapError(`${name}: ${error.message} (${keys}).`, { cause: error });
    }
  }
}

/** Those of the selected streams that are meant, in the same order. */
export function recordsOf(
  all: SelectedRecords,
  isMeant: (stream: StreamDefinition) => boolean,
): SelectedRecords {
  return new Map([...all].filter(([, { selected }]) => isMeant(selected.definition)));
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
