import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { messageOf } from '../../src/errors.js';
import { Log } from '../../src/log.js';
import { selectStreams } from '../../src/singer/catalog.js';
import type { JsonSchema } from '../../src/singer/messages.js';
import { Records } from '../../src/singer/records.js';
import { loadSchema } from '../../src/singer/schema.js';
import { compileTransform, Mismatch } from '../../src/singer/transform.js';
import { pipelines } from '../../src/streams/circleci/pipelines.js';
import { streams } from '../../src/streams/index.js';

const vectorsFile = new URL('../../../shared/data/singer-transform-vectors.json', import.meta.url);
const hasVectors = existsSync(vectorsFile);

/** What singer-python's Transformer made of a row. */
interface Vector {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly data: Record<string, unknown>;
  /** Absent where Python raised an error, or made a value that is no JSON. */
  readonly result?: unknown;
  readonly metadata?: readonly object[];
}

/** Where this tap means to differ from singer-python, by reason. */
const intended: Readonly<Record<string, readonly string[]>> = {
  'a fraction is no integer: cutting it off would lose data': [
    'null|integer<-1.9',
    'null|integer<--1.9',
    'array items integer',
  ],
  'JSON.parse cannot hold integers beyond 2^53, so they are refused instead of rounded': [
    'null|integer<-9007199254740993',
    'null|integer<-1e+21',
  ],
  'JavaScript does not tell 1.0 from 1, and writes exponents in its own way': [
    'null|string<-1.0',
    'null|string<-1e+16',
    'null|string<-1e-07',
  ],
  'objects and arrays do not turn into texts of Python': [
    'null|string<-[]',
    "null|string<-[1, 'a', None]",
    'null|string<-{}',
    "null|string<-{'k': 'v'}",
    "null|string<-{'k': [True, None]}",
  ],
  'PostgreSQL refuses NUL characters': ["null|string<-'\\x00'"],
  'null stays null for booleans, and what is no boolean is an error (singer-python#196)': [
    'null|boolean<-None',
    "null|boolean<-''",
    'null|boolean<-[]',
    'null|boolean<-{}',
    'null|boolean<-[0]',
    'boolean<-None',
  ],
  'dates are RFC 3339 or a date alone, nothing guessed': [
    "date-time<-'20220101'",
    "date-time<-'2022-01-01T00:00Z'",
    "date-time<-'Sat, 01 Jan 2022 00:00:00 GMT'",
    "date-time<-'Jan 1 2022'",
    "date-time<-'1/2/2022'",
  ],
  'modes for Unix times do not exist here: the APIs send texts': [
    'date-time[unix-seconds]<-1640995200',
    "date-time[unix-seconds]<-'1640995200'",
    'date-time[unix-seconds]<-0',
    'date-time[unix-seconds]<-1.5',
    'date-time[unix-seconds]<--1',
    'date-time[unix-millise]<-1640995200',
    'date-time[unix-millise]<-1640995200000',
    'date-time[unix-millise]<-1640995200123',
    "date-time[unix-millise]<-'1640995200'",
    'date-time[unix-millise]<-0',
    'date-time[unix-millise]<-1.5',
    'date-time[unix-millise]<--1',
  ],
  'no schema of ours has singer.decimal': [
    "singer.decimal<-'1e3'",
    "singer.decimal<-'abc'",
    "singer.decimal<-''",
    'singer.decimal<-True',
    'singer.decimal<-1e+21',
  ],
  'no schema of ours has anyOf; without a type, values stay as they are': [
    "anyOf null,string,integer,boolean,object<-''",
    'anyOf null,string,integer,boolean,object<-1',
    'anyOf null,string,integer,boolean,object<-1.5',
    'anyOf null,string,integer,boolean,object<-True',
    "anyOf null,string,integer,boolean,object<-{'k': 1}",
    'anyOf null,string,integer,boolean,object<-[1]',
    "anyOf dt,string|null<-'2022-01-01'",
    'anyOf dt,string|null<-1',
    "anyOf integer,boolean<-'true'",
    "anyOf integer,boolean<-'x'",
    'anyOf integer,boolean<-None',
    'anyOf integer,boolean<-[]',
  ],
  'no schema of ours has patternProperties': ['patternProperties', 'patternProperties+properties'],
  'additionalProperties: true keeps what it says it keeps': [
    'additionalProperties:true still strips unknown',
  ],
  'an array without items is free, where singer-python breaks with a KeyError': [
    'array no items',
    'array no items, null value',
  ],
  'a row is always an object: the reader of the lists sees to that': ['top-level None with null|object'],
};

/** What our transform makes of the row, behind the selection that the metadata tells. */
function ours({ schema, data, metadata = [] }: Vector): unknown {
  const folder = mkdtempSync(join(tmpdir(), 'tap-circle-ci-'));
  try {
    const file = join(folder, 'schema.json');
    writeFileSync(file, JSON.stringify(schema));
    const definition = { ...pipelines, schema: pathToFileURL(file).href };
    const root = { breadcrumb: [], metadata: { selected: true } };
    const catalog = { streams: [{ stream: definition.name, metadata: [...metadata, root] }] };
    const [selected] = selectStreams(catalog, [definition], () => 'INCREMENTAL', ['circleci']);
    const transform = compileTransform(selected?.schema ?? {}, silent);
    return JSON.parse(JSON.stringify(transform(data)));
  } catch (error) {
    return { refused: messageOf(error) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const silent = { unknownField: () => {}, nulRemoved: () => {} };
const isRefused = (value: unknown) => typeof value === 'object' && value !== null && 'refused' in value;

describe.skipIf(!hasVectors)(
  'the vectors of singer-python (../shared/data, skipped where they are absent)',
  () => {
    const { vectors }: { vectors: Vector[] } = hasVectors
      ? JSON.parse(readFileSync(vectorsFile, 'utf8'))
      : { vectors: [] };
    const different = new Map<string, object>();
    for (const vector of vectors) {
      const made = ours(vector);
      const isEqual = vector.result === undefined ? isRefused(made) : isDeepStrictEqual(made, vector.result);
      const { name, result = 'an error', schema, data } = vector;
      if (!isEqual) different.set(name, { name, schema, data, theirs: result, ours: made });
    }
    const listed = Object.values(intended).flat();

    it('are all there', () => {
      expect(vectors).toHaveLength(224);
    });

    it('come out equal, but for the differences that are intended', () => {
      const unintended = [...different]
        .filter(([name]) => !listed.includes(name))
        .map(([, vector]) => vector);
      expect(unintended).toEqual([]);
    });

    it('have no difference in the list that is none any more', () => {
      expect(listed.filter((name) => !different.has(name))).toEqual([]);
    });
  },
);

const text = { type: ['null', 'string'] };
const whole = { type: ['null', 'integer'] };

/** Transforms one row with a schema of these columns, and tells what was reported. */
function transformed(properties: Readonly<Record<string, JsonSchema>>, row: Record<string, unknown>) {
  const reported: string[] = [];
  const transform = compileTransform(
    { type: 'object', properties },
    { unknownField: (path) => reported.push(path), nulRemoved: (path) => reported.push(`NUL in ${path}`) },
  );
  return { record: transform(row), reported };
}

describe('a value', () => {
  it.each([
    ['2024-01-01T00:00:00Z', '2024-01-01T00:00:00.000000Z'],
    ['2024-01-01T00:00:00.1Z', '2024-01-01T00:00:00.100000Z'],
    ['2024-01-01T00:00:00.123456789Z', '2024-01-01T00:00:00.123456Z'],
    ['2024-01-01T00:00:00.9999999Z', '2024-01-01T00:00:00.999999Z'],
    ['2024-01-01T01:30:00.123456+01:30', '2024-01-01T00:00:00.123456Z'],
    ['2023-12-31T23:00:00-01:00', '2024-01-01T00:00:00.000000Z'],
    ['2024-01-01', '2024-01-01T00:00:00.000000Z'],
    ['', null],
    [null, null],
  ])('of a date-time %j leaves as %j', (given, made) => {
    const column = { type: ['null', 'string'], format: 'date-time' };
    expect(transformed({ at: column }, { at: given }).record).toEqual({ at: made });
  });

  it.each(['yesterday', '2024-02-30T00:00:00Z', '2024-01-01T24:00:00Z', '2024-13-01', 5, true, {}])(
    'that is no date, %j, is an error',
    (given) => {
      const column = { type: ['null', 'string'], format: 'date-time' };
      expect(() => transformed({ at: column }, { at: given })).toThrow('expected null or string (date-time)');
    },
  );

  it('that is absent stays absent, and the order of the columns is that of the row', () => {
    const { record } = transformed({ a: text, b: text, c: text }, { c: '1', a: '2' });
    expect(JSON.stringify(record)).toBe('{"c":"1","a":"2"}');
  });

  it('that does not fit names its path, what was found and what was expected', () => {
    const actor = { type: ['null', 'object'], properties: { login: text } };
    const trigger = { type: ['null', 'object'], properties: { actor } };
    const errors = {
      type: ['null', 'array'],
      items: { type: ['null', 'object'], properties: { code: whole } },
    };
    const message = (row: Record<string, unknown>) => () => transformed({ trigger, errors }, row);
    expect(message({ trigger: { actor: { login: [5] } } })).toThrow(
      'trigger.actor.login is [5], expected null or string',
    );
    expect(message({ trigger: { actor: 5 } })).toThrow('trigger.actor is 5, expected null or object');
    expect(message({ errors: [{ code: 1 }, { code: 'x' }] })).toThrow(
      'errors.1.code is "x", expected null or integer',
    );
    expect(message({ trigger: 'x'.repeat(200) })).toThrow(`trigger is "${'x'.repeat(79)}…, expected`);
  });

  it('of a number that JSON cannot hold is an error rather than null', () => {
    const row = JSON.parse('{"seconds": 1e999}');
    expect(() => transformed({ seconds: { type: ['null', 'number'] } }, row)).toThrow(
      'expected null or number',
    );
  });

  it('loses its NUL characters, which are reported, wherever it stands', () => {
    const free = { type: ['null', 'object'], additionalProperties: true };
    const list = { type: ['null', 'array'], items: text };
    const { record, reported } = transformed(
      { name: text, list, free },
      { name: 'a\0b\0', list: ['\0', 'c'], free: { 'k\0': ['v\0', { deep: '\0' }], n: 1, none: null } },
    );
    expect(record).toEqual({
      name: 'ab',
      list: ['', 'c'],
      free: { k: ['v', { deep: '' }], n: 1, none: null },
    });
    expect(reported).toEqual(['NUL in name', 'NUL in list[]', 'NUL in free', 'NUL in free', 'NUL in free']);
  });

  it('inside a free object is kept as it is', () => {
    const free = { type: ['null', 'object'], additionalProperties: true };
    const value = { a: [1, 'x', null, { b: false }], c: { d: 1.5 }, '': {} };
    expect(transformed({ free }, { free: value })).toEqual({ record: { free: value }, reported: [] });
  });
});

/** Records of the pipelines stream as this catalog selects it, and the log they write. */
function pipelineRecords(...deselected: string[][]) {
  const lines: string[] = [];
  const metadata = [
    { breadcrumb: [], metadata: { selected: true } },
    ...deselected.map((breadcrumb) => ({ breadcrumb, metadata: { selected: false } })),
  ];
  const catalog = { streams: [{ tap_stream_id: 'pipelines', metadata }] };
  const [selected] = selectStreams(catalog, [pipelines], () => 'INCREMENTAL', ['circleci']);
  if (selected === undefined) throw new Error('The catalog selects nothing.');
  const records = new Records(selected, new Log({ write: (line) => lines.push(line) }));
  const record = (row: Record<string, unknown>) => JSON.parse(records.line(row, {}, 0)).record;
  return { records, record, lines };
}

describe('the records of a run', () => {
  it('report a field that the schema does not have once', () => {
    const { record, lines } = pipelineRecords();
    const row = {
      id: '1',
      mood: 'good',
      vcs: { commit: { author: 'Ada' } },
      errors: [{ code: 1 }, { code: 2 }],
    };
    expect(record(row)).toEqual({ id: '1', vcs: { commit: {} }, errors: [{}, {}] });
    record(row);
    const fields = lines.map(
      (line) => /sends the field (\S+), which this version does not know/.exec(line)?.[1],
    );
    expect(fields).toEqual(['mood', 'vcs.commit.author', 'errors[].code']);
    expect(lines[0]).toMatch(/^WARNING pipelines: /);
  });

  it('do not report fields that the catalog deselects', () => {
    const { record, lines } = pipelineRecords(
      ['properties', 'number'],
      ['properties', 'trigger', 'properties', 'actor'],
      ['properties', 'errors', 'items', 'properties', 'message'],
    );
    const row = {
      id: '1',
      number: 5,
      trigger: { type: 'api', actor: { login: 'ada' } },
      errors: [{ message: '' }],
    };
    expect(record(row)).toEqual({ id: '1', trigger: { type: 'api' }, errors: [{}] });
    expect(lines).toEqual([]);
  });

  it('keep an object empty whose columns are all deselected: it does not become free', () => {
    const commit = ['properties', 'vcs', 'properties', 'commit', 'properties'];
    const { record } = pipelineRecords([...commit, 'subject'], [...commit, 'body']);
    expect(record({ id: '1', vcs: { commit: { subject: 'a', body: 'b' } } })).toEqual({
      id: '1',
      vcs: { commit: {} },
    });
  });

  it('count at the end what lost its NUL characters', () => {
    const { records, record, lines } = pipelineRecords();
    record({ id: '1', vcs: { branch: 'a\0' } });
    record({ id: '2', vcs: { branch: '\0b' }, trigger_parameters: { x: '\0' } });
    expect(lines).toEqual([]);
    records.reportRemoved();
    expect(lines).toEqual([
      'WARNING pipelines: removed NUL characters from 2 values of vcs.branch; databases refuse them.\n',
      'WARNING pipelines: removed NUL characters from 1 value of trigger_parameters; databases refuse them.\n',
    ]);
  });

  it('name a key that is no text as the JSON that it is', () => {
    const { record } = pipelineRecords();
    expect(() => record({ id: { toString: null } })).toThrow('(id {"toString":null}).');
  });

  it('name the stream and the key of a row that does not fit', () => {
    const { record } = pipelineRecords();
    expect(() => record({ id: 'p1', number: 'many' })).toThrow(
      'pipelines: number is "many", expected null or integer (id p1).',
    );
  });
});

const ajv = new Ajv({ strict: false });
ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);

/** Rows as the schema has them, with anything at all in between. */
function rowsOf({ type, format, properties, items }: JsonSchema): fc.Arbitrary<unknown> {
  const anything = fc.jsonValue({ stringUnit: 'binary' });
  const texts = fc.string({ unit: 'binary' });
  if (properties !== undefined) {
    const columns = Object.entries(properties).map(([name, column]) => [name, rowsOf(column)] as const);
    const known = fc.record(Object.fromEntries(columns), { requiredKeys: [] });
    const unknown = fc.dictionary(texts, anything, { maxKeys: 2 });
    const row = fc.tuple(known, unknown).map(([one, other]) => ({ ...other, ...one }));
    return fc.oneof({ arbitrary: row, weight: 80 }, { arbitrary: anything, weight: 1 });
  }
  const fitting = [type ?? []].flat().map((name) => {
    if (name === 'number') return fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }));
    if (name === 'boolean') return fc.boolean();
    if (name === 'integer') return fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.integer().map(String));
    if (name === 'array') return fc.array(rowsOf(items ?? {}), { maxLength: 3 });
    if (name === 'object') return fc.dictionary(texts, anything);
    if (name === 'null') return fc.constant(null);
    if (format === 'date-time')
      return fc
        .date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') })
        .map((date) => date.toISOString());
    return texts;
  });
  return fc.oneof({ arbitrary: fc.oneof(...fitting), weight: 80 }, { arbitrary: anything, weight: 1 });
}

describe.each(streams.map(({ name, schema }) => [name, loadSchema(schema)] as const))(
  'any row of %s',
  (_, schema) => {
    it('becomes a record that is valid under the schema, or a mismatch that is named', () => {
      const validate = ajv.compile(schema);
      let valid = 0;
      fc.assert(
        fc.property(rowsOf(schema), (row) => {
          fc.pre(typeof row === 'object' && row !== null && !Array.isArray(row));
          try {
            const line = JSON.stringify(compileTransform(schema, silent)({ ...row }));
            expect(validate(JSON.parse(line)), `${line}: ${ajv.errorsText(validate.errors)}`).toBe(true);
            expect(line).not.toContain('\\u0000');
            valid++;
          } catch (error) {
            if (!(error instanceof Mismatch)) throw error;
            expect(error.path).not.toBe('');
          }
        }),
        { numRuns: 200 },
      );
      // Enough rows have to fit, or little is proved.
      expect(valid).toBeGreaterThan(20);
    });
  },
);

test('half of a character, which no database takes, becomes a replacement character, also in free JSON', () => {
  const free = { type: ['null', 'object'], additionalProperties: true };
  const schema = { properties: { subject: { type: ['null', 'string'] }, parameters: free } };
  const half = 'half an emoji \ud83d';
  const record = compileTransform(schema, silent)({ subject: half, parameters: { [half]: [half] } });
  const whole = 'half an emoji \ufffd';
  expect(record).toEqual({ subject: whole, parameters: { [whole]: [whole] } });
});
