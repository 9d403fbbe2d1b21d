import { describe, expect, it } from 'vitest';
import { builds } from '../../src/streams/buildkite/builds.js';
import { hasRun, isAtRest } from '../../src/streams/buildkite/ended.js';
import { jobs } from '../../src/streams/buildkite/jobs.js';
import { recordsOf } from './records.js';

describe('the author of a build', () => {
  it.each([[{ username: 'ada', name: 'Ada', email: 'ada@acme.example' }], [null]])(
    '%j stays what it is',
    (author) => {
      expect(recordsOf(builds, { author }).records).toEqual([{ author }]);
    },
  );

  it.each([
    ['ada@acme.example', { email: 'ada@acme.example' }],
    ['Ada', { name: 'Ada' }],
    ['', null],
  ])('%j becomes %j', (author, made) => {
    expect(recordsOf(builds, { author }).records).toEqual([{ author: made }]);
  });

  it('is absent where Buildkite does not send it', () => {
    expect(recordsOf(builds, { number: 1 }).records).toEqual([{ number: 1 }]);
  });
});

describe('the pull request of a build', () => {
  it.each([
    [null, null],
    [{}, {}],
    [
      { id: 12, base: 'main' },
      { id: '12', base: 'main' },
    ],
  ])('%j leaves as %j', (given, made) => {
    expect(recordsOf(builds, { pull_request: given }).records).toEqual([{ pull_request: made }]);
  });
});

describe('the matrix of a job', () => {
  it.each([
    [null, null],
    [{ os: 'linux' }, { os: 'linux' }],
    ['linux', { value: 'linux' }],
    [['linux', 1], { value: ['linux', 1] }],
  ])('%j leaves as %j', (given, made) => {
    expect(recordsOf(jobs, { matrix: given }).records).toEqual([{ matrix: made }]);
  });
});

describe('a build', () => {
  it.each(['passed', 'failed', 'canceled', 'skipped', 'not_run'])('is at rest when it is %s', (state) => {
    expect(isAtRest({ state, blocked: false })).toBe(true);
  });

  it.each(['creating', 'scheduled', 'running', 'failing', 'canceling', 'of a new state'])(
    'is not at rest when it is %s, unless it is blocked',
    (state) => {
      expect(isAtRest({ state, blocked: false })).toBe(false);
      expect(isAtRest({ state, blocked: true })).toBe(true);
    },
  );
});

describe('a job', () => {
  const started_at = '2024-01-01T00:00:00Z';

  it.each(['passed', 'failed', 'canceled', 'timed_out', 'of a new state'])(
    'has run when it is %s',
    (state) => {
      expect(hasRun({ type: 'script', state, started_at })).toBe(true);
    },
  );

  it.each([
    ['it runs', { type: 'script', state: 'running', started_at }],
    ['it is being canceled', { type: 'script', state: 'canceling', started_at }],
    ['it never started', { type: 'script', state: 'canceled', started_at: null }],
    ['it waits', { type: 'waiter', state: 'passed' }],
    ['it triggers another build', { type: 'trigger', state: 'passed', started_at }],
  ])('has not run when %s', (_, job) => {
    expect(hasRun(job)).toBe(false);
  });
});
