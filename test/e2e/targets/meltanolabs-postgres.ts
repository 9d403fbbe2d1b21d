import { join } from 'node:path';
import type { PostgresAddress } from '../setup/postgres.js';
import type { Tools } from '../setup/python.js';
import { absentIsNull, columnsOfItsOwn, type Target, timesWithoutZone } from './define.js';
import { rowsInSchema } from './postgres.js';

/** MeltanoLabs/target-postgres, on the Meltano SDK: it validates every record and parses every time. */
export function meltanolabsPostgres(tools: Tools, address: PostgresAddress): Target {
  const schema = 'meltanolabs';
  const { host, port, user, password, database } = address;
  return {
    name: "MeltanoLabs' target-postgres",
    program: join(tools['meltanolabs-target-postgres'], 'target-postgres'),
    config: { host, port, user, password, database, default_target_schema: schema, batch_size_rows: 25 },
    // It prints a state at its end alone, or after five minutes.
    strikes: [
      { logged: { line: /Inserting with SQL/, times: 3 } },
      { logged: { line: /Inserting with SQL/, times: 6 } },
    ],
    representations: [absentIsNull, timesWithoutZone, columnsOfItsOwn],
    read: (streams) => rowsInSchema(address, schema, streams),
  };
}
