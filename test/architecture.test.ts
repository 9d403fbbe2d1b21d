import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const source = fileURLToPath(new URL('../src/', import.meta.url));

/**
 * Folders and files of src/, each with what it may import: data flows one way, from argv to stdout. Circles between
 * files are found by Biome.
 */
const mayImport: Record<string, readonly string[]> = {
  cli: ['command-line', 'commands', 'live-line', 'singer', 'errors', 'log'],
  'command-line': ['commands', 'errors', 'log', 'version'],
  commands: [
    'config',
    'files',
    'sync',
    'singer',
    'sources',
    'streams',
    'http',
    'errors',
    'log',
    'time',
    'version',
    'json',
  ],
  config: ['files', 'singer', 'sources', 'streams', 'errors', 'json'],
  files: ['errors'],
  sync: ['singer', 'sources', 'streams', 'http', 'errors', 'log', 'time', 'json'],
  singer: ['streams', 'errors', 'log', 'time', 'json'],
  sources: ['http', 'errors', 'time', 'json'],
  streams: ['http', 'json'],
  http: ['errors', 'log', 'time', 'json'],
  'live-line': ['log'],
  log: [],
  json: [],
  errors: [],
  time: [],
  version: [],
};

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);
const folderOf = (file: string) => file.split('/')[0]?.replace(/\.ts$/, '') ?? '';

function importsOf(file: string): string[] {
  const text = readFileSync(join(source, file), 'utf8');
  const targets = [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map((match) => match[1] ?? '');
  return targets.map((target) => normalize(join(dirname(file), target.replace(/\.js$/, '.ts'))));
}

describe('the imports of src/', () => {
  it.each(files)('%s imports only what stands below it', (file) => {
    const allowed = [folderOf(file), ...(mayImport[folderOf(file)] ?? [])];
    expect(importsOf(file).filter((target) => !allowed.includes(folderOf(target)))).toEqual([]);
  });

  it('never take date-fns as a whole, which costs 100 ms and more at the start', () => {
    const whole = files.filter((file) => /from 'date-fns'/.test(readFileSync(join(source, file), 'utf8')));
    expect(whole).toEqual([]);
  });
});
