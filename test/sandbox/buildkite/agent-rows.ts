import type { AgentHistory, JobHistory } from './history.js';
import { endedJobStates, latest, phaseAt } from './history.js';
import type { Row } from './identity.js';
import { API, graphqlId, userRow, WEB } from './identity.js';
import { secretOf } from './secrets.js';
import { orNull, withMilliseconds } from './time.js';
import type { View } from './view.js';

interface AgentRowOptions {
  /** The three keys of the docs' example of a job. */
  readonly isBrief?: boolean;
  /** Only the list of agents says what an agent is doing. */
  readonly job?: Row | null;
}

/** Some of it changes with time alone: connection_state, last_job_finished_at. */
export function agentRow(agent: AgentHistory, { now }: View, options: AgentRowOptions = {}): Row {
  const { id, name, organization, queue } = agent;
  const url = `${API}/organizations/${organization.slug}/agents/${id}`;
  if (options.isBrief === true) return { id, url, name };
  const state = connectionOf(agent, now);
  const since = (wanted: string) => orNull(latest(agent.connections, now, (phase) => phase.state === wanted));
  return {
    id,
    graphql_id: graphqlId('Agent', id),
    url,
    web_url: `${WEB}/organizations/${organization.slug}/agents/${id}`,
    name,
    connection_state: state,
    hostname: `${name}.internal`,
    ip_address: '144.132.19.12',
    user_agent: 'buildkite-agent/3.99.0 (linux; amd64)',
    version: '3.99.0',
    os_id: 'linux',
    arch: 'amd64',
    queue: queue.key,
    creator: userRow(organization.slug, 0),
    created_at: withMilliseconds(agent.createdAt),
    connected_at: since('connected'),
    disconnected_at: since('disconnected'),
    lost_at: since('lost'),
    stopped_at: null,
    job: options.job ?? null,
    last_job_finished_at: orNull(lastEnd(agent.jobs, now)),
    priority: null,
    meta_data: [`queue=${queue.key}`],
    ...(agent.isOld ? { access_token: secretOf('agent access token', id) } : {}),
  };
}

const embedded = new WeakMap<View, Map<AgentHistory, Row>>();

/** In a job. Made once for an answer: it says when each of its jobs has ended. */
export function embeddedAgentRow(agent: AgentHistory, view: View): Row {
  const rows = embedded.get(view) ?? new Map<AgentHistory, Row>();
  embedded.set(view, rows);
  const row = rows.get(agent) ?? agentRow(agent, view, { isBrief: view.coins.embeddedAgent === 'brief' });
  rows.set(agent, row);
  return row;
}

export function connectionOf(agent: AgentHistory, now: number): string {
  return phaseAt(agent.connections, now)?.state ?? 'never_connected';
}

/** The list has only those (agents.md). */
export function isConnected(agent: AgentHistory, now: number): boolean {
  return ['connected', 'stopping'].includes(connectionOf(agent, now));
}

export function currentJob(agent: AgentHistory, now: number): JobHistory | undefined {
  return agent.jobs.find((job) => phaseAt(job.phases, now)?.state === 'running');
}

function lastEnd(jobs: readonly JobHistory[], now: number): number | undefined {
  let last: number | undefined;
  for (const job of jobs) {
    const end = latest(job.phases, now, ({ state }) => endedJobStates.has(state));
    if (end !== undefined && (last === undefined || end > last)) last = end;
  }
  return last;
}
