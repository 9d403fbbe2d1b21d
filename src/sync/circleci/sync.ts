import pLimit from 'p-limit';
import { type FoundProject, findProjects, type KnownProjects } from '../../sources/circleci/projects.js';
import { circleciStreams } from '../../streams/circleci/index.js';
import { users } from '../../streams/circleci/users.js';
import type { State } from '../state.js';
import type { SourceSync } from '../sync.js';
import { CircleCIRun, type CircleCISyncOptions } from './circleci-run.js';
import { syncOrganizations, wantsOrganizations } from './organizations.js';
import { type Identified, identify, syncProject } from './project.js';

/** Projects that are walked side by side. */
const projectsAtOnce = 8;

/** Reads the projects that the settings name. */
export class CircleCISync implements SourceSync {
  readonly #circleci: CircleCIRun;
  readonly #v11: string;

  constructor(options: CircleCISyncOptions) {
    this.#circleci = new CircleCIRun(options);
    this.#v11 = options.v11;
  }

  /** @throws HttpError when the token is refused */
  async parts(): Promise<Promise<unknown>[]> {
    const { run, records, choice } = this.#circleci;
    const projects = await this.#find();
    if (records.has(users.name) && !records.has('workflows') && !records.has('jobs')) {
      run.log.warning(
        'users are the people whom rows of workflows and jobs name, and neither stream is selected.',
      );
    }
    const limit = pLimit(projectsAtOnce);
    run.progress.expect('projects', projects.length);
    const identified = await this.#identifyKnown(projects);
    const parts = projects.map((project) => limit(() => this.#read(project, identified.get(project))));
    if (!wantsOrganizations(this.#circleci)) return parts;
    return [...parts, syncOrganizations(this.#circleci, projects, choice.organizations)];
  }

  /**
   * A project that the state alone knows may bear another name by now, by which lists name it, too: what is known of
   * it is moved to that name before anything is read.
   */
  async #identifyKnown(projects: readonly FoundProject[]): Promise<ReadonlyMap<FoundProject, Identified>> {
    const known = projects.filter(({ ways }) => ways.every((way) => way === 'known from the state'));
    const identified = new Map(known.map((found) => [found, identify(this.#circleci, found)]));
    // What fails is told when the project's turn comes.
    await Promise.allSettled(identified.values());
    return identified;
  }

  /** Says what was left out over all projects. */
  end(): void {
    this.#circleci.people.report();
  }

  async #find(): Promise<readonly FoundProject[]> {
    const { run, client, choice } = this.#circleci;
    const known = knownProjects(run.state);
    const { projects, failures, warnings } = await findProjects(client, choice, this.#v11, known);
    for (const warning of warnings) run.log.warning(warning);
    for (const failure of failures) run.fail(failure);
    if (projects.length === 0 && failures.length === 0) {
      run.fail('CircleCI shows no project that the settings name, so there is nothing to read.');
    }
    return projects;
  }

  async #read(project: FoundProject, identified?: Identified): Promise<void> {
    try {
      await syncProject(this.#circleci, project, identified);
    } finally {
      this.#circleci.run.progress.end('projects', project.slug);
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
