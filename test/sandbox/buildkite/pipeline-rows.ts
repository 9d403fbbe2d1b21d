import type { PipelineHistory, ScheduleHistory } from './history.js';
import { phaseAt, slugAt } from './history.js';
import type { Row } from './identity.js';
import { API, graphqlId, userRow, WEB } from './identity.js';
import { secretOf } from './secrets.js';
import { DAY, orNull, spelledOut, withMilliseconds } from './time.js';
import type { View } from './view.js';

export function pipelineUrl(pipeline: PipelineHistory, now: number): string {
  return `${API}/organizations/${pipeline.organization.slug}/pipelines/${slugAt(pipeline, now)}`;
}

export function pipelineRow(pipeline: PipelineHistory, { now, coins }: View): Row {
  const { id, organization, createdAt, archivedAt } = pipeline;
  const slug = slugAt(pipeline, now);
  const url = pipelineUrl(pipeline, now);
  const webhook = `https://webhook.buildkite.com/deliver/${secretOf('webhook url', id)}`;
  const webhookUrl = { present: { webhook_url: webhook }, empty: { webhook_url: '' }, absent: {} };
  return {
    id,
    graphql_id: graphqlId('Pipeline', id),
    url,
    web_url: `${WEB}/${organization.slug}/${slug}`,
    name: slug,
    description: null,
    slug,
    repository: `git@github.com:${organization.slug}/${slug}.git`,
    cluster_id: organization.clusters[0]?.id ?? null,
    branch_configuration: null,
    default_branch: 'main',
    skip_queued_branch_builds: false,
    skip_queued_branch_builds_filter: null,
    cancel_running_branch_builds: false,
    cancel_running_branch_builds_filter: null,
    allow_rebuilds: true,
    provider: {
      id: 'github',
      ...webhookUrl[coins.webhookUrl],
      settings: {
        trigger_mode: 'code',
        build_pull_requests: true,
        repository: `${organization.slug}/${slug}`,
      },
    },
    builds_url: `${url}/builds`,
    ...(coins.badgeUrl === 'present'
      ? { badge_url: `https://badge.buildkite.com/${secretOf('badge url', id)}.svg` }
      : {}),
    created_by: userRow(organization.slug, 0),
    created_at: coins.pipelineCreatedAt === 'ISO' ? withMilliseconds(createdAt) : spelledOut(createdAt),
    archived_at: archivedAt !== undefined && archivedAt <= now ? withMilliseconds(archivedAt) : null,
    env: { NPM_TOKEN: secretOf('pipeline env', id) },
    ...countersOf(pipeline, now),
    visibility: 'private',
    tags: null,
    emoji: null,
    color: null,
    configuration: 'steps:\n  - command: "buildkite-agent pipeline upload"\n',
    steps: [{ type: 'script', name: ':pipeline:', command: 'buildkite-agent pipeline upload', env: {} }],
  };
}

/** Live: they change without any change of the pipeline. */
function countersOf(pipeline: PipelineHistory, now: number): Row {
  const builds = pipeline.builds.map((build) => phaseAt(build.phases, now)?.state);
  const jobs = pipeline.builds.flatMap((build) => build.jobs.map((job) => phaseAt(job.phases, now)?.state));
  const count = (states: readonly (string | undefined)[], state: string) =>
    states.filter((one) => one === state).length;
  return {
    scheduled_builds_count: count(builds, 'scheduled'),
    running_builds_count: count(builds, 'running'),
    scheduled_jobs_count: count(jobs, 'scheduled'),
    running_jobs_count: count(jobs, 'running'),
    waiting_jobs_count: count(jobs, 'waiting'),
  };
}

export function scheduleRow(pipeline: PipelineHistory, schedule: ScheduleHistory, view: View): Row {
  const url = pipelineUrl(pipeline, view.now);
  const { id, label, createdAt, isEnabled } = schedule;
  const night = Math.floor(Math.min(view.now, view.quietFrom) / DAY) * DAY + DAY;
  return {
    id,
    graphql_id: graphqlId('PipelineSchedule', id),
    url: `${url}/schedules/${id}`,
    label,
    cronline: '@daily',
    message: label,
    commit: 'HEAD',
    branch: 'main',
    env: { DEPLOY_TOKEN: secretOf('schedule env', id) },
    enabled: isEnabled,
    next_build_at: isEnabled ? withMilliseconds(night) : null,
    failed_message: null,
    failed_at: orNull(undefined),
    created_at: withMilliseconds(createdAt),
    created_by: userRow(pipeline.organization.slug, 1),
    pipeline: { id: pipeline.id, slug: slugAt(pipeline, view.now), url },
  };
}
