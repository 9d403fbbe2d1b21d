import type { JsonSchema } from '../../../src/singer/messages.js';
import { typesOf } from '../../../src/singer/schema.js';
import type { Held, Representation } from '../support/compare.js';
import type { Row } from '../support/services.js';

/** A moment in a run, in which both are still at work. */
export interface Strike {
  /** When the target has printed so many states, */
  readonly states?: number;
  /** or written such a line to its log so often, */
  readonly logged?: { readonly line: RegExp; readonly times: number };
  /** or the tap has made so many requests. */
  readonly requests?: number;
}

/** What is particular to one target. */
export interface Target {
  readonly name: string;
  /** Path of the program. */
  readonly program: string;
  readonly config: Row;
  /** When it and the tap are killed in the first runs, one after the other. */
  readonly strikes: readonly [Strike, ...Strike[]];
  /** How its rows differ from the tap's without being different. */
  readonly representations: readonly Representation[];
  /** What it has stored of these streams, also if it was killed. */
  read(streams: readonly string[]): Promise<Held>;
}

type Column = (value: unknown, column: JsonSchema) => unknown;

/** Applies a change of one value to all columns of a row. */
export function eachColumn(change: Column): NonNullable<Representation['stored']> {
  return (row, { schema }) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [name, change(value, schema.properties?.[name] ?? {})]),
    );
}

export const isDateTime = ({ format }: JsonSchema): boolean => format === 'date-time';
export const isText = (column: JsonSchema): boolean =>
  typesOf(column).includes('string') && !isDateTime(column);

/** Every row of a table has all columns. */
export const absentIsNull: Representation = {
  what: 'a column that a row lacks is null',
  why: 'every row of a table has all columns',
  stored: (row, { schema }) => ({
    ...Object.fromEntries(Object.keys(schema.properties ?? {}).map((name) => [name, null])),
    ...row,
  }),
};

/** `2024-01-31 10:00:00.5`, or with a T: as databases print a time that they keep without a zone. */
export const timesWithoutZone: Representation = {
  what: 'a time has no Z, and no zeros at its end',
  why: 'the column is a timestamp without time zone; the tap writes UTC, and that is what is stored',
  meant: eachColumn((value, column) => {
    if (!isDateTime(column) || typeof value !== 'string') return value;
    const [seconds = '', fraction = ''] = value.replace(' ', 'T').split('.');
    return `${seconds}.${fraction.padEnd(6, '0')}Z`;
  }),
};

/** What Stitch began and others took over. */
export const columnsOfItsOwn: Representation = {
  what: 'there are further columns, _sdc_…',
  why: 'the target notes there when it has received and stored a row',
  meant: (row) => Object.fromEntries(Object.entries(row).filter(([name]) => !name.startsWith('_sdc_'))),
};
