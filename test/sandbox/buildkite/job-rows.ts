import { embeddedAgentRow } from './agent-rows.js';
import { buildPath, buildWebUrl } from './build-rows.js';
import type { JobHistory } from './history.js';
import { endedJobStates, latest, phaseAt } from './history.js';
import type { Row } from './identity.js';
import { API, derivedId, graphqlId, userRow } from './identity.js';
import { isSigned, secretOf } from './secrets.js';
import { orNull, withMilliseconds } from './time.js';
import type { View } from './view.js';

/** Where a job is listed: `group_key` is only in the builds (api_differences.md). */
export type JobPlace = 'build' | 'jobs';

export function jobRow(job: JobHistory, view: View, place: JobPlace): Row {
  switch (job.type) {
    case 'waiter':
      return waiterRow(job, view);
    case 'manual':
      return manualRow(job, view);
    case 'trigger':
      return triggerRow(job, view);
    case 'script':
      return scriptRow(job, view, place);
  }
}

export const isRetried = (job: JobHistory, now: number): boolean =>
  job.retriedIn !== undefined && job.retriedIn.createdAt <= now;

const stateOf = (job: JobHistory, now: number) => phaseAt(job.phases, now)?.state ?? 'pending';
const identityOf = ({ id, type }: JobHistory): Row => ({ id, graphql_id: graphqlId('Job', id), type });
const endOf = (job: JobHistory, now: number) =>
  latest(job.phases, now, ({ state }) => endedJobStates.has(state));
const startOf = (job: JobHistory, now: number) => latest(job.phases, now, ({ state }) => state === 'running');
const readyAt = (job: JobHistory, now: number) =>
  latest(job.phases, now, ({ state }) => state === 'scheduled');

function waiterRow(job: JobHistory, { now, coins }: View): Row {
  const minimal = { ...identityOf(job), state: stateOf(job, now) };
  if (coins.waiterKeys === 'minimal') return minimal;
  return {
    ...minimal,
    name: null,
    step_key: job.stepKey,
    web_url: webUrlOf(job, now),
    continue_on_failure: false,
  };
}

/** No name, and none of the usual times (recorded in 2024). */
function manualRow(job: JobHistory, { now }: View): Row {
  const unblockedAt = latest(job.phases, now, ({ state }) => state === 'unblocked');
  const { organization } = job.build.pipeline;
  return {
    ...identityOf(job),
    label: job.name,
    state: stateOf(job, now),
    step_key: job.stepKey,
    web_url: null,
    unblocked_by: unblockedAt === undefined ? null : userRow(organization.slug, 2),
    unblocked_at: orNull(unblockedAt),
    unblockable: unblockedAt === undefined,
    unblock_url: `${jobUrl(job, now)}/unblock`,
  };
}

function triggerRow(job: JobHistory, { now }: View): Row {
  const triggered = job.triggered !== undefined && job.triggered.createdAt <= now ? job.triggered : undefined;
  return {
    ...identityOf(job),
    name: job.name,
    step_key: job.stepKey,
    state: stateOf(job, now),
    async: job.isAsync,
    build_url: `${API}/${buildPath(job.build, now)}`,
    web_url: webUrlOf(job, now),
    created_at: withMilliseconds(job.createdAt),
    scheduled_at: withMilliseconds(job.build.createdAt),
    runnable_at: orNull(readyAt(job, now)),
    started_at: orNull(startOf(job, now)),
    finished_at: orNull(endOf(job, now)),
    triggered_build:
      triggered === undefined
        ? null
        : {
            id: triggered.id,
            number: triggered.number,
            url: `${API}/${buildPath(triggered, now)}`,
            web_url: buildWebUrl(triggered, now),
          },
  };
}

/** One plain literal: with spreads in it, a page of the bulk world took four times as long. */
function scriptRow(job: JobHistory, view: View, place: JobPlace): Row {
  const { now } = view;
  const { build, retryOf, agent } = job;
  const { organization } = build.pipeline;
  const state = stateOf(job, now);
  const url = jobUrl(job, now);
  const startedAt = startOf(job, now);
  const hasEnded = endedJobStates.has(state);
  // The old attempt changes, too, the moment that it is retried.
  const next = isRetried(job, now) ? job.retriedIn : undefined;
  const retries = job.attempt + (next === undefined ? 0 : 1);
  const row: Record<string, unknown> = {
    id: job.id,
    graphql_id: graphqlId('Job', job.id),
    type: job.type,
    name: job.name,
    step_key: job.stepKey,
    step: { id: stepId(job), signature: signatureOf(job) },
    priority: { number: 0 },
    agent_query_rules: ['queue=default'],
    state,
    build_url: `${API}/${buildPath(build, now)}`,
    web_url: webUrlOf(job, now),
    log_url: `${url}/log`,
    raw_log_url: `${url}/log.txt`,
    artifacts_url: `${url}/artifacts`,
    command: 'bundle exec rspec',
    soft_failed: hasEnded && job.softFailed,
    exit_status: hasEnded ? job.exitStatus : null,
    signal: null,
    signal_reason: hasEnded ? job.signalReason : null,
    broken_reason: null,
    artifact_paths: job.artifacts > 0 ? 'results/*' : null,
    created_at: withMilliseconds(job.createdAt),
    // Taken over from the build, so that it may be earlier than the job (builds.md).
    scheduled_at: withMilliseconds(build.createdAt),
    runnable_at: orNull(readyAt(job, now)),
    concurrency_wait_time_ms: null,
    started_at: orNull(startedAt),
    finished_at: orNull(endOf(job, now)),
    expired_at: null,
    retried: next !== undefined,
    retried_in_job_id: next?.id ?? null,
    retries_count: retries === 0 ? null : retries,
    retry_source: retryOf === undefined ? null : { job_id: retryOf.id, retry_type: job.retryType },
    retry_type: next?.retryType ?? null,
    retried_by: next?.retryType === 'manual' ? userRow(organization.slug, 3) : null,
    parallel_group_index: job.parallel?.index ?? null,
    parallel_group_total: job.parallel?.total ?? null,
    matrix: job.matrix,
    agent: startedAt === undefined || agent === undefined ? null : embeddedAgentRow(agent, view),
    cluster_id: organization.clusters[0]?.id ?? null,
    cluster_queue_id: agent !== undefined && startedAt !== undefined ? agent.queue.id : null,
  };
  if (place === 'build' && job.groupKey !== null) row.group_key = job.groupKey;
  return row;
}

const stepIds = new Map<string, string>();

/** The same in every build of a pipeline. */
function stepId({ build, name }: JobHistory): string {
  const step = `step ${build.pipeline.id} ${name}`;
  const id = stepIds.get(step) ?? derivedId(step);
  stepIds.set(step, id);
  return id;
}

function signatureOf(job: JobHistory): Row | null {
  if (!isSigned(job)) return null;
  return { value: secretOf('step signature', job.id), algorithm: 'EdDSA', signed_fields: ['command', 'env'] };
}

export const jobUrl = (job: JobHistory, now: number): string =>
  `${API}/${buildPath(job.build, now)}/jobs/${job.id}`;
const webUrlOf = (job: JobHistory, now: number) => `${buildWebUrl(job.build, now)}#${job.id}`;
