import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { streams as definitions } from '../../../src/streams/index.js';
import type { Tools } from '../setup/python.js';
import { keyOf } from '../support/expected.js';
import type { Row } from '../support/services.js';
import type { Target } from './define.js';

/** A file for each stream and run, to which every row is appended as it comes. */
export function jsonl(tools: Tools, folder: string): Target {
  const destination = join(folder, 'output');
  return {
    name: 'target-jsonl',
    program: join(tools['target-jsonl'], 'target-jsonl'),
    config: { destination_path: destination },
    // It prints a state at its end alone, and forgets one after which another row comes.
    strikes: [{ requests: 100 }, { requests: 300 }],
    representations: [],
    read: async (streams) =>
      new Map(streams.map((stream) => [stream, latest(stream, rowsIn(destination, stream))])),
  };
}

/** Of each key the last row: nothing is ever overwritten. */
export function latest(stream: string, rows: readonly Row[]): Row[] {
  const { key = [] } = definitions.find(({ name }) => name === stream) ?? {};
  return [...new Map(rows.map((row) => [keyOf(key, row), row])).values()];
}

/** All rows of a stream in the order in which they were written; files have the time of their run in their names. */
export function rowsIn(folder: string, stream: string, isMeant = (_name: string) => true): Row[] {
  const isOfStream = new RegExp(`^${stream}-\\d{8}T\\d{6}\\.jsonl$`);
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => isOfStream.test(name)) : [];
  return names
    .filter(isMeant)
    .sort()
    .flatMap((name) => {
      const lines = readFileSync(join(folder, name), 'utf8').split('\n');
      // What a killed target leaves of a line is no row.
      lines.pop();
      return lines.map((line): Row => JSON.parse(line));
    });
}
