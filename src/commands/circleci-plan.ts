import type { Config } from '../config/config.js';
import type { Row } from '../http/pagination.js';
import type { Outputs, Plan } from '../sources/circleci/survey.js';
import { jobLogs } from '../streams/circleci/job-logs.js';
import { jobSteps } from '../streams/circleci/job-steps.js';
import { jobs } from '../streams/circleci/jobs.js';
import { pipelines } from '../streams/circleci/pipelines.js';
import { projects } from '../streams/circleci/projects.js';
import { workflows } from '../streams/circleci/workflows.js';
import { isAtOrBelow, type StreamDefinition } from '../streams/define.js';
import { young } from '../sync/circleci/bounds.js';
import { wantsLogs } from '../sync/circleci/due.js';
import { yearBefore } from '../sync/settings.js';
import { day } from '../time.js';

/**
 * What a sync with this config is going to ask of each project.
 * @param now milliseconds since 1970
 * @param v11 base URL of API v1.1
 */
export function planOf({ startDate, endDate, streams, circleci }: Config, now: number, v11: string): Plan {
  // What a first sync leaves as its bookmark.
  const since = Math.min(now, endDate ?? now);
  const isRead = (root: StreamDefinition) => streams.some((stream) => isAtOrBelow(stream, root));
  const directlyBelow = (parent: StreamDefinition) => streams.filter((stream) => stream.parent === parent);
  const outputs = streams.includes(jobLogs) ? outputsOf(v11, circleci?.logJobs ?? 'all') : undefined;
  const ofJobs = directlyBelow(jobs).filter((stream) => stream !== jobSteps);
  const readsSteps = (job: Row) =>
    (streams.includes(jobSteps) && jobSteps.asks({ jobs: job })) || outputs?.isRead(job) === true;
  return {
    startDate: startDate ?? yearBefore(now),
    endDate,
    lookbackStart: since - Math.max(young, (circleci?.lookbackDays ?? 0) * day),
    youngStart: since - young,
    pipelines: isRead(pipelines),
    workflows: isRead(workflows),
    jobs: isRead(jobs),
    allJobs: streams.includes(jobs) && circleci?.jobsReplicationMethod === 'FULL_TABLE',
    perProject: directlyBelow(projects).length,
    perPipeline: directlyBelow(pipelines).filter((stream) => stream !== workflows).length,
    perJob: (job) =>
      ofJobs.filter(({ asks }) => asks?.({ jobs: job }) !== false).length + (readsSteps(job) ? 1 : 0),
    outputs,
  };
}

function outputsOf(v11: string, logJobs: 'failed' | 'all'): Outputs {
  return {
    v11,
    isRead: (job) => jobSteps.asks({ jobs: job }) && wantsLogs({ logJobs }, job),
    countIn: (job) => jobSteps.rows(job).filter((step) => jobLogs.asks({ job_steps: step })).length,
  };
}
