import { createRandom } from '../random.js';
import type {
  AgentHistory,
  ClusterHistory,
  OrganizationHistory,
  Phase,
  PipelineHistory,
  TeamHistory,
} from './history.js';
import { derivedId, PEOPLE } from './identity.js';
import type { BuildkiteFeatures } from './options.js';
import { DAY, HOUR } from './time.js';

export interface OrganizationOptions {
  slug: string;
  seed: number;
  start: number;
  end: number;
  features: BuildkiteFeatures;
}

/** An organization with its people and machines, still without pipelines. */
export function organizationOf(options: OrganizationOptions): OrganizationHistory {
  const { slug, start } = options;
  const clusters: ClusterHistory[] = ['Open Source', 'Deployments'].map((name) => ({
    id: derivedId(`cluster ${slug} ${name}`),
    name,
    queues: ['default', 'macos'].map((key) => ({ id: derivedId(`queue ${slug} ${name} ${key}`), key })),
  }));
  const agents: AgentHistory[] = [];
  const organization: OrganizationHistory = {
    id: derivedId(`organization ${slug}`),
    slug,
    createdAt: start - 900 * DAY,
    pipelines: [],
    members: PEOPLE,
    clusters,
    agents,
    teams: teamsOf(slug, start),
    suites: ['rspec', 'browser'].map((suite) => ({
      id: derivedId(`suite ${slug} ${suite}`),
      slug: suite,
      name: `${suite} suite`,
      tests: suite === 'rspec' ? 12 : 3,
      runs: [],
    })),
  };
  agents.push(...agentsOf(organization, options));
  return organization;
}

function agentsOf(organization: OrganizationHistory, options: OrganizationOptions): AgentHistory[] {
  const random = createRandom(options.seed, `agents ${options.slug}`);
  return Array.from({ length: 5 }, (_, index): AgentHistory => {
    const cluster = organization.clusters[index % organization.clusters.length] as ClusterHistory;
    const connections: Phase[] = [{ state: 'connected', from: options.start - 10 * DAY }];
    if (options.features.volatileAgents) {
      let at = options.start + random.between(0, 10 * DAY);
      for (let changes = random.integer(2, 8); changes > 0 && at < options.end; changes--) {
        const state = random.pick(['stopping', 'disconnected', 'lost', 'connected']);
        connections.push({ state, from: Math.floor(at) });
        at += random.between(HOUR, 12 * DAY);
      }
    }
    return {
      organization,
      id: derivedId(`agent ${options.slug} ${index}`),
      name: `ci-${index + 1}`,
      createdAt: options.start - 10 * DAY,
      connections,
      queue: random.pick(cluster.queues),
      isOld: index % 2 === 0,
      jobs: [],
    };
  });
}

function teamsOf(slug: string, start: number): TeamHistory[] {
  const names = { 'fearless-frontenders': [0, 1, 2], 'back-end': [1, 3, 4, 5], 'empty-team': [] };
  return Object.entries(names).map(([team, members]) => ({
    id: derivedId(`team ${slug} ${team}`),
    name: team.replaceAll('-', ' '),
    slug: team,
    createdAt: start - 400 * DAY,
    members,
    pipelines: [],
  }));
}

/** Every team but the empty one has some of the pipelines. */
export function shareWithTeams(pipeline: PipelineHistory): void {
  const { teams, pipelines } = pipeline.organization;
  const position = pipelines.indexOf(pipeline);
  for (const [index, team] of teams.entries()) {
    if (team.members.length === 0 || (position + index) % 3 === 2) continue;
    const accessLevel = index === 0 ? 'manage_build_and_read' : 'read_only';
    team.pipelines.push({ pipeline, accessLevel });
  }
}
