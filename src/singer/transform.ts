import { isObject, type JsonObject } from '../json.js';
import { parseTimestamp } from '../time.js';
import type { JsonSchema } from './messages.js';
import { typesOf } from './schema.js';

/** Told once per occurrence what the transform left out of a record. */
interface TransformReport {
  /** A field that the schema does not have, for example `vcs.commit.author`. */
  unknownField(path: string): void;
  /** A string lost its NUL characters, which PostgreSQL cannot store. */
  nulRemoved(path: string): void;
}

/** A value cannot be made to fit its column. `path` is the column's, `expected` what the schema says. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch';
  readonly #path: string[] = [];
  readonly expected: string;
  readonly found: unknown;

  /** `expected` as the schema says it, such as `null or integer`. */
  constructor(expected: string, found: unknown) {
    super();
    this.expected = expected;
    this.found = found;
  }

  /** Names the column or the index around the value; called from the inside out. */
  within(step: string): this {
    this.#path.unshift(step);
    return this;
  }

  /** Names of columns and indexes from the outside in, such as `trigger.actor.login`. */
  get path(): string {
    return this.#path.join('.');
  }

  override get message(): string {
    const found = JSON.stringify(this.found) ?? String(this.found);
    const shown = found.length > 80 ? `${found.slice(0, 80)}…` : found;
    return `${this.path} is ${shown}, expected ${this.expected}`;
  }
}

type Convert = (value: unknown) => unknown;

/** Makes a record of a row of the API and of columns taken from elsewhere. @throws Mismatch */
export type Transform = (row: JsonObject, further?: JsonObject) => Record<string, unknown>;

/**
 * Compiles a schema into the function that makes records of API rows, as singer-python's Transformer does,
 * except where that loses data: null stays null for booleans, 1.9 is no integer, objects and arrays do not
 * turn into strings of Python, `additionalProperties: true` keeps what it says, integers that JSON.parse could
 * not hold are refused, and dates are RFC 3339 or a date alone, nothing guessed. Members that CircleCI spells with `-`
 * in one place and with `_` in the other become columns with `_`; free objects keep their members as they are.
 * @returns a function that throws {@link Mismatch}
 */
export function compileTransform(schema: JsonSchema, report: TransformReport): Transform {
  return objectRecord(schema, report, '');
}

function compile(schema: JsonSchema, report: TransformReport, path: string): Convert {
  if (schema.type === undefined) return (value) => freeValue(value, report, path);
  const types = typesOf(schema);
  const converters = types.map((type) => converterOf(type, schema, report, path));
  const isNullable = [schema.type].flat().includes('null');
  const expected = [schema.type].flat().join(' or ') + (schema.format ? ` (${schema.format})` : '');
  const emptyIsNull = isNullable && !(types.includes('string') && schema.format !== 'date-time');
  return (value) => {
    if (isNullable && (value === null || (emptyIsNull && value === ''))) return null;
    for (const convert of converters) {
      const converted = convert(value);
      if (converted !== undefined) return converted;
    }
    throw new Mismatch(expected, value);
  };
}

/** A converter gives undefined for a value that is not of its type. */
function converterOf(type: string, schema: JsonSchema, report: TransformReport, path: string): Convert {
  switch (type) {
    case 'string':
      return schema.format === 'date-time' ? toDateTime : toText(report, path);
    case 'integer':
      return toInteger;
    case 'number':
      return toNumber;
    case 'boolean':
      return toBoolean;
    case 'array':
      return toArray(schema, report, path);
    case 'object':
      return toObject(schema, report, path);
    default:
      return () => undefined;
  }
}

function toText(report: TransformReport, path: string): Convert {
  return (value) => {
    if (typeof value === 'string') return storable(value, report, path);
    if (typeof value === 'number') return String(value);
    // Python's words: columns filled by the Python tap hold them.
    if (typeof value === 'boolean') return value ? 'True' : 'False';
    return undefined;
  };
}

/** A text that every database takes: no NUL, and no half of a character, which UTF-8 cannot write. */
function storable(given: string, report: TransformReport, path: string): string {
  const text = given.isWellFormed() ? given : given.toWellFormed();
  if (!text.includes('\0')) return text;
  report.nulRemoved(path);
  return text.replaceAll('\0', '');
}

// Digits below the microsecond are cut, never rounded up, so that a time stays within its second.
const utcDateTime = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?Z$/;
const dateAlone = /^\d{4}-\d\d-\d\d$/;
const withoutOffset = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?$/;

function toDateTime(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = withOffset(value);
  const time = parseTimestamp(text);
  if (time === undefined || text.startsWith('24', 11)) return undefined;
  const match = utcDateTime.exec(text);
  if (match) return `${match[1]}.${microseconds(match[2])}`;
  return `${new Date(time).toISOString().slice(0, 19)}.${microseconds(/\.(\d+)/.exec(text)?.[1])}`;
}

/** Times without an offset are taken for UTC, as singer-python takes them. */
function withOffset(text: string): string {
  if (text.endsWith('Z')) return text;
  if (dateAlone.test(text)) return `${text}T00:00:00Z`;
  return withoutOffset.test(text) ? `${text}Z` : text;
}

function microseconds(fraction = ''): string {
  return `${fraction.slice(0, 6).padEnd(6, '0')}Z`;
}

function toInteger(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined;
  if (typeof value === 'boolean') return Number(value);
  if (typeof value !== 'string' || !/^\s*[+-]?\d[\d,_]*\s*$/.test(value)) return undefined;
  const number = Number(value.replace(/[,_]/g, ''));
  return Number.isSafeInteger(number) ? number : undefined;
}

function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value === 'boolean') return Number(value);
  if (typeof value !== 'string' || !/\d/.test(value)) return undefined;
  const number = Number(value.replace(/[,_]/g, ''));
  return Number.isFinite(number) ? number : undefined;
}

function toBoolean(value: unknown): boolean | null | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return value !== 0;
  if (typeof value !== 'string') return undefined;
  return value !== '' && value.toLowerCase() !== 'false';
}

function toArray(schema: JsonSchema, report: TransformReport, path: string): Convert {
  const convert = compile(schema.items ?? {}, report, `${path}[]`);
  return (value) => {
    if (!Array.isArray(value)) return undefined;
    return value.map((item, index) => within(String(index), () => convert(item)));
  };
}

function toObject(schema: JsonSchema, report: TransformReport, path: string): Convert {
  // An object that has no columns because all were deselected is not free: it stays empty.
  const isFree = Object.keys(schema.properties ?? {}).length === 0 && schema.additionalProperties !== false;
  const record = objectRecord(schema, report, path);
  return (value) => {
    if (!isObject(value)) return undefined;
    if (!isFree) return record(value);
    // Hardly any has one, and a copy of all costs more than a look at all.
    return isUnstorable(value) ? freeValue(value, report, path) : value;
  };
}

function isUnstorable(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\0') || !value.isWellFormed();
  if (Array.isArray(value)) return value.some(isUnstorable);
  if (!isObject(value)) return false;
  return Object.entries(value).some(([name, item]) => isUnstorable(name) || isUnstorable(item));
}

/** Arbitrary JSON stays as it is, but for what no database takes. */
function freeValue(value: unknown, report: TransformReport, path: string): unknown {
  if (typeof value === 'string') return storable(value, report, path);
  if (Array.isArray(value)) return value.map((item) => freeValue(item, report, path));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      storable(name, report, path),
      freeValue(item, report, path),
    ]),
  );
}

function objectRecord(schema: JsonSchema, report: TransformReport, path: string): Transform {
  const columns = new Map<string, Convert>();
  for (const [name, column] of Object.entries(schema.properties ?? {})) {
    columns.set(name, compile(column, report, join(path, name)));
  }
  const keepsUnknown = schema.additionalProperties === true;
  const leftOut = new Set(schema['x-left-out']);
  const convertInto = (record: Record<string, unknown>, row: JsonObject): void => {
    let name = '';
    try {
      for (name of Object.keys(row)) {
        const column = columns.has(name) ? name : name.replaceAll('-', '_');
        const convert = columns.get(column);
        if (convert !== undefined) record[column] = convert(row[name]);
        else if (leftOut.has(name)) continue;
        else if (keepsUnknown) record[name] = freeValue(row[name], report, join(path, name));
        else report.unknownField(join(path, name));
      }
    } catch (error) {
      throw error instanceof Mismatch ? error.within(name) : error;
    }
  };
  return (row, further) => {
    const record: Record<string, unknown> = {};
    convertInto(record, row);
    if (further !== undefined) convertInto(record, further);
    return record;
  };
}

function within<Value>(step: string, convert: () => Value): Value {
  try {
    return convert();
  } catch (error) {
    throw error instanceof Mismatch ? error.within(step) : error;
  }
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
