import { expect, it } from 'vitest';
import type { Truth } from '../../sandbox/source.js';
import { Destination } from '../../support/destination.js';
import { judge } from './verdict.js';

const shown = {
  id: 'a',
  status: 'success',
  stopped_at: '2026-01-01T00:00:00Z',
  vcs: { branch: 'main', tag: 'v1' },
};

/** What is found where the API shows these rows and a tap has written those. */
function judged(rows: readonly object[], written: readonly object[], keyProperties = ['id']): object {
  const destination = new Destination();
  const messages = [
    { type: 'SCHEMA', stream: 'jobs', key_properties: keyProperties },
    ...written.map((record) => ({ type: 'RECORD', stream: 'jobs', record })),
  ];
  destination.load(messages.map((message) => `${JSON.stringify(message)}\n`).join(''));
  const truth = { pipelines: new Map(), workflows: new Map(), jobs: new Map(rows.entries()) };
  return judge(destination, truth as unknown as Truth, 'jobs', keyProperties);
}

it.each([
  ['as it is', shown],
  ['with another way to write a time', { ...shown, stopped_at: '2026-01-01T00:00:00.000000Z' }],
  ['with fewer columns', { id: 'a', status: 'success' }],
  ['with fewer members of a column', { ...shown, vcs: { branch: 'main' } }],
  ['with further columns', { ...shown, further: 1 }],
])('finds a row right %s', (_, held) => {
  expect(judged([shown], [held])).toEqual({ right: 1, missing: 0, stale: 0 });
});

it.each([
  ['a status', { ...shown, status: 'running' }],
  ['a time', { ...shown, stopped_at: null }],
  ['a member of a column', { ...shown, vcs: { branch: 'other' } }],
])('finds a row stale by %s', (_, held) => {
  expect(judged([shown], [held])).toEqual({ right: 0, missing: 0, stale: 1 });
});

it('finds a row missing that is not there', () => {
  expect(judged([shown], [])).toEqual({ right: 0, missing: 1, stale: 0 });
});

it('finds one of two rows missing that a key cannot tell apart', () => {
  const rows = [
    { id: 'a', _workflow_id: 'v' },
    { id: 'a', _workflow_id: 'w' },
  ];
  expect(judged(rows, rows, ['id', '_workflow_id'])).toMatchObject({ right: 2, missing: 0 });
  expect(judged(rows, [{ id: 'a' }])).toEqual({ right: 1, missing: 1, stale: 0 });
});
