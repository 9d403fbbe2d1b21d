import { describe, expect, it } from 'vitest';
import { artifacts } from '../../src/streams/buildkite/artifacts.js';
import { user } from '../../src/streams/buildkite/user.js';
import { jobs } from '../../src/streams/circleci/jobs.js';
import { leftOut, needs } from '../../src/sync/left-out.js';

describe('what a run says of streams that it must not read', () => {
  it('names what CircleCI lets others do', () => {
    expect(leftOut(['jobs'], jobs)).toBe(
      'jobs are left out of this run; they need permission to view the project.',
    );
  });

  it("names Buildkite's scopes", () => {
    expect(needs(['buildkite_artifacts'], artifacts)).toBe(
      'they need read_artifacts and read_builds and read_pipelines',
    );
  });

  it('speaks of one where the name is of one', () => {
    expect(leftOut([user.name], user)).toBe('buildkite_user is left out of this run; it needs read_user.');
    expect(leftOut([user.name, 'buildkite_job_env'], user)).toBe(
      'buildkite_user, buildkite_job_env are left out of this run; they need read_user.',
    );
  });
});
