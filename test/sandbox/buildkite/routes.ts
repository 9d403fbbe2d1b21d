import type { Scope } from './options.js';

const ORGANIZATION = '/organizations/{organization}';
const BUILD = `${ORGANIZATION}/pipelines/{pipeline}/builds/{number}`;
const SUITE = `/analytics${ORGANIZATION}/suites/{suite}`;

/** The endpoints that the sandbox has, and the scope that each asks for; null for none. */
export const endpoints = {
  '/access-token': null,
  '/user': 'read_user',
  '/organizations': 'read_organizations',
  [ORGANIZATION]: 'read_organizations',
  [`${ORGANIZATION}/members`]: 'read_organizations',
  [`${ORGANIZATION}/pipelines`]: 'read_pipelines',
  [`${ORGANIZATION}/pipelines/{pipeline}`]: 'read_pipelines',
  [`${ORGANIZATION}/pipelines/{pipeline}/schedules`]: 'read_pipelines',
  [`${ORGANIZATION}/builds`]: 'read_builds',
  [`${ORGANIZATION}/pipelines/{pipeline}/builds`]: 'read_builds',
  [BUILD]: 'read_builds',
  [`${BUILD}/jobs`]: 'read_builds',
  [`${BUILD}/jobs/{job}`]: 'read_builds',
  [`${BUILD}/jobs/{job}/log`]: 'read_build_logs',
  [`${BUILD}/jobs/{job}/log.txt`]: 'read_build_logs',
  [`${BUILD}/jobs/{job}/env`]: 'read_job_env',
  [`${BUILD}/jobs/{job}/artifacts`]: 'read_artifacts',
  [`${BUILD}/artifacts`]: 'read_artifacts',
  [`${BUILD}/annotations`]: 'read_builds',
  [`${ORGANIZATION}/jobs/{job}`]: 'read_builds',
  [`${ORGANIZATION}/jobs/{job}/log`]: 'read_build_logs',
  [`${ORGANIZATION}/jobs/{job}/log.txt`]: 'read_build_logs',
  [`${ORGANIZATION}/jobs/{job}/env`]: 'read_job_env',
  [`${ORGANIZATION}/jobs/{job}/artifacts`]: 'read_artifacts',
  [`${ORGANIZATION}/teams`]: 'read_teams',
  [`${ORGANIZATION}/teams/{team}/members`]: 'read_teams',
  [`${ORGANIZATION}/teams/{team}/pipelines`]: 'read_teams',
  [`${ORGANIZATION}/agents`]: 'read_agents',
  [`${ORGANIZATION}/clusters`]: 'read_clusters',
  [`${ORGANIZATION}/clusters/{cluster}/queues`]: 'read_clusters',
  [`/analytics${ORGANIZATION}/suites`]: 'read_suites',
  [`${SUITE}/runs`]: 'read_suites',
  [`${SUITE}/runs/{run}`]: 'read_suites',
  [`${SUITE}/tests`]: 'read_suites',
} as const satisfies Record<string, Scope | null>;

export type Parameter = 'organization' | 'pipeline' | 'number' | 'job' | 'team' | 'cluster' | 'suite' | 'run';

export interface Route {
  /** As in `endpoints`. */
  readonly endpoint: string;
  readonly scope: Scope | null;
  readonly parameters: Readonly<Partial<Record<Parameter, string>>>;
}

const patterns = Object.entries(endpoints).map(([endpoint, scope]: [string, Scope | null]) => ({
  endpoint,
  scope,
  segments: endpoint.split('/'),
}));

/** Of a path below the base URL, without its query; undefined where the API has no such route. */
export function routeOf(path: string): Route | undefined {
  const segments = path.split('/');
  for (const pattern of patterns) {
    if (pattern.segments.length !== segments.length) continue;
    const parameters: Record<string, string> = {};
    const fits = pattern.segments.every((wanted, index) => {
      const given = segments[index] as string;
      if (!wanted.startsWith('{')) return wanted === given;
      parameters[wanted.slice(1, -1)] = decodeURIComponent(given);
      return given !== '';
    });
    if (fits) return { endpoint: pattern.endpoint, scope: pattern.scope, parameters };
  }
  return undefined;
}
