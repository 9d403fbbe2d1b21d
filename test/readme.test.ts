import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { streams } from '../src/streams/index.js';

const read = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
const readme = read('README.md');

/** Cells of the table whose header begins with `first`, row by row. */
function table(first: string): string[][] {
  const lines = readme.slice(readme.indexOf(`| ${first} |`)).split('\n');
  const end = lines.findIndex((line) => !line.startsWith('|'));
  return lines.slice(2, end).map((line) =>
    line
      .slice(2, -2)
      .split(' | ')
      .map((cell) => cell.trim()),
  );
}

const code = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(', ');

interface SettingSchema {
  readonly description: string;
  readonly default?: unknown;
  readonly secret?: boolean;
}

describe('the README', () => {
  it('lists the settings as schemas/config.json has them', () => {
    const schema: { required: string[]; properties: Record<string, SettingSchema> } = JSON.parse(
      read('schemas/config.json'),
    );
    const expected = Object.entries(schema.properties).map(([name, setting]) => {
      const marks = [schema.required.includes(name) ? 'required' : '', setting.secret ? 'secret' : ''];
      const shown = marks.filter((mark) => mark !== '').join(', ');
      return [
        `\`${name}\`${shown === '' ? '' : ` (${shown})`}`,
        setting.default === undefined ? '' : `\`${String(setting.default)}\``,
        setting.description,
      ];
    });
    expect(table('setting')).toEqual(expected);
  });

  it('lists the streams with key and replication key', () => {
    const rows = table('stream').map(([name, key, replication]) => [
      name,
      key,
      replication?.split(', ').at(-1),
    ]);
    expect(rows).toEqual(
      streams.map(({ name, key, replicationKey }) => [`\`${name}\``, code(key), `\`${replicationKey}\``]),
    );
  });

  it('shows the sample config as it is', () => {
    const block = /```json\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
    expect(JSON.parse(block)).toEqual(JSON.parse(read('sample-config.json')));
  });

  it('names only npm scripts that exist', () => {
    const { scripts }: { scripts: Record<string, string> } = JSON.parse(read('package.json'));
    const named = [...readme.matchAll(/npm (?:run )?(\w+)/g)].map((match) => match[1] ?? '');
    const known = [...Object.keys(scripts), 'install', 'run'];
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });
});
