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

/** What happens at the two projects. `began` is when the first sync runs, epoch ms. */
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
