import { createRandom } from '../random.js';
import type { BuildHistory, OrganizationHistory, SuiteHistory } from './history.js';
import { latest } from './history.js';
import { derivedId } from './identity.js';
import { MINUTE } from './time.js';

/** Annotations and test runs. They come while the build runs: a later one would be no change of the build. */
export function generateExtras(organizations: readonly OrganizationHistory[], seed: number): void {
  const random = createRandom(seed, 'extras');
  for (const { pipelines, suites } of organizations) {
    for (const build of pipelines.flatMap((pipeline) => pipeline.builds)) {
      const startedAt = latest(build.phases, Number.POSITIVE_INFINITY, ({ state }) => state === 'running');
      const finishedAt = build.phases.at(-1)?.from;
      if (startedAt === undefined || finishedAt === undefined || finishedAt <= startedAt) continue;
      const within = () => Math.floor(random.between(startedAt, finishedAt));
      for (let count = random.pick([0, 0, 1, 2]); count > 0; count--) {
        const [createdAt = startedAt, updatedAt = startedAt] = [within(), within()].sort((a, b) => a - b);
        const job = random.chance(0.3) ? build.jobs.find((one) => one.type === 'script') : undefined;
        const id = derivedId(`annotation ${build.id} ${count}`);
        const context = ['default', 'coverage', 'flaky'][count] as string;
        const style = random.pick(['info', 'success', 'warning', 'error', null]);
        build.annotations.push({ id, context, style, job, createdAt, updatedAt });
      }
      if (!random.chance(0.4)) continue;
      // Within hours, however long the build is held or reopened: the list of runs has no filter by time.
      const endOfRun = Math.min(finishedAt, startedAt + random.integer(1, 120) * MINUTE);
      addRun(random.pick(suites), build, startedAt, endOfRun, random.chance(0.3));
    }
  }
}

function addRun(
  suite: SuiteHistory,
  build: BuildHistory,
  createdAt: number,
  finishedAt: number,
  failed: boolean,
): void {
  const id = derivedId(`run ${suite.id} ${build.id}`);
  suite.runs.push({ id, build, createdAt, finishedAt, result: failed ? 'failed' : 'passed' });
}
