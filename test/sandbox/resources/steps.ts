import { withMilliseconds } from '../rows.js';
import type { Row } from '../source.js';
import { projectRow } from '../views.js';
import type { Action } from './actions.js';
import { actionsOf } from './actions.js';
import type { StartedJob } from './jobs.js';
import { messagesOf, outputUrl } from './outputs.js';
import type { View } from './view.js';

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
