import { expect, it } from 'vitest';
import { masked } from '../../src/sync/buildkite/masked.js';

it.each<[string, object, object]>([
  [
    'stars values, and keeps those that are allowed',
    { env: { CI: '1', KEY: 'k' } },
    { env: { CI: '1', KEY: '***' } },
  ],
  ['tells names by their case', { env: { ci: '1' } }, { env: { ci: '***' } }],
  [
    'stars what is no text, too',
    { env: { A: 1, B: null, C: { D: 'e' } } },
    { env: { A: '***', B: '***', C: '***' } },
  ],
  ['stars an environment of another shape as a whole', { env: ['CI=1'] }, { env: '***' }],
  ['stars one that is a text', { env: 'CI=1' }, { env: '***' }],
  ['leaves null and nothing as they are', { env: null, id: 1 }, { env: null, id: 1 }],
  ['leaves rows without one as they are', { id: 1 }, { id: 1 }],
])('the mask %s', (_, row, shown) => {
  expect(masked({ ...row }, new Set(['CI']))).toEqual(shown);
});
