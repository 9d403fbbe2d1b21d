import type { Row } from './source.js';

/** The row that a body, or a member of a row, is. @throws Error when it is none */
export function rowIn(value: unknown): Row {
  if (isRow(value)) return value;
  throw new Error(`No row: ${shown(value)}`);
}

/** The rows of a list: an array, or a page that has one as `items`. @throws Error when it is neither, or holds others */
export function rowsIn(value: unknown): Row[] {
  const rows = isRow(value) ? value.items : value;
  if (Array.isArray(rows)) return rows.map(rowIn);
  throw new Error(`No rows: ${shown(value)}`);
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  return String(JSON.stringify(value)).slice(0, 200);
}
