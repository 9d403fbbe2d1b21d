import { TapError } from '../errors.js';
import type { Log } from '../log.js';
import type { SelectedStream } from './catalog.js';
import { recordLine, type SchemaMessage } from './messages.js';
import { compileTransform, Mismatch } from './transform.js';

type Row = Readonly<Record<string, unknown>>;

/** Makes SCHEMA and RECORD of one selected stream. */
export class Records {
  readonly selected: SelectedStream;
  readonly #transform: (row: Row) => Record<string, unknown>;

  /** What the transform leaves out is said once per field and run. */
  constructor(selected: SelectedStream, log: Log) {
    this.selected = selected;
    const { name } = selected.definition;
    const reported = new Set<string>();
    const once = (path: string, say: () => void) => {
      if (reported.has(path)) return;
      reported.add(path);
      say();
    };
    this.#transform = compileTransform(selected.schema, {
      unknownField: (path) => {
        if (selected.deselected.has(path)) return;
        once(path, () =>
          log.warning(
            `${name}: CircleCI sends the field ${path}, which this version does not know; it is left out.`,
          ),
        );
      },
      nulRemoved: (path) => {
        once(`NUL ${path}`, () =>
          log.warning(`${name}: removed NUL characters from ${path}; databases refuse them.`),
        );
      },
    });
  }

  get schemaMessage(): SchemaMessage {
    const { definition, schema } = this.selected;
    return {
      type: 'SCHEMA',
      stream: definition.name,
      schema,
      key_properties: definition.key,
      bookmark_properties: [definition.replicationKey],
    };
  }

  /**
   * The RECORD line of a row of the API; `foreignKeys` are the columns taken from rows above it.
   * @throws TapError naming stream, key and column when a value does not fit.
   */
  line(row: Row, foreignKeys: Row, timeExtracted: string): string {
    const { name, key } = this.selected.definition;
    const whole = { ...row, ...foreignKeys };
    try {
      return recordLine(name, this.#transform(whole), timeExtracted);
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
      const keys = key.map((column) => `${column} ${String(whole[column])}`).join(', ');
      throw new TapError(`${name}: ${error.message} (${keys}).`, { cause: error });
    }
  }
}
