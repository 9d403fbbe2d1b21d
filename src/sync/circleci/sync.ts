import pLimit from 'p-limit';
import type { SourceSync } from '../sync.js';
import { syncProject } from './project.js';
import { CircleCIShared, type CircleCISyncOptions } from './shared.js';

/** Projects that are walked side by side. */
const projectsAtOnce = 8;

/** Reads the projects that the settings name. */
export class CircleCISync implements SourceSync {
  readonly #shared: CircleCIShared;
  readonly #slugs: readonly string[];

  constructor(options: CircleCISyncOptions) {
    this.#shared = new CircleCIShared(options);
    this.#slugs = options.slugs;
  }

  async parts(): Promise<Promise<unknown>[]> {
    const { progress } = this.#shared.run;
    const limit = pLimit(projectsAtOnce);
    progress.expect('projects', this.#slugs.length);
    return this.#slugs.map((slug) =>
      limit(async () => {
        try {
          await syncProject(this.#shared, slug);
        } finally {
          progress.end('projects', slug);
        }
      }),
    );
  }
}
