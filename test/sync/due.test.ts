import { describe, expect, test } from 'vitest';
import {
  isPipelineDue,
  isSetUp,
  isWorkflowDue,
  isWorkflowSettled,
  keepsResult,
  newestOf,
  wantsLogs,
} from '../../src/sync/circleci/due.js';
import { settle } from '../../src/sync/need.js';
import { at, iso } from '../support/diary.js';

const workflow = (status: string, created: number, stopped?: number) => ({
  status,
  created_at: iso(created),
  stopped_at: stopped === undefined ? null : iso(stopped),
});

describe('a workflow is due', () => {
  const since = at(5);
  test.each<[string, ReturnType<typeof workflow> | object, 'all' | number, boolean]>([
    ['whenever all rows are', workflow('success', at(1), at(1)), 'all', true],
    ['not when it was over before', workflow('success', at(1), at(2)), since, false],
    ['when it stopped since', workflow('failed', at(1), at(5)), since, true],
    ['when it stopped within SETTLE before', workflow('failed', at(1), since - settle), since, true],
    ['not when it stopped a second earlier', workflow('failed', at(1), since - settle - 1000), since, false],
    ['when it was created within SETTLE before', workflow('canceled', since - settle, at(1)), since, true],
    ['with the margin cut to the second', workflow('success', at(1), since - settle), since + 999, true],
    ['when it goes on', workflow('on_hold', at(1)), since, true],
    ['when its status is unknown', workflow('pondering', at(1), at(2)), since, true],
    ['when it is terminal without stopped_at', workflow('success', at(1)), since, true],
    ['when it has no created_at', { status: 'success', stopped_at: iso(at(1)) }, since, true],
  ])('%s', (_, row, need, due) => {
    expect(isWorkflowDue({ ...row }, need)).toBe(due);
  });
});

describe('a workflow is settled', () => {
  const now = at(5);
  test.each(['success', 'failed', 'error', 'canceled', 'unauthorized', 'not_run'])(
    'when it is %s',
    (status) => {
      expect(isWorkflowSettled(workflow(status, at(1), at(2)), now)).toBe(true);
    },
  );
  test.each(['running', 'failing', 'queued', 'on_hold', 'pondering'])('not when it is %s', (status) => {
    expect(isWorkflowSettled(workflow(status, at(1), at(2)), now)).toBe(false);
  });
  test.each<[string, number | undefined, boolean]>([
    ['more than SETTLE ago', now - settle - 1000, true],
    ['not just SETTLE ago', now - settle, false],
    ['not without stopped_at', undefined, false],
  ])('when it stopped %s', (_, stopped, settled) => {
    expect(isWorkflowSettled(workflow('success', at(1), stopped), now)).toBe(settled);
  });
});

test.each([
  ['pending', false],
  ['setup-pending', false],
  ['setup', true],
  ['created', true],
  ['errored', true],
])('a pipeline that is %s is set up: %s', (state, setUp) => {
  expect(isSetUp({ state })).toBe(setUp);
});

test.each<[string, object, 'all' | number, boolean]>([
  ['when all rows are', {}, 'all', true],
  ['not when it was updated before', { updated_at: iso(at(4)) }, at(5), false],
  ['when it was updated within SETTLE before', { updated_at: iso(at(5) - settle) }, at(5), true],
  ['not without updated_at', {}, at(5), false],
])("a pipeline's own row is due %s", (_, row, need, due) => {
  expect(isPipelineDue({ ...row }, need)).toBe(due);
});

test.each([
  ['failed', 'failed', true],
  ['infrastructure_fail', 'failed', true],
  ['timedout', 'failed', true],
  ['terminated-unknown', 'failed', true],
  ['success', 'failed', false],
  ['canceled', 'failed', false],
  [null, 'failed', false],
  ['success', 'all', true],
  [null, 'all', true],
] as const)('logs of a job that is %s are wanted of %s jobs: %s', (status, logJobs, wanted) => {
  expect(wantsLogs({ logJobs }, { status })).toBe(wanted);
});

test.each([
  ['failure', 'failed', true],
  ['error', 'failed', true],
  [null, 'failed', true],
  ['success', 'failed', false],
  ['skipped', 'failed', false],
  ['success', 'all', true],
  ['skipped', 'all', true],
] as const)('a test result %s is kept where %s are: %s', (result, testResultsKept, kept) => {
  expect(keepsResult({ testResultsKept }, { result })).toBe(kept);
});

test('the newest row counts, and the pipeline itself where there is none', () => {
  const rows = [at(3), at(9), at(5)].map((time) => ({ created_at: iso(time) }));
  expect(newestOf(rows, 'created_at', at(1))).toBe(at(9));
  expect(newestOf(rows, 'created_at', at(10))).toBe(at(10));
  expect(newestOf([{ created_at: 'x' }], 'created_at', at(1))).toBe(at(1));
});
