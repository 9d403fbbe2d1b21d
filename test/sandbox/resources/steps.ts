import { createRandom } from '../random.js';
import { withMilliseconds } from '../rows.js';
import type { Row } from '../source.js';
import { projectRow } from '../views.js';
import type { StartedJob } from './jobs.js';
import type { Printed } from './outputs.js';
import { outputUrl, printed } from './outputs.js';
import type { View } from './view.js';

/** What one container does in one step. */
export interface Action {
  readonly step: number;
  readonly index: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly name: string;
  readonly type: string;
  /** From endedAt on. */
  readonly status: string;
  readonly command: string | null;
  readonly parallel: boolean;
}

const commands = ['npm ci', 'npm run lint', 'npm test', 'npm run build', './deploy.sh'];

/** All that the job will have done, in the order of the steps, and then of the containers. */
export function actionsOf(view: View, { job, parallelism, startedAt }: StartedJob): Action[] {
  const random = createRandom(view.seed, `steps ${job.id}`);
  const own = random.integer(0, 4);
  // Numbers are those of the runner, with gaps: 0, 99, 101, …
  const plan: Pick<Action, 'step' | 'name' | 'type' | 'command'>[] = [
    { step: 0, name: 'Spin up environment', type: 'infrastructure', command: null },
    { step: 99, name: 'Preparing environment variables', type: 'infrastructure', command: null },
    { step: 101, name: 'Checkout code', type: 'checkout', command: null },
  ];
  for (let step = 101, count = 0; count < own; count++) {
    step += random.integer(1, 3);
    const command = random.pick(commands);
    plan.push({ step, name: command, type: 'test', command: `#!/bin/bash -eo pipefail\n${command}` });
  }
  // The container that fails does no more; the others go on to the end.
  const failing = random.integer(0, parallelism - 1);
  const last = plan.length - 1;
  const failed = job.status === 'success' ? undefined : random.integer(Math.min(2, last), last);
  const slice = (job.stoppedAt - startedAt) / plan.length;
  return plan.flatMap((step, position) =>
    Array.from({ length: parallelism }, (_, index): Action[] => {
      // The environment is one, whatever the parallelism.
      const parallel = position > 0;
      const isOver = failed !== undefined && index === failing && position > failed;
      if ((!parallel && index > 0) || isOver) return [];
      const fails = index === failing && position === failed;
      const stretched = fails ? plan.length : position + 1;
      return [
        {
          ...step,
          index,
          parallel,
          startedAt: startedAt + slice * position,
          endedAt: stretched === plan.length ? job.stoppedAt : startedAt + slice * stretched,
          status: fails ? endOf(job.status) : 'success',
        },
      ];
    }).flat(),
  );
}

const endOf = (status: string): string =>
  ['failed', 'timedout', 'canceled'].includes(status) ? status : 'infrastructure_fail';

/** An action as far as it has come, without the URL of its output; undefined before it begins. */
export function actionRow(view: View, place: StartedJob, action: Action): Row | undefined {
  if (action.startedAt > view.now) return undefined;
  const ended = action.endedAt <= view.now;
  const status = ended ? action.status : 'running';
  return {
    index: action.index,
    step: action.step,
    name: action.name,
    type: action.type,
    status,
    bash_command: action.command,
    exit_code: !ended || action.command === null ? null : status === 'success' ? 0 : 1,
    start_time: withMilliseconds(action.startedAt),
    end_time: ended ? withMilliseconds(action.endedAt) : null,
    run_time_millis: ended ? Math.floor(action.endedAt) - Math.floor(action.startedAt) : null,
    has_output: messagesOf(view, place, action).length > 0,
    failed: status === 'failed' ? true : null,
    infrastructure_fail: status === 'infrastructure_fail' ? true : null,
    timedout: status === 'timedout' ? true : null,
    canceled: status === 'canceled' ? true : null,
    background: false,
    parallel: action.parallel,
    insignificant: false,
    truncated: false,
    continue: null,
  };
}

export const messagesOf = (view: View, { job }: StartedJob, action: Action): Printed[] =>
  printed(view, job.id, action).filter(({ at }) => at <= view.now);

/** The job as v1.1 has it; of its many members those that a reader of steps may look at. */
export function buildRow(view: View, place: StartedJob): Row {
  const { job, number, startedAt, stoppedAt, status, parallelism, pipeline } = place;
  const project = projectRow(pipeline.project, view.now);
  const [, username = '', reponame = ''] = project.slug.split('/');
  const steps: { step: number; name: string; actions: Row[] }[] = [];
  for (const action of actionsOf(view, place)) {
    const row = actionRow(view, place, action);
    if (row === undefined) continue;
    const url = row.has_output === true ? { output_url: outputUrl(view, job.id, action) } : {};
    if (steps.at(-1)?.step !== action.step) steps.push({ step: action.step, name: action.name, actions: [] });
    steps.at(-1)?.actions.push({ ...row, ...url });
  }
  return {
    build_num: number,
    build_url: `https://circleci.com/${project.slug}/${number}`,
    vcs_url: project.vcs_info.vcs_url,
    username,
    reponame,
    branch: pipeline.rest.vcs?.branch ?? null,
    lifecycle: stoppedAt === undefined ? 'running' : 'finished',
    status,
    outcome: stoppedAt === undefined ? null : status,
    start_time: withMilliseconds(startedAt),
    stop_time: stoppedAt === undefined ? null : withMilliseconds(stoppedAt),
    build_time_millis: stoppedAt === undefined ? null : Math.floor(stoppedAt) - Math.floor(startedAt),
    parallel: parallelism,
    committer_email: 'ada@example.com',
    ssh_users: [],
    steps: steps.map(({ name, actions }) => ({ name, actions })),
  };
}
