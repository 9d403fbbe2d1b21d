import type { Config } from '../config/config.js';
import { HttpError, messageOf, TapError } from '../errors.js';
import type { ApiClient } from '../http/client.js';
import { Metrics } from '../singer/metrics.js';
import { checkToken, getProject } from '../sources/circleci.js';
import { type Plan, type Survey, survey } from '../sources/survey.js';
import { young } from '../sync/entry.js';
import { yearBefore } from '../sync/settings.js';
import { day } from '../time.js';
import { columns } from './columns.js';
import { connectToCircleCI } from './connect.js';
import {
  configOf,
  type Environment,
  givenSettings,
  overridesOf,
  type SettingOptions,
} from './environment.js';

/**
 * Prints whether the token and each project can be read, and what a sync will cost.
 * @throws TapError when anything cannot
 */
export async function check(options: SettingOptions, environment: Environment): Promise<void> {
  const { writer, clock } = environment;
  const config = configOf(givenSettings(options, overridesOf(options), environment), environment);
  const client = connectToCircleCI(config, environment, new Metrics(environment.log));
  const plan = planOf(config, clock());
  try {
    await checkToken(client);
    writer.line('token: accepted');
    const results = await Promise.all(config.slugs.map((slug) => examine(client, slug, plan)));
    // An answer may echo what it was asked with.
    for (const line of columns(results.map(({ cells }) => cells)))
      writer.line(environment.log.redacted(line));
    const failed = results.filter(({ isReadable }) => !isReadable).length;
    if (failed > 0) {
      const projects = results.length === 1 ? 'The project' : `${failed} of ${results.length} projects`;
      throw new TapError(`${projects} cannot be read; see above.`);
    }
  } finally {
    await client.close();
  }
}

function planOf({ startDate, endDate, lookbackDays, streams, ...config }: Config, now: number): Plan {
  const names = streams.map(({ name }) => name);
  // What a first sync leaves as its bookmark.
  const since = Math.min(now, endDate ?? now);
  const jobs = names.includes('jobs');
  return {
    startDate: startDate ?? yearBefore(now),
    endDate,
    lookbackStart: since - Math.max(young, lookbackDays * day),
    youngStart: since - young,
    workflows: jobs || names.includes('workflows'),
    jobs,
    allJobs: jobs && config.jobsReplicationMethod === 'FULL_TABLE',
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
