import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

interface PackedFile {
  readonly path: string;
  readonly mode: number;
}

function packed(): PackedFile[] {
  // Without scripts: prepack would build under the feet of the other tests.
  const { stdout } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts', '--offline'], {
    cwd: root,
    encoding: 'utf8',
  });
  return JSON.parse(stdout)[0].files;
}

const inFolder = (folder: string) => readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' });

it('the package has the program, its schemas and what there is to read, and nothing else', () => {
  const built = inFolder('src')
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `dist/${file.replace(/\.ts$/, '.js')}`);
  const schemas = inFolder('schemas')
    .filter((file) => file.endsWith('.json'))
    .map((file) => `schemas/${file}`);
  const rest = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json', 'sample-config.json'];
  const files = packed();
  expect(files.map(({ path }) => path).sort()).toEqual(
    ['bin/tap-circle-ci.js', ...built, ...schemas, ...rest].sort(),
  );
  expect((files.find(({ path }) => path === 'bin/tap-circle-ci.js')?.mode ?? 0) & 0o111).toBe(0o111);
});
