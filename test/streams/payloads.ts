import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Above, StreamDefinition } from '../../src/streams/define.js';
import { readJson, recordsOf } from './records.js';

export interface Payloads {
  /** Folder below ../shared/data/payloads. */
  readonly folder: string;
  readonly streams: readonly StreamDefinition[];
  /** Stream -> file -> where in the file its rows are, for example `[].jobs[]`. */
  readonly rows: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Files that are no payload of a stream, by reason. */
  readonly others: Readonly<Record<string, readonly string[]>>;
}

/** Tests that streams know everything in payloads that others have recorded, where those are at hand. */
export function testPayloads(title: string, { folder, streams, rows, others }: Payloads): void {
  const root = new URL(`../../../shared/data/payloads/${folder}/`, import.meta.url);

  describe.skipIf(!existsSync(root))(`${title} (../shared/data, skipped where they are absent)`, () => {
    it('are all listed, each as a payload or as another thing', () => {
      const listed = new Set([...Object.values(rows).flatMap(Object.keys), ...Object.values(others).flat()]);
      const files = readdirSync(fileURLToPath(root), { recursive: true, encoding: 'utf8' });
      expect([...listed].sort()).toEqual(files.filter((file) => file.endsWith('.json')).sort());
    });

    const cases = Object.entries(rows).flatMap(([name, files]) =>
      Object.entries(files).map(([file, where]) => ({ name, file, where })),
    );

    it.each(cases)('$file has rows that $name knows', ({ name, file, where }) => {
      const stream = streams.find((one) => one.name === name);
      if (stream === undefined) throw new Error(`There is no stream ${name}.`);
      const found = valuesAt(readJson<unknown>(new URL(file, root)), where);
      expect(found).not.toEqual([]);
      for (const row of found) {
        const { records, unknown, invalid } = recordsOf(stream, row as Above[string]);
        expect(records).not.toEqual([]);
        expect(unknown).toEqual([]);
        expect(invalid).toEqual([]);
      }
    });
  });
}

/** The values at a path such as `[].jobs[]`; the empty path is the value itself. */
function valuesAt(value: unknown, path: string): unknown[] {
  if (path === '') return [value];
  const [, member, rest = ''] = /^(?:\.(\w+)|\[\])(.*)$/.exec(path) ?? [];
  if (member === undefined) return (value as unknown[]).flatMap((item) => valuesAt(item, rest));
  return valuesAt((value as Record<string, unknown>)[member], rest);
}
