import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import type { JsonSchema } from '../../src/singer/messages.js';
import { DAY } from '../sandbox/rows.js';
import { isObject } from './support/expected.js';
import { environment, runTap, temporaryFolder } from './support/schedule.js';
import { type Row, Services } from './support/services.js';

/**
 * The checker looks for the times of an object in schema alone, and fails with an AttributeError where the object is
 * null: `set_defaults` in singertools/check_tap.py. To it such an object is absent, which says the same.
 */
function withoutNullObjects(row: Row, { properties = {} }: JsonSchema): Row {
  const columns = Object.entries(row).flatMap(([name, value]): [string, unknown][] => {
    const column = properties[name] ?? {};
    const hasTimes = Object.values(column.properties ?? {}).some(({ format }) => format === 'date-time');
    if (value === null && hasTimes) return [];
    return [[name, isObject(value) ? withoutNullObjects(value, column) : value]];
  });
  return Object.fromEntries(columns);
}

function forTheChecker(output: string): string {
  const schemas = new Map<string, JsonSchema>();
  const lines = output.trimEnd().split('\n');
  return lines
    .map((line) => {
      const message = JSON.parse(line);
      if (message.type === 'SCHEMA') schemas.set(message.stream, message.schema);
      if (message.type !== 'RECORD') return `${line}\n`;
      const record = withoutNullObjects(message.record, schemas.get(message.stream) ?? {});
      return `${JSON.stringify({ ...message, record })}\n`;
    })
    .join('');
}

describe("singer-io's checker", () => {
  it('finds the first run and the one after it valid, with rows of every stream', async () => {
    const services = await Services.start();
    const folder = temporaryFolder();
    const check = (output: string) => {
      const { status, stdout, stderr } = spawnSync(
        join(inject('tools')['singer-tools'], 'singer-check-tap'),
        {
          cwd: folder,
          input: forTheChecker(output),
          encoding: 'utf8',
          env: environment(services),
        },
      );
      expect(status, stderr).toBe(0);
      expect(stdout).toContain('The output is valid.');
      return stdout;
    };

    const first = await runTap(services, folder, []);
    const table = check(first);
    for (const [stream, rows] of services.truth()) {
      expect(rows.size, stream).toBeGreaterThan(0);
      expect(table).toMatch(new RegExp(`\\| ${stream} +\\| ${rows.size} +\\| 1 `));
    }

    const state = join(folder, 'state.json');
    writeFileSync(state, JSON.stringify(JSON.parse(first.trimEnd().split('\n').at(-1) ?? '').value));
    services.moveTo(services.now + DAY);
    check(await runTap(services, folder, ['--state', state]));
  });
});
