import type { ClusterHistory, OrganizationHistory, QueueHistory, TeamHistory } from './history.js';
import type { Row } from './identity.js';
import { API, graphqlId, userRow, WEB } from './identity.js';
import { pipelineUrl } from './pipeline-rows.js';
import { withMilliseconds } from './time.js';
import type { View } from './view.js';

export function organizationRow({ id, slug, createdAt }: OrganizationHistory): Row {
  const url = `${API}/organizations/${slug}`;
  return {
    id,
    graphql_id: graphqlId('Organization', id),
    url,
    web_url: `${WEB}/${slug}`,
    name: `The ${slug} company`,
    slug,
    pipelines_url: `${url}/pipelines`,
    agents_url: `${url}/agents`,
    emojis_url: `${url}/emojis`,
    created_at: withMilliseconds(createdAt),
  };
}

/** The owner of the token. */
export const currentUserRow = (organization: OrganizationHistory): Row => userRow(organization.slug, 0);

/** No times at all; who is not an admin does not see `sso_mode` of others. */
export function memberRow({ slug }: OrganizationHistory, index: number): Row {
  const { id, name, email } = userRow(slug, index);
  return {
    id,
    name,
    email,
    role: index === 0 ? 'admin' : 'member',
    ...(index === 0 ? { sso_mode: 'optional' } : {}),
  };
}

export function teamRow({ slug: organization }: OrganizationHistory, team: TeamHistory): Row {
  const { id, name, slug, createdAt, members } = team;
  return {
    id,
    graphql_id: graphqlId('Team', id),
    name,
    slug,
    description: '',
    created_at: withMilliseconds(createdAt),
    privacy: members.length === 0 ? 'secret' : 'visible',
    default: members.length > 3,
    created_by: members.length === 0 ? null : userRow(organization, 0),
  };
}

export function teamMemberRow({ slug }: OrganizationHistory, team: TeamHistory, index: number): Row {
  const { id, name } = userRow(slug, index);
  const role = index === team.members[0] ? 'maintainer' : 'member';
  return { role, created_at: withMilliseconds(team.createdAt + index), user_id: id, user_name: name };
}

export function teamPipelineRow(
  { pipeline, accessLevel }: TeamHistory['pipelines'][number],
  { now }: View,
): Row {
  return {
    access_level: accessLevel,
    created_at: withMilliseconds(pipeline.createdAt),
    pipeline_id: pipeline.id,
    pipeline_url: pipelineUrl(pipeline, now),
  };
}

const clusterUrl = ({ slug }: OrganizationHistory, cluster: ClusterHistory) =>
  `${API}/organizations/${slug}/clusters/${cluster.id}`;

export function clusterRow(organization: OrganizationHistory, cluster: ClusterHistory): Row {
  const { id, name, queues } = cluster;
  const url = clusterUrl(organization, cluster);
  return {
    id,
    graphql_id: graphqlId('Cluster', id),
    default_queue_id: queues[0]?.id ?? null,
    name,
    description: null,
    emoji: ':technologist:',
    color: '#FFE0F1',
    maintainers: { users: [], teams: [] },
    url,
    web_url: `${WEB}/organizations/${organization.slug}/clusters/${id}`,
    default_queue_url: `${url}/queues/${queues[0]?.id}`,
    queues_url: `${url}/queues`,
    created_at: withMilliseconds(organization.createdAt),
    created_by: userRow(organization.slug, 0),
  };
}

export function queueRow(
  organization: OrganizationHistory,
  cluster: ClusterHistory,
  queue: QueueHistory,
): Row {
  const url = clusterUrl(organization, cluster);
  return {
    id: queue.id,
    graphql_id: graphqlId('ClusterQueue', queue.id),
    key: queue.key,
    description: null,
    url: `${url}/queues/${queue.id}`,
    web_url: `${WEB}/organizations/${organization.slug}/clusters/${cluster.id}/queues/${queue.id}`,
    cluster_url: url,
    retry_agent_affinity: 'prefer-warmest',
    dispatch_paused: false,
    dispatch_paused_by: null,
    dispatch_paused_at: null,
    dispatch_paused_note: null,
    created_at: withMilliseconds(organization.createdAt),
    created_by: userRow(organization.slug, 0),
  };
}
