import { describe, expect, it } from 'vitest';
import { hasFinishedSince, isBuildDue, isBuildSettled, isJobDue } from '../../src/sync/buildkite/due.js';
import { settle } from '../../src/sync/need.js';

const hour = 3_600_000;
const noon = Date.UTC(2026, 2, 10, 12);
const iso = (time: number) => new Date(time).toISOString();

const build = (more: object = {}) => ({
  state: 'passed',
  created_at: iso(noon - 9 * hour),
  finished_at: iso(noon - 8 * hour),
  jobs: [{ type: 'script', state: 'passed', finished_at: iso(noon - 8 * hour) }],
  ...more,
});

describe('a build is due', () => {
  it.each<[string, object, 'all' | number, boolean]>([
    ['whenever all rows are', build(), 'all', true],
    ['not when it and its jobs were over before', build(), noon, false],
    ['when it finished since', build({ finished_at: iso(noon) }), noon, true],
    ['when it finished within SETTLE before', build({ finished_at: iso(noon - settle) }), noon, true],
    ['not a second earlier', build({ finished_at: iso(noon - settle - 1000) }), noon, false],
    ['with the margin cut to the second', build({ finished_at: iso(noon - settle) }), noon + 999, true],
    ['when a job of it was retried since', build({ jobs: [{ created_at: iso(noon) }] }), noon, true],
    ['when somebody unblocked it since', build({ jobs: [{ unblocked_at: iso(noon) }] }), noon, true],
    ['when a job of it expired since', build({ jobs: [{ expired_at: iso(noon) }] }), noon, true],
    ['when it runs', build({ state: 'running' }), noon, true],
    ['when its state is unknown', build({ state: 'pondering' }), noon, true],
    ['when its state says that it is blocked', build({ state: 'blocked' }), noon, true],
    ['when it does not say when it ended', build({ finished_at: null }), noon, true],
    ['when it came without its jobs', build({ jobs: undefined }), noon, true],
  ])('%s', (_, row, need, due) => {
    expect(isBuildDue({ ...row }, need)).toBe(due);
  });
});

describe('what hangs below a job is due', () => {
  it.each<[string, object, 'all' | number, boolean]>([
    ['whenever all rows are', { finished_at: iso(noon - 9 * hour) }, 'all', true],
    ['not when it was over before', { finished_at: iso(noon - 9 * hour) }, noon, false],
    ['when it finished since', { finished_at: iso(noon) }, noon, true],
    ['when it has not finished', { started_at: iso(noon - 9 * hour) }, noon, true],
  ])('%s', (_, row, need, due) => {
    expect(isJobDue({ ...row }, need)).toBe(due);
  });
});

describe('a build is settled', () => {
  it.each<[string, object, boolean]>([
    ['when it and its jobs ended long ago', build(), true],
    ['not when it ended just now', build({ finished_at: iso(noon - settle) }), false],
    ['a millisecond later', build({ finished_at: iso(noon - settle - 1) }), true],
    ['not when a job of it ended just now', build({ jobs: [{ finished_at: iso(noon) }] }), false],
    ['not while it runs', build({ state: 'running' }), false],
    ['not while a job runs on', build({ jobs: [{ type: 'script', state: 'running' }] }), false],
    [
      'while a trigger job shows running for ever',
      build({ jobs: [{ type: 'trigger', state: 'running' }] }),
      true,
    ],
    ['while a block step waits for ever', build({ jobs: [{ type: 'manual', state: 'blocked' }] }), true],
    ['when it was skipped and does not say when', build({ state: 'skipped', finished_at: null }), true],
    ['when it was not run', build({ state: 'not_run', finished_at: null }), true],
    ['when it is blocked, and its state says so', build({ state: 'blocked', finished_at: null }), true],
    ['not in a state that is unknown', build({ state: 'pondering' }), false],
  ])('%s', (_, row, settled) => {
    expect(isBuildSettled({ ...row }, noon)).toBe(settled);
  });
});

describe('a build has finished since', () => {
  it.each<[unknown, boolean]>([
    [iso(noon), true],
    [iso(noon - 1), false],
    ['2026-03-10 12:00:00 UTC', true],
    [null, true],
    ['yesterday', true],
  ])('finished_at %j: %s', (finished_at, finished) => {
    expect(hasFinishedSince({ finished_at }, noon)).toBe(finished);
  });
});
