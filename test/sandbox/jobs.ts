import type { JobHistory } from './history.js';
import type { Random } from './random.js';
import { MINUTE, SECOND } from './rows.js';

/** A job written by hand. Times default to slices of the workflow's. */
export interface JobOptions {
  name?: string;
  type?: 'build' | 'approval';
  status?: string;
  startedAt?: number | undefined;
  stoppedAt?: number;
  /** Names of earlier jobs of the list. */
  dependencies?: readonly string[];
}

export interface JobsPlan {
  readonly random: Random;
  readonly createdAt: number;
  readonly stoppedAt: number;
  readonly status: string;
  readonly holdFrom: number | undefined;
  readonly approvedAt: number | undefined;
  /** How much later than a canceled workflow its last job ends. */
  readonly jobLag: number;
  readonly jobs: number | readonly JobOptions[];
  /** Jobs of the workflow rerun from failed: listed again, with the same ids. */
  readonly shared: readonly JobHistory[];
  readonly requires: boolean;
  readonly canceledBy: string | undefined;
  readonly nextNumber: () => number;
  /** The user id of somebody. */
  readonly somebody: () => string;
}

const names = ['checkout', 'build', 'lint', 'test', 'integration', 'deploy-stage', 'deploy', 'notify'];
const failures = ['failed', 'failed', 'failed', 'timedout', 'infrastructure_fail', 'terminated-unknown'];

/** The jobs of a workflow that ends as planned, in topological order. */
export function planJobs(plan: JobsPlan): JobHistory[] {
  return typeof plan.jobs === 'number' ? jobsByCount(plan, plan.jobs) : jobsByHand(plan, plan.jobs);
}

function jobsByHand(plan: JobsPlan, options: readonly JobOptions[]): JobHistory[] {
  const jobs: JobHistory[] = [...plan.shared];
  options.forEach((option, position) => {
    const slice = (plan.stoppedAt - plan.createdAt) / Math.max(1, options.length);
    const dependencies = jobs.filter((job) => option.dependencies?.includes(job.name));
    const type = option.type ?? 'build';
    const startedAt = Object.hasOwn(option, 'startedAt')
      ? option.startedAt
      : plan.createdAt + slice * position;
    jobs.push({
      ...common(plan),
      name: option.name ?? nameOf(plan.shared.length + position),
      type,
      startedAt,
      stoppedAt: option.stoppedAt ?? plan.stoppedAt + (plan.status === 'canceled' ? plan.jobLag : 0),
      status: option.status ?? plan.status,
      number: type === 'build' && startedAt !== undefined ? plan.nextNumber() : undefined,
      dependencies,
    });
  });
  return jobs;
}

function jobsByCount(plan: JobsPlan, count: number): JobHistory[] {
  const { random } = plan;
  const jobs: JobHistory[] = [...plan.shared];
  const own = Math.max(0, count - plan.shared.length);
  const held = plan.holdFrom !== undefined && own > 0;
  const approval = held ? Math.min(1, own - 1) : -1;
  // Nothing begins in a workflow that was refused, or whose config was wrong.
  const never = ['error', 'unauthorized', 'not_run'].includes(plan.status);
  const sound = plan.status === 'success';
  // The job at which a workflow fails or is canceled: those after it do not run.
  const last = never
    ? -1
    : sound || own === 0
      ? own - 1
      : random.integer(Math.min(own - 1, approval + 1), own - 1);
  // A further job goes on while the workflow is already failing.
  const goesOn = plan.status === 'failed' && last > 0 && last > approval && random.chance(0.5);

  for (let position = 0; position < own; position++) {
    const before = jobs.length === 0 || random.chance(0.2) ? [] : [random.pick(jobs)];
    const base = { ...common(plan), name: nameOf(jobs.length), dependencies: before };
    if (position === approval) jobs.push({ ...base, ...approvalJob(plan) });
    else if (position > last || (held && plan.approvedAt === undefined && position > approval)) {
      const status = plan.status === 'canceled' ? random.pick(['canceled', 'not_run']) : notRun(plan.status);
      jobs.push({
        ...base,
        type: 'build',
        startedAt: undefined,
        stoppedAt: plan.stoppedAt,
        status,
        number: undefined,
      });
    } else {
      const [from, to] = window(plan, position, approval, last);
      const failing = !sound && position === (goesOn ? last - 1 : last);
      const lag = plan.status === 'canceled' && position === last ? plan.jobLag : 0;
      jobs.push({
        ...base,
        type: 'build',
        startedAt: from,
        stoppedAt: to + lag,
        status: !failing ? 'success' : plan.status === 'canceled' ? 'canceled' : random.pick(failures),
        number: plan.nextNumber(),
      });
    }
  }
  return jobs;
}

function common(
  plan: JobsPlan,
): Pick<JobHistory, 'id' | 'nullStart' | 'requires' | 'approvedBy' | 'canceledBy'> {
  return {
    id: plan.random.uuid(),
    nullStart: plan.random.chance(0.5),
    requires: plan.requires,
    approvedBy: undefined,
    canceledBy: plan.canceledBy,
  };
}

/** On hold from holdFrom until somebody approves, or the workflow ends. It has no number (faros PR 1151). */
function approvalJob(
  plan: JobsPlan,
): Pick<JobHistory, 'type' | 'startedAt' | 'stoppedAt' | 'status' | 'number' | 'approvedBy'> {
  const approved = plan.approvedAt !== undefined;
  return {
    type: 'approval',
    startedAt: plan.holdFrom,
    stoppedAt: plan.approvedAt ?? plan.stoppedAt,
    status: approved ? 'success' : 'canceled',
    number: undefined,
    approvedBy: approved ? plan.somebody() : undefined,
  };
}

/** From when to when a job runs: in turn, a little overlapping, and before or after the approval. */
function window(plan: JobsPlan, position: number, approval: number, last: number): [number, number] {
  const second = approval >= 0 && position > approval;
  const from = second ? (plan.approvedAt ?? plan.createdAt) : plan.createdAt;
  const to = !second && approval >= 0 ? (plan.holdFrom ?? plan.stoppedAt) : plan.stoppedAt;
  const first = second ? approval + 1 : 0;
  const count = Math.max(1, (second || approval < 0 ? last : approval - 1) - first + 1);
  const slice = (to - from) / count;
  const wait = Math.min(slice / 2, plan.random.between(SECOND, MINUTE));
  return [from + slice * (position - first) + wait, from + slice * (position - first + 1)];
}

const notRun = (status: string) => (status === 'unauthorized' ? 'unauthorized' : 'not_run');
const nameOf = (position: number) => {
  const round = Math.floor(position / names.length);
  const name = names[position % names.length] as string;
  return round === 0 ? name : `${name}-${round + 1}`;
};
