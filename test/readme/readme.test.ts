import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { withTables } from './tables.js';

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
const readme = read('README.md');

describe('the README', () => {
  it('has the tables that schemas and streams make; `npm run docs` writes them', () => {
    expect(readme).toBe(withTables(readme));
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
