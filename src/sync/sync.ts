import pLimit from 'p-limit';
import { HttpError, Stopped, TapError } from '../errors.js';
import { syncProject } from './project.js';
import type { Run } from './run.js';

/** Projects that are walked side by side. */
const projectsAtOnce = 8;

/**
 * Writes the SCHEMAs, the rows of all projects and a last STATE, however it ends.
 * @returns the number of projects that could not be read at all; `run.failures` says what else could not.
 * @throws HttpError when the token is refused, Stopped when the run was told to stop.
 */
export async function syncProjects(run: Run, slugs: readonly string[]): Promise<number> {
  const limit = pLimit(projectsAtOnce);
  const results = await Promise.allSettled(slugs.map((slug) => limit(() => isSynced(run, slug))));
  run.end();
  if (run.hasBegun) run.writeState();
  const reasons = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason);
  // Where one project stopped the run, the others were merely told to stop.
  if (reasons.length > 0) throw reasons.find((reason) => !(reason instanceof Stopped)) ?? reasons[0];
  return results.filter((result) => result.status === 'fulfilled' && !result.value).length;
}

async function isSynced(run: Run, slug: string): Promise<boolean> {
  try {
    await syncProject(run, slug);
    return true;
  } catch (error) {
    if (error instanceof TapError && !(error instanceof HttpError && error.failure === 'unauthorized')) {
      run.fail(error.line);
      return false;
    }
    // A refused token or a fault of ours concerns every project; the others need not find out by themselves.
    if (!(error instanceof Stopped)) run.stop();
    throw error;
  } finally {
    run.progress.end(slug);
  }
}
