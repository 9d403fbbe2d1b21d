import { createRandom } from '../random.js';
import type { StartedJob } from './jobs.js';
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
