import { TapError } from '../errors.js';
import type { ProjectChoice } from '../sources/circleci/projects.js';
import type { ReplicationMethod } from '../streams/define.js';
import { parseProjects } from './projects.js';
import type { Settings } from './settings.js';
import { headerSetting, urlSetting } from './values.js';

/** What the settings say of CircleCI alone. */
export interface CircleCIConfig {
  /** Empty where nothing will be asked. */
  readonly token: string;
  readonly projects: ProjectChoice;
  readonly baseUrl: URL;
  /** Days of pipelines before the last sync whose workflows are listed again in every run. */
  readonly lookbackDays: number;
  /** Days between two runs that look back 90 days; 0: never. */
  readonly deepEveryDays: number;
  /** What holds for `jobs` where no catalog says another. */
  readonly jobsReplicationMethod: ReplicationMethod;
  /** The jobs whose logs `job_logs` reads. */
  readonly logJobs: 'failed' | 'all';
  /** Bytes that are kept of a step's output, from its end; 0: none. */
  readonly logTailBytes: number;
  /** The rows that `test_results` has. */
  readonly testResultsKept: 'all' | 'failed';
}

/** What a sync cannot do without; either of them says that CircleCI is meant to be read. */
export const requiredOfCircleCI: readonly string[] = ['token', 'project_slugs'];

/**
 * What checked settings say of CircleCI, taken apart.
 * @param required settings that must be given; without project_slugs among them there may be no project
 * @throws TapError naming the setting that is wrong
 */
export function parseCircleCI(settings: Settings, required: readonly string[]): CircleCIConfig {
  const projects = parseProjects(settings.project_slugs ?? [], settings.org_slugs ?? []);
  if (isEmpty(projects) && required.includes('project_slugs')) {
    throw new TapError('project_slugs names no project.', { next: 'Write for example gh/acme/web.' });
  }
  return {
    token: headerSetting('token', (settings.token ?? '').trim()),
    projects,
    baseUrl: urlSetting('base_url', settings.base_url, {
      secret: 'token',
      next: 'For CircleCI Server write https://<host>/api/v2.',
    }),
    lookbackDays: settings.lookback_days,
    deepEveryDays: settings.deep_every_days,
    jobsReplicationMethod: settings.jobs_replication_method,
    logJobs: settings.log_jobs,
    logTailBytes: settings.log_tail_bytes,
    testResultsKept: settings.test_results_kept,
  };
}

function isEmpty({ slugs, organizations, patterns }: ProjectChoice): boolean {
  return slugs.length + organizations.length + patterns.length === 0;
}
