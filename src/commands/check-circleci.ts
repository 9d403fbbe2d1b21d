import type { Config } from '../config/config.js';
import { HttpError, messageOf } from '../errors.js';
import type { ApiClient } from '../http/client.js';
import type { Writer } from '../singer/writer.js';
import { checkToken, getProject, v11Of } from '../sources/circleci/api.js';
import { type FoundProject, findProjects, isOpenEnded } from '../sources/circleci/projects.js';
import { type Plan, type Survey, survey } from '../sources/circleci/survey.js';
import { formatDate } from '../time.js';
import { planOf } from './circleci-plan.js';
import type { Findings } from './findings.js';

/**
 * Whether token and projects can be read, and what a sync of them will cost.
 * @param now milliseconds since 1970
 * @param writer is told at once that the token is accepted
 * @throws HttpError when the token is refused
 */
export async function checkCircleCI(
  client: ApiClient,
  config: Config,
  now: number,
  writer: Writer,
): Promise<Findings> {
  const { circleci } = config;
  await checkToken(client);
  writer.line('token: accepted');
  if (circleci === undefined) return { rows: [], problems: [] };
  const { projects: choice, baseUrl } = circleci;
  const v11 = v11Of(baseUrl);
  const plan = planOf(config, now, v11);
  const { projects, failures, warnings } = await findProjects(client, choice, v11, {
    slugs: [],
    lastRun: undefined,
  });
  const results = await Promise.all(projects.map((project) => examine(client, project, plan)));
  const failed = results.filter(({ isReadable }) => !isReadable).length;
  const notes = [...failures, ...warnings, ...(isOpenEnded(choice) ? [whyInvisible] : [])];
  return {
    rows: [...results.map(({ cells }) => cells), ...notes.map((note) => [note])],
    problems: problemsOf(results.length, failed, failures.length),
  };
}

function problemsOf(found: number, failed: number, unlisted: number): string[] {
  if (found === 0) return ['CircleCI shows no project that the settings name'];
  return [
    ...(failed === 0
      ? []
      : [`${found === 1 ? 'The project' : `${failed} of ${found} projects`} cannot be read`]),
    ...(unlisted === 0 ? [] : [`${unlisted} of the organizations cannot be listed`]),
  ];
}

const whyInvisible =
  'A project is missing here if it has not been built for long, or others have been built far more often since, and ' +
  'the owner of the token does not follow it, or may not see it: follow it, or name it in project_slugs.';

async function examine(
  client: ApiClient,
  { slug, ways }: FoundProject,
  plan: Plan,
): Promise<{ isReadable: boolean; cells: string[] }> {
  try {
    await getProject(client, slug);
    const cells = [slug, ...told(await survey(client, slug, plan), plan)];
    // That a project was named needs no telling.
    const how = ways.filter((way) => way !== 'named');
    return { isReadable: true, cells: how.length === 0 ? cells : [...cells, `found by: ${how.join(', ')}`] };
  } catch (error) {
    if (!(error instanceof HttpError) || error.failure === 'unauthorized') throw error;
    return { isReadable: false, cells: [slug, `not readable: ${whyNot(error)}`] };
  }
}

function whyNot(error: HttpError): string {
  if (error.failure !== 'not-found') return messageOf(error);
  return (
    `${messageOf(error)} CircleCI also answers 404 for a project that was deleted, renamed or never set up, and ` +
    'for one of a GitHub App or GitLab organization that is not written as circleci/….'
  );
}

function told({ pipelines, firstSync, usualRun }: Survey, { startDate, endDate }: Plan): string[] {
  const until = endDate === undefined ? '' : ` until ${formatDate(endDate)}`;
  return [
    'reachable',
    `${pipelines} pipelines since ${formatDate(startDate)}${until}`,
    `first sync about ${firstSync} requests`,
    `usual run about ${usualRun}`,
  ];
}
