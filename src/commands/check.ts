import { HttpError, messageOf, TapError } from '../errors.js';
import type { ApiClient } from '../http/client.js';
import { Metrics } from '../singer/metrics.js';
import { checkToken, getProject } from '../sources/circleci.js';
import { type Survey, survey } from '../sources/survey.js';
import { yearBefore } from '../sync/settings.js';
import { day } from '../time.js';
import { columns } from './columns.js';
import { connectToCircleCI } from './connect.js';
import { configOf, type Environment, givenSettings, type SharedOptions } from './environment.js';

/**
 * Prints whether the token and each project can be read, and what a sync will cost.
 * @throws TapError when anything cannot
 */
export async function check(options: SharedOptions, environment: Environment): Promise<void> {
  const { writer, clock } = environment;
  const config = configOf(givenSettings(options, {}, environment), environment);
  const client = connectToCircleCI(config, environment, new Metrics(environment.log));
  const startDate = config.startDate ?? yearBefore(clock());
  const bounds = { startDate, lookbackStart: clock() - Math.max(1, config.lookbackDays) * day };
  try {
    await checkToken(client);
    writer.line('token: accepted');
    const results = await Promise.all(config.slugs.map((slug) => examine(client, slug, bounds)));
    for (const line of columns(results.map(({ cells }) => cells))) writer.line(line);
    const failed = results.filter(({ isReadable }) => !isReadable).length;
    if (failed > 0) throw new TapError(`${failed} of ${results.length} projects cannot be read; see above.`);
  } finally {
    await client.close();
  }
}

async function examine(
  client: ApiClient,
  slug: string,
  bounds: { startDate: number; lookbackStart: number },
): Promise<{ isReadable: boolean; cells: string[] }> {
  try {
    await getProject(client, slug);
    return { isReadable: true, cells: [slug, ...told(await survey(client, slug, bounds), bounds.startDate)] };
  } catch (error) {
    if (!(error instanceof HttpError) || error.failure === 'unauthorized') throw error;
    return { isReadable: false, cells: [slug, `not readable: ${messageOf(error)}`] };
  }
}

function told({ pipelines, firstSync, usualRun }: Survey, startDate: number): string[] {
  const since = new Date(startDate).toISOString().slice(0, 10);
  return [
    'reachable',
    `${pipelines} pipelines since ${since}`,
    `first sync about ${firstSync} requests`,
    `usual run about ${usualRun}`,
  ];
}
