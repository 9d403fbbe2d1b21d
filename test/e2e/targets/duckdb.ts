import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runOrFail } from '../setup/commands.js';
import type { Tools } from '../setup/python.js';
import type { Representation } from '../support/compare.js';
import type { Row } from '../support/services.js';
import {
  absentIsNull,
  columnsOfItsOwn,
  eachColumn,
  isText,
  type Target,
  timesWithoutZone,
} from './define.js';

const schema = 'ci';

const emptyIsNull: Representation = {
  what: 'an empty text is null',
  why: 'rows are loaded from a CSV file that has nothing for either',
  stored: eachColumn((value, column) => (isText(column) && value === '' ? null : value)),
};

/** jwills/target-duckdb, which descends from PipelineWise's targets. */
export function duckdb(tools: Tools, folder: string): Target {
  const path = join(folder, 'warehouse.duckdb');
  const temporary = join(folder, 'temporary');
  mkdirSync(temporary, { recursive: true });
  return {
    name: 'target-duckdb',
    program: join(tools['target-duckdb'], 'target-duckdb'),
    config: {
      path,
      default_target_schema: schema,
      batch_size_rows: 25,
      temp_dir: temporary,
      validate_records: true,
      // Without a column that is surely no text DuckDB takes the first row of a batch of texts for the names of the
      // columns, and the target loses it without a word. From DuckDB 1.3 on it does so even with them, hence the pin.
      add_metadata_columns: true,
    },
    strikes: [{ states: 1 }, { states: 4 }],
    representations: [absentIsNull, emptyIsNull, timesWithoutZone, columnsOfItsOwn],
    read: async (streams) => {
      if (!existsSync(path)) return new Map();
      const python = join(tools['target-duckdb'], 'python');
      const output = await runOrFail('DuckDB cannot be read', python, [
        '-c',
        reader,
        path,
        schema,
        ...streams,
      ]);
      const held = new Map<string, Row[]>(streams.map((stream) => [stream, []]));
      for (const line of output.split('\n').filter(Boolean)) {
        const [stream, row] = JSON.parse(line) as [string, Row];
        held.get(stream)?.push(row);
      }
      return held;
    },
  };
}

/** Prints `[stream, row]` for every row of the tables that exist. */
const reader = `
import duckdb, sys
path, schema, *streams = sys.argv[1:]
sys.stdout.reconfigure(encoding='utf-8')
db = duckdb.connect(path)
tables = {name for (name,) in db.execute('select table_name from information_schema.tables').fetchall()}
for stream in streams:
    if stream not in tables: continue
    for (row,) in db.execute(f'select to_json(t) from "{schema}"."{stream}" t').fetchall():
        print(f'["{stream}",{row}]')
`;
