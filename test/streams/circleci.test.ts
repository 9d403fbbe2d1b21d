import { describe, expect, it } from 'vitest';
import { checkoutKeys } from '../../src/streams/circleci/checkout-keys.js';
import { contexts } from '../../src/streams/circleci/contexts.js';
import { hasRun } from '../../src/streams/circleci/ended.js';
import { jobDetails } from '../../src/streams/circleci/job-details.js';
import { jobLogs } from '../../src/streams/circleci/job-logs.js';
import { jobSteps } from '../../src/streams/circleci/job-steps.js';
import { pipelineValues } from '../../src/streams/circleci/pipeline-values.js';
import { projectEnvironmentVariables } from '../../src/streams/circleci/project-environment-variables.js';
import { schedules } from '../../src/streams/circleci/schedules.js';
import { webhooks } from '../../src/streams/circleci/webhooks.js';
import { recordsOf } from './records.js';

describe('a job', () => {
  it.each([
    'success',
    'failed',
    'canceled',
    'retried',
    'timedout',
    'infrastructure_fail',
    'terminated-unknown',
    'of a new status',
  ])('has run when it is %s', (status) => {
    expect(hasRun({ type: 'build', status, job_number: 42 })).toBe(true);
  });

  it.each(['running', 'queued', 'not_running', 'blocked', 'on_hold', 'not_run', 'unauthorized'])(
    'has not run when it is %s',
    (status) => {
      expect(hasRun({ type: 'build', status, job_number: 42 })).toBe(false);
    },
  );

  it.each([
    ['it is an approval', { type: 'approval', status: 'success', job_number: 42 }],
    ['it has no number', { type: 'build', status: 'canceled' }],
    ['its number is null', { type: 'build', status: 'canceled', job_number: null }],
  ])('has not run when %s', (_, job) => {
    expect(hasRun(job)).toBe(false);
  });
});

describe('the details of a job', () => {
  it('leave without the latest workflow, which changes under an unchanged job', () => {
    const { records, unknown } = recordsOf(jobDetails, { duration: 65359, latest_workflow: { id: 'w2' } });
    expect(records).toEqual([{ duration: 65359 }]);
    expect(unknown).toEqual([]);
  });
});

describe('the steps of a job', () => {
  it('are a row for each step on each machine', () => {
    const steps = [
      { name: 'Checkout code', actions: [{ index: 0, step: 99, name: 'Checkout code' }] },
      {
        name: 'Test',
        actions: [
          { index: 0, step: 101, name: 'npm test' },
          { index: 1, step: 101, name: 'npm test' },
        ],
      },
    ];
    expect(recordsOf(jobSteps, { build_num: 42, steps }).records).toEqual([
      { index: 0, step: 99, name: 'Checkout code', step_name: 'Checkout code' },
      { index: 0, step: 101, name: 'npm test', step_name: 'Test' },
      { index: 1, step: 101, name: 'npm test', step_name: 'Test' },
    ]);
  });

  it.each([[{}], [{ steps: null }], [{ steps: [] }], [{ steps: [{ name: 'Test', actions: null }] }]])(
    'are none in %j',
    (answer) => {
      expect(recordsOf(jobSteps, answer).records).toEqual([]);
    },
  );

  it('keep the address of the output for what is below, and to themselves', () => {
    const answer = { steps: [{ name: 'Test', actions: [{ index: 0, step: 101, output_url: 'signed' }] }] };
    expect(recordsOf(jobSteps, answer).records).toEqual([{ index: 0, step: 101, step_name: 'Test' }]);
    expect(jobSteps.rows(answer)).toMatchObject([{ output_url: 'signed' }]);
  });
});

describe('the output of a step', () => {
  it.each([
    [true, { has_output: true, output_url: 'https://output.example/1' }],
    [false, { has_output: false }],
    [false, { has_output: true, output_url: null }],
    [false, { has_output: true, output_url: '' }],
  ])('is asked for: %j, below %j', (isAsked, job_steps) => {
    expect(jobLogs.asks({ job_steps })).toBe(isAsked);
  });
});

describe('the contexts of an organization', () => {
  it.each([
    ['its id', { id: 'o1', slug: 'gh/acme' }, { 'owner-id': 'o1' }],
    ['its slug where it has no id', { id: null, slug: 'gh/acme' }, { 'owner-slug': 'gh/acme' }],
  ])('are asked for by %s', (_, organizations, query) => {
    expect(contexts.query({ organizations })).toEqual(query);
  });
});

describe('the values of a pipeline', () => {
  it('keep their names', () => {
    const values = { 'pipeline.number': 7, 'pipeline.parameters.deploy-all': true };
    expect(recordsOf(pipelineValues, values).records).toEqual([{ values }]);
  });
});

describe('members that CircleCI spells in two ways', () => {
  const created = '2024-01-01T00:00:00Z';
  const record = { created_at: '2024-01-01T00:00:00.000000Z' };

  it.each([
    ['created-at', checkoutKeys],
    ['created_at', checkoutKeys],
    ['created-at', projectEnvironmentVariables],
    ['created_at', projectEnvironmentVariables],
    ['created-at', schedules],
    ['created_at', schedules],
  ])('%s is a column with _', (name, stream) => {
    expect(recordsOf(stream, { [name]: created })).toMatchObject({ records: [record], unknown: [] });
  });

  it('keep their spelling in the parameters of a schedule', () => {
    const row = { timetable: { 'per-hour': 1 }, parameters: { 'deploy-all': true } };
    expect(recordsOf(schedules, row).records).toEqual([
      { timetable: { per_hour: 1 }, parameters: { 'deploy-all': true } },
    ]);
  });
});

describe('a webhook', () => {
  it.each(['signing-secret', 'signing_secret'])('leaves without its %s', (name) => {
    const { records, unknown } = recordsOf(webhooks, { id: 'h1', [name]: '****1234' });
    expect(records).toEqual([{ id: 'h1', url: null }]);
    expect(unknown).toEqual([]);
  });

  it.each([
    ['https://hooks.slack.com/services/T0/B0/1234', 'https://hooks.slack.com'],
    ['https://hooks.example/ci?api-key=1234#there', 'https://hooks.example'],
    ['https://ada:1234@hooks.example:8443/ci', 'https://hooks.example:8443'],
    ['1234', null],
    ['mailto:1234', null],
    [null, null],
  ])('with the address %j shows %j', (url, shown) => {
    expect(recordsOf(webhooks, { url }).records).toEqual([{ url: shown }]);
  });
});
