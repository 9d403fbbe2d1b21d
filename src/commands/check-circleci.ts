import type { Config } from '../config/config.js';
import { HttpError, messageOf } from '../errors.js';
import type { ApiClient } from '../http/client.js';
import type { Writer } from '../singer/writer.js';
import { checkToken, getProject } from '../sources/circleci.js';
import { type Plan, type Survey, survey } from '../sources/survey.js';
import { young } from '../sync/circleci/bounds.js';
import { yearBefore } from '../sync/settings.js';
import { day } from '../time.js';
import type { Findings } from './findings.js';

/** Whether token and projects can be read, and what a sync of them will cost. @throws HttpError when the token is refused */
export async function checkCircleCI(
  client: ApiClient,
  config: Config,
  now: number,
  writer: Writer,
): Promise<Findings> {
  const plan = planOf(config, now);
  await checkToken(client);
  writer.line('token: accepted');
  const slugs = config.circleci?.slugs ?? [];
  const results = await Promise.all(slugs.map((slug) => examine(client, slug, plan)));
  const failed = results.filter(({ isReadable }) => !isReadable).length;
  const projects = results.length === 1 ? 'The project' : `${failed} of ${results.length} projects`;
  return {
    rows: results.map(({ cells }) => cells),
    problems: failed === 0 ? [] : [`${projects} cannot be read`],
  };
}

function planOf({ startDate, endDate, streams, circleci }: Config, now: number): Plan {
  const names = streams.map(({ name }) => name);
  // What a first sync leaves as its bookmark.
  const since = Math.min(now, endDate ?? now);
  const jobs = names.includes('jobs');
  return {
    startDate: startDate ?? yearBefore(now),
    endDate,
    lookbackStart: since - Math.max(young, (circleci?.lookbackDays ?? 0) * day),
    youngStart: since - young,
    workflows: jobs || names.includes('workflows'),
    jobs,
    allJobs: jobs && circleci?.jobsReplicationMethod === 'FULL_TABLE',
  };
}

async function examine(
  client: ApiClient,
  slug: string,
  plan: Plan,
): Promise<{ isReadable: boolean; cells: string[] }> {
  try {
    await getProject(client, slug);
    return { isReadable: true, cells: [slug, ...told(await survey(client, slug, plan), plan)] };
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
  const until = endDate === undefined ? '' : ` until ${date(endDate)}`;
  return [
    'reachable',
    `${pipelines} pipelines since ${date(startDate)}${until}`,
    `first sync about ${firstSync} requests`,
    `usual run about ${usualRun}`,
  ];
}

function date(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
