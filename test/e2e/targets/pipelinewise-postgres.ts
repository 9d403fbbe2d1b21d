import { join } from 'node:path';
import type { PostgresAddress } from '../setup/postgres.js';
import type { Tools } from '../setup/python.js';
import type { Representation } from '../support/compare.js';
import { absentIsNull, eachColumn, isText, type Target, timesWithoutZone } from './define.js';
import { rowsInSchema } from './postgres.js';

const emptyIsNull: Representation = {
  what: 'an empty text is null',
  why: 'rows are copied as CSV, and the target writes nothing for either',
  stored: eachColumn((value, column) => (isText(column) && value === '' ? null : value)),
};

const escapesStay: Representation = {
  what: 'control characters of a text are escapes: a line break is a backslash and an n',
  why: 'the target writes texts as JSON into a CSV whose escape character is the backslash, of which PostgreSQL undoes only \\" and \\\\',
  stored: eachColumn((value, column) =>
    isText(column) && typeof value === 'string' ? asCopied(value) : value,
  ),
};

function asCopied(text: string): string {
  return JSON.stringify(text)
    .slice(1, -1)
    .replace(/\\(["\\])/g, '$1');
}

/** PipelineWise's target-postgres, validating every record. */
export function pipelinewisePostgres(tools: Tools, address: PostgresAddress): Target {
  const schema = 'pipelinewise';
  const { host, port, user, password, database: dbname } = address;
  return {
    name: "PipelineWise's target-postgres",
    program: join(tools['pipelinewise-target-postgres'], 'target-postgres'),
    config: {
      ...{ host, port, user, password, dbname },
      default_target_schema: schema,
      batch_size_rows: 25,
      validate_records: true,
    },
    strikes: [{ states: 1 }, { states: 4 }],
    representations: [absentIsNull, emptyIsNull, escapesStay, timesWithoutZone],
    read: (streams) => rowsInSchema(address, schema, streams),
  };
}
