import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { ended, Folder } from '../support/folder.js';
import { blocksOf } from './blocks.js';

/** Leaves out the time that it took. */
const timeless = (line: string) => line.replace(/ in [\d.]+ s$/, '');

it('the README shows what the demo prints, and the demo goes by without a warning', async () => {
  const excerpt = blocksOf('').find((text) => text.includes('Requests:')) ?? '';
  const shown = excerpt.trimEnd().split('\n').map(timeless);
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const run = `cd '${root}' && exec '${process.execPath}' --import tsx test/demo/demo.ts`;
  const { stdout, stderr, code } = await ended(new Folder().start('sh', ['-c', run]));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const printed = stdout.split('\n').map(timeless);
  expect(shown.filter((line) => !printed.includes(line))).toEqual([]);
  expect(shown.length).toBeGreaterThan(2);
});
