import type { BuildHistory, Phase } from './history.js';
import { finishedStates, latest, phaseAt, slugAt } from './history.js';
import type { Row } from './identity.js';
import { API, graphqlId, WEB } from './identity.js';
import { secretOf } from './secrets.js';
import { orNull, withMilliseconds } from './time.js';
import type { View } from './view.js';

export function buildPath({ pipeline, number }: BuildHistory, now: number): string {
  return `organizations/${pipeline.organization.slug}/pipelines/${slugAt(pipeline, now)}/builds/${number}`;
}

export function buildWebUrl({ pipeline, number }: BuildHistory, now: number): string {
  return `${WEB}/${pipeline.organization.slug}/${slugAt(pipeline, now)}/builds/${number}`;
}

/** What happened up to now; a build that is shown has at least one phase. */
export function phaseOfBuild(build: BuildHistory, now: number): Phase {
  return phaseAt(build.phases, now) ?? { state: 'creating', from: build.createdAt };
}

/** Undefined where the row has null. */
export function finishedAt(build: BuildHistory, { now, coins }: View): number | undefined {
  let found: number | undefined;
  let shown: number | undefined;
  for (const { state, from, blocked, reopened } of build.phases) {
    if (from > now) break;
    if (reopened === true && coins.reopened === 'null') shown = undefined;
    else if (!finishedStates.has(state)) shown = reopened === true || shown !== undefined ? found : undefined;
    else if (blocked === true) shown = coins.blockedFinishedAt === 'set' ? from : undefined;
    else if (state === 'skipped' || state === 'not_run')
      shown = coins.skippedFinishedAt === 'set' ? from : undefined;
    else {
      found = found === undefined || coins.refinish === 'moves' ? from : found;
      shown = found;
    }
  }
  return shown;
}

/** Without its jobs and its pipeline. */
export function buildRow(build: BuildHistory, view: View): Row {
  const { now, coins } = view;
  const phase = phaseOfBuild(build, now);
  const { pipeline, rest, triggeredBy } = build;
  const from = triggeredBy?.build;
  // On a retry it becomes later than what the other jobs have ("Builds with job retries", defining_steps.md).
  const startedAt = latestStart(build, now);
  return {
    id: build.id,
    graphql_id: graphqlId('Build', build.id),
    url: `${API}/${buildPath(build, now)}`,
    web_url: buildWebUrl(build, now),
    number: build.number,
    state: phase.blocked === true && coins.blockedState === 'blocked' ? 'blocked' : phase.state,
    blocked: phase.blocked === true,
    blocked_state: phase.blocked === true ? phase.state : '',
    cancel_reason: null,
    ...rest,
    env: build.hasSecrets ? { DEPLOY_KEY: secretOf('build env', build.id) } : {},
    // Its first moments are earlier than the build's own creation in both recordings.
    created_at: withMilliseconds(build.createdAt),
    scheduled_at: phase.state === 'creating' ? null : withMilliseconds(build.createdAt - 7),
    started_at: orNull(startedAt),
    // Once set it stays, even if a retry passes.
    failing_at: orNull(build.phases.find(({ state, from: at }) => state === 'failing' && at <= now)?.from),
    finished_at: orNull(finishedAt(build, view)),
    meta_data: metaDataOf(build, startedAt),
    ...(from === undefined
      ? {}
      : {
          triggered_from: {
            build_id: from.id,
            build_number: from.number,
            build_pipeline_slug: slugAt(from.pipeline, now),
          },
        }),
    cluster_id: pipeline.organization.clusters[0]?.id ?? null,
  };
}

function latestStart(build: BuildHistory, now: number): number | undefined {
  const first = build.phases.find(({ state, from }) => state === 'running' && from <= now)?.from;
  return latest(build.phases, now, ({ reopened }) => reopened === true) ?? first;
}

function metaDataOf(build: BuildHistory, startedAt: number | undefined): Row {
  if (startedAt === undefined) return {};
  return {
    'buildkite:git:commit': 'commit 8f4a\nabbrev-commit 8f4a',
    ...(build.hasSecrets ? { 'release-key': secretOf('meta-data', build.id) } : {}),
  };
}
