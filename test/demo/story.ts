import type { BuildOptions } from '../sandbox/buildkite/builder-options.js';
import { plainBuildkiteCoins } from '../sandbox/buildkite/coins.js';
import { type BuildkiteWorld, createBuildkiteWorld } from '../sandbox/buildkite/world.js';
import { plainCoins } from '../sandbox/coins.js';
import { DAY, HOUR, MINUTE, SECOND } from '../sandbox/rows.js';
import { createWorld, type World } from '../sandbox/world.js';

export const projects = ['gh/acme/web', 'gh/acme/api'] as const;
const [web, api] = projects;

/**
 * How much of the sandbox's time passes between the two syncs. It starts half of it behind this machine's clock and
 * ends half of it ahead: always less than the 10 minutes from which on the tap warns of a clock that is wrong.
 */
export const timeBetween = 18 * MINUTE;

/** What happens at the two projects of CircleCI. `began` is when the first sync runs, epoch ms. */
export function tellStory(began: number): World {
  const world = createWorld({
    projects: [...projects],
    pipelines: 0,
    features: 'none',
    coins: plainCoins,
    now: began,
    tickMs: 'real',
  });
  const pipeline = (project: string, createdAt: number) => world.addPipeline({ project, createdAt });
  /** A pipeline whose one workflow takes six minutes. */
  const ordinary = (project: string, createdAt: number, status = 'success') => {
    const created = pipeline(project, createdAt);
    return world.addWorkflow(created, {
      createdAt: createdAt + 2 * SECOND,
      stoppedAt: createdAt + 6 * MINUTE,
      status,
      jobs: 3,
    });
  };

  // Days long over, which the second sync need not look at.
  for (const days of [12.1, 10.3, 9.8, 7.2, 6.4, 4.6, 2.1]) {
    const built = ordinary(web, began - days * DAY);
    const createdAt = built.stoppedAt;
    world.addWorkflow(built.pipeline, { name: 'deploy', createdAt, stoppedAt: createdAt + 2 * MINUTE });
  }
  for (const days of [11.5, 8.2, 5.3, 1.9]) ordinary(api, began - days * DAY);
  ordinary(api, began - 3.2 * DAY, 'failed');

  // A release has waited for three days, and is approved.
  const release = pipeline(web, began - 3 * DAY);
  world.addWorkflow(release, {
    name: 'release',
    createdAt: release.createdAt + 2 * SECOND,
    holdFrom: release.createdAt + 4 * MINUTE,
    approvedAt: began + 6 * MINUTE,
    stoppedAt: began + 11 * MINUTE,
    jobs: 4,
  });

  // Yesterday's failure is rerun from failed, and succeeds.
  const flaky = ordinary(web, began - 20 * HOUR, 'failed');
  world.rerun(flaky, { at: began + 3 * MINUTE, stoppedAt: began + 9 * MINUTE, fromFailed: true });
  ordinary(api, began - 7 * HOUR);

  // Two are running, and end: one well, one not.
  ordinary(web, began - 4 * MINUTE);
  ordinary(api, began - 2 * MINUTE, 'failed');

  // New ones begin: between the two syncs, and then every few minutes for who goes on by hand.
  ordinary(web, began + 4 * MINUTE);
  for (let count = 0; count < 80; count++) {
    ordinary(count % 2 === 0 ? api : web, began + timeBetween + (3 * count - 2) * MINUTE);
  }
  return world;
}

/** What happens at a pipeline of Buildkite meanwhile. */
export function tellBuildkiteStory(began: number): BuildkiteWorld {
  const world = createBuildkiteWorld({
    organizations: ['acme'],
    pipelines: ['shop'],
    builds: 0,
    features: 'none',
    coins: plainBuildkiteCoins,
    start: began - 30 * DAY,
    days: 30,
    now: began,
    tickMs: 'real',
  });
  const build = (createdAt: number, options: Partial<BuildOptions> = {}) =>
    world.addBuild({
      createdAt,
      hasSecrets: false,
      rest: { message: 'Mend the till', branch: 'main' },
      ...options,
    });

  // Days long over.
  for (const days of [9.7, 8.4, 6.6, 5.1, 3.3]) build(began - days * DAY);

  // A job of yesterday's failure is retried: the build, which had ended, runs again and passes.
  const flaky = build(began - 22 * HOUR, { state: 'failed' });
  const [job] = flaky.jobs.slice(-1);
  if (job === undefined) throw new Error('There is no job to retry.');
  world.retryJob(job, { at: began + 2 * MINUTE, finishedAt: began + 7 * MINUTE });

  // A deployment has waited at its block step for three days, and is let through.
  const deployment = build(began - 3 * DAY, {
    state: 'running',
    rest: { message: 'Open on Sundays', branch: 'release' },
  });
  world.blockBuild(deployment, { at: deployment.createdAt + 6 * MINUTE, label: 'Deploy?' });
  world.unblockBuild(deployment, { at: began + 4 * MINUTE, finishedAt: began + 10 * MINUTE });

  // New ones begin: between the two syncs, and then every few minutes for who goes on by hand.
  build(began + 5 * MINUTE);
  for (let count = 0; count < 40; count++) build(began + timeBetween + (6 * count - 1) * MINUTE);
  return world;
}
