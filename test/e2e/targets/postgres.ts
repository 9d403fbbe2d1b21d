import { runOrFail } from '../setup/commands.js';
import { type PostgresAddress, variablesOf } from '../setup/postgres.js';
import type { Held } from '../support/compare.js';
import type { Row } from '../support/services.js';

/** The rows of the tables that exist in a schema, as PostgreSQL itself makes JSON of them. */
export async function rowsInSchema(
  { psql, ...address }: PostgresAddress,
  schema: string,
  streams: readonly string[],
): Promise<Held> {
  const query = (sql: string) =>
    runOrFail('PostgreSQL cannot be read', psql, ['-XqAt', '-c', sql], { env: variablesOf(address) });
  const tables = (
    await query(`SELECT table_name FROM information_schema.tables WHERE table_schema = '${schema}'`)
  ).split('\n');
  const held = new Map<string, Row[]>();
  for (const stream of streams) {
    const rows = tables.includes(stream)
      ? await query(`SELECT row_to_json(t) FROM "${schema}"."${stream}" t`)
      : '';
    held.set(
      stream,
      rows
        .split('\n')
        .filter(Boolean)
        .map((line): Row => JSON.parse(line)),
    );
  }
  return held;
}
