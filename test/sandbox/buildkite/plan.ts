import type { BuildOptions, JobOptions } from './builder-options.js';
import type { JobType, Phase } from './history.js';
import { endedJobStates } from './history.js';
import { MINUTE, SECOND } from './time.js';

interface BuildPlan {
  readonly phases: Phase[];
  readonly startedAt: number | undefined;
  readonly finishedAt: number | undefined;
}

/** The states that lead to the last one, with their times. */
export function phasesOfBuild(options: BuildOptions): BuildPlan {
  const { createdAt, state = 'passed' } = options;
  if (state === 'blocked') throw new Error('No build shows the state blocked; see blockBuild.');
  const begun: Phase[] = [{ state: 'creating', from: createdAt }];
  const plan = (phases: Phase[], startedAt?: number, finishedAt?: number): BuildPlan => ({
    phases: phases.map((phase) => ({ ...phase, from: Math.floor(phase.from) })),
    startedAt,
    finishedAt,
  });
  if (state === 'creating') return plan(begun);
  begun.push({ state: 'scheduled', from: createdAt + 200 });
  if (state === 'scheduled') return plan(begun);
  if (state === 'skipped' || state === 'not_run') {
    const at = options.finishedAt ?? createdAt + SECOND;
    return plan([...begun, { state, from: at }], undefined, at);
  }
  const startedAt = Math.max(createdAt + 200, options.startedAt ?? createdAt + 5 * SECOND);
  begun.push({ state: 'running', from: startedAt });
  const isOpen = ['running', 'failing', 'canceling', 'waiting'].includes(state);
  const finishedAt = isOpen ? options.finishedAt : (options.finishedAt ?? startedAt + 5 * MINUTE);
  if (finishedAt !== undefined && finishedAt < startedAt)
    throw new Error('A build that ends before it starts.');
  const halfway = startedAt + ((finishedAt ?? startedAt + MINUTE) - startedAt) / 2;
  if (state === 'failed' || state === 'failing')
    begun.push({ state: 'failing', from: options.failingAt ?? halfway });
  if (state === 'canceled' || state === 'canceling') begun.push({ state: 'canceling', from: halfway });
  if (isOpen || finishedAt === undefined) return plan(begun, startedAt);
  return plan([...begun, { state, from: finishedAt }], startedAt, finishedAt);
}

export function phasesOfJob(options: JobOptions & { type: JobType; createdAt: number }): Phase[] {
  const { type, createdAt } = options;
  const state = options.state ?? (type === 'manual' ? 'unblocked' : 'passed');
  const startedAt = options.startedAt ?? createdAt;
  const finishedAt = Math.max(startedAt, (options.finishedAt ?? startedAt + MINUTE) - SECOND);
  const phases = ((): Phase[] => {
    if (type === 'manual') {
      const blocked = { state: 'blocked', from: createdAt };
      return state === 'blocked' ? [blocked] : [blocked, { state, from: finishedAt }];
    }
    const waiting = { state: 'waiting', from: createdAt };
    if (type === 'waiter') {
      // What stands before it passes when it does; it has no times of its own.
      return endedJobStates.has(state) ? [waiting, { state, from: startedAt }] : [waiting];
    }
    if (state === 'waiting') return [waiting];
    const scheduled = { state: 'scheduled', from: createdAt + (startedAt - createdAt) / 2 };
    if (state === 'scheduled') return [waiting, scheduled];
    // Those never get as far as an agent.
    if (['broken', 'skipped', 'expired', 'waiting_failed', 'blocked_failed'].includes(state))
      return [waiting, { state, from: finishedAt }];
    const running = { state: 'running', from: startedAt };
    if (!endedJobStates.has(state)) return [waiting, scheduled, running];
    return [waiting, scheduled, running, { state, from: finishedAt }];
  })();
  return phases.map((phase) => ({ ...phase, from: Math.floor(phase.from) }));
}

export function exitStatusOf(state: string): number | null {
  if (state === 'passed') return 0;
  if (state === 'failed') return 1;
  // -1 also stands for an agent that was lost.
  return state === 'canceled' || state === 'timed_out' ? -1 : null;
}
