/** The messages of one output of the tap, as far as the demo shows them. */
export interface Output {
  readonly lines: readonly string[];
  /** By stream, then by key. */
  readonly rows: ReadonlyMap<string, ReadonlyMap<string, Row>>;
}

export type Row = Readonly<Record<string, unknown>>;

/** A row that the second output has and the first lacks, or holds in another form. */
export interface Change {
  readonly stream: string;
  readonly row: Row;
  /** Undefined: the row is new. */
  readonly before: Row | undefined;
}

interface Message {
  readonly type: 'SCHEMA' | 'RECORD' | 'STATE';
  readonly stream: string;
  readonly key_properties: readonly string[];
  readonly record: Row;
}

export function readOutput(text: string): Output {
  const lines = text.trimEnd().split('\n');
  const keys = new Map<string, readonly string[]>();
  const rows = new Map<string, Map<string, Row>>();
  for (const line of lines) {
    const { type, stream, key_properties, record } = JSON.parse(line) as Message;
    if (type === 'SCHEMA') {
      keys.set(stream, key_properties);
      rows.set(stream, new Map());
    } else if (type === 'RECORD') {
      const key = (keys.get(stream) ?? []).map((name) => record[name]).join(' ');
      rows.get(stream)?.set(key, record);
    }
  }
  return { lines, rows };
}

/** What a target that updates by key would see change. */
export function changesBetween(first: Output, second: Output): Change[] {
  const changes: Change[] = [];
  for (const [stream, rows] of second.rows) {
    for (const [key, row] of rows) {
      const before = first.rows.get(stream)?.get(key);
      if (JSON.stringify(before) !== JSON.stringify(row)) changes.push({ stream, row, before });
    }
  }
  return changes;
}
