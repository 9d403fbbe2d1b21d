import pLimit from 'p-limit';
import {
  type FoundProject,
  findProjects,
  type KnownProjects,
  type ProjectChoice,
} from '../../sources/projects.js';
import { circleciStreams } from '../../streams/circleci/index.js';
import { users } from '../../streams/circleci/users.js';
import type { State } from '../state.js';
import type { SourceSync } from '../sync.js';
import { syncOrganizations, wantsOrganizations } from './organizations.js';
import { syncProject } from './project.js';
import { CircleCIShared, type CircleCISyncOptions } from './shared.js';

/** Projects that are walked side by side. */
const projectsAtOnce = 8;

/** Reads the projects that the settings name. */
export class CircleCISync implements SourceSync {
  readonly #shared: CircleCIShared;
  readonly #choice: ProjectChoice;
  readonly #v11: string;

  constructor(options: CircleCISyncOptions) {
    this.#shared = new CircleCIShared(options);
    this.#choice = options.projects;
    this.#v11 = options.v11;
  }

  /** @throws HttpError when the token is refused */
  async parts(): Promise<Promise<unknown>[]> {
    const { run, records } = this.#shared;
    const projects = await this.#find();
    if (records.has(users.name) && !records.has('workflows') && !records.has('jobs')) {
      run.log.warning(
        'users are the people whom rows of workflows and jobs name, and neither stream is selected.',
      );
    }
    const limit = pLimit(projectsAtOnce);
    run.progress.expect('projects', projects.length);
    const parts = projects.map((project) => limit(() => this.#read(project)));
    if (!wantsOrganizations(this.#shared)) return parts;
    return [...parts, syncOrganizations(this.#shared, projects, this.#choice.organizations)];
  }

  end(): void {
    this.#shared.people.report();
  }

  async #find(): Promise<readonly FoundProject[]> {
    const { run, client } = this.#shared;
    const known = knownProjects(run.state);
    const { projects, failures, warnings } = await findProjects(client, this.#choice, this.#v11, known);
    for (const warning of warnings) run.log.warning(warning);
    for (const failure of failures) run.fail(failure);
    if (projects.length === 0 && failures.length === 0) {
      run.fail('CircleCI shows no project that the settings name, so there is nothing to read.');
    }
    return projects;
  }

  async #read(project: FoundProject): Promise<void> {
    try {
      await syncProject(this.#shared, project);
    } finally {
      this.#shared.run.progress.end('projects', project.slug);
    }
  }
}

/** Also of streams that are not selected: a stream may be new. */
function knownProjects(state: State): KnownProjects {
  const entries = circleciStreams.flatMap(({ name }) =>
    state.projects(name).map((slug) => ({ slug, since: state.entry(name, slug).since })),
  );
  const bookmarks = entries.flatMap(({ since }) => since ?? []);
  return {
    slugs: [...new Set(entries.map(({ slug }) => slug))],
    lastRun: bookmarks.length === 0 ? undefined : Math.max(...bookmarks),
  };
}
