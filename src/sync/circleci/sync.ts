import pLimit from 'p-limit';
import { type FoundProject, findProjects, type ProjectChoice } from '../../sources/circleci/projects.js';
import { circleciStreams } from '../../streams/circleci/index.js';
import { users } from '../../streams/circleci/users.js';
import type { SourceSync } from '../sync.js';
import { CircleCIRun, type CircleCISyncOptions } from './circleci-run.js';
import { syncOrganizations, wantsOrganizations } from './organizations.js';
import { syncProject } from './project.js';

/** Projects that are walked side by side. */
const projectsAtOnce = 8;

/** Reads the projects that the settings name. */
export class CircleCISync implements SourceSync {
  readonly #circleci: CircleCIRun;
  readonly #choice: ProjectChoice;
  readonly #v11: string;

  constructor(options: CircleCISyncOptions) {
    this.#circleci = new CircleCIRun(options);
    this.#choice = options.projects;
    this.#v11 = options.v11;
  }

  /** @throws HttpError when the token is refused */
  async parts(): Promise<Promise<unknown>[]> {
    const { run, records } = this.#circleci;
    const projects = await this.#find();
    if (records.has(users.name) && !records.has('workflows') && !records.has('jobs')) {
      run.log.warning(
        'users are the people whom rows of workflows and jobs name, and neither stream is selected.',
      );
    }
    const limit = pLimit(projectsAtOnce);
    run.progress.expect('projects', projects.length);
    const parts = projects.map((project) => limit(() => this.#read(project)));
    if (!wantsOrganizations(this.#circleci)) return parts;
    return [...parts, syncOrganizations(this.#circleci, projects, this.#choice.organizations)];
  }

  /** Says what was left out over all projects. */
  end(): void {
    this.#circleci.people.report();
  }

  async #find(): Promise<readonly FoundProject[]> {
    const { run, client } = this.#circleci;
    // Also those of streams that are not selected: a stream may be new.
    const known = new Set(circleciStreams.flatMap(({ name }) => run.state.projects(name)));
    const { projects, failures, warnings } = await findProjects(client, this.#choice, this.#v11, [...known]);
    for (const warning of warnings) run.log.warning(warning);
    for (const failure of failures) run.fail(failure);
    if (projects.length === 0 && failures.length === 0) {
      run.fail('CircleCI shows no project that the settings name, so there is nothing to read.');
    }
    return projects;
  }

  async #read(project: FoundProject): Promise<void> {
    try {
      await syncProject(this.#circleci, project);
    } finally {
      this.#circleci.run.progress.end('projects', project.slug);
    }
  }
}
