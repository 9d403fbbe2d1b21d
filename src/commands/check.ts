import { HttpError, TapError } from '../errors.js';
import type { ApiClient } from '../http/client.js';
import { Metrics } from '../singer/metrics.js';
import { type SourceName, sourceTitles } from '../streams/define.js';
import { checkBuildkite } from './check-buildkite.js';
import { checkCircleCI } from './check-circleci.js';
import { columns } from './columns.js';
import { connect } from './connect.js';
import type { Environment } from './environment.js';
import type { Findings } from './findings.js';
import { configOf, givenSettings, overridesOf, type SettingOptions } from './settings.js';

/**
 * Prints whether the tokens and all that is configured can be read, and what a sync will cost.
 * @throws TapError when anything cannot
 */
export async function check(options: SettingOptions, environment: Environment): Promise<void> {
  const { writer, clock, stop, log } = environment;
  const config = configOf(givenSettings(options, overridesOf(options), environment), environment);
  const examine: Readonly<Record<SourceName, (client: ApiClient) => Promise<Findings>>> = {
    circleci: (client) => checkCircleCI(client, config, clock(), writer),
    buildkite: (client) => checkBuildkite(client, config, clock(), writer),
  };
  const sources = config.sources.filter((source) =>
    config.streams.some((stream) => stream.source === source),
  );
  const problems: string[] = [];
  for (const source of sources) {
    const client = connect(source, config, environment, new Metrics(log), stop.signal);
    try {
      const findings = await examine[source](client);
      // An answer may echo what it was asked with.
      for (const line of columns(findings.rows)) writer.line(log.redacted(line));
      problems.push(...findings.problems);
    } catch (error) {
      // The other source can be looked at all the same.
      if (!(error instanceof HttpError) || sources.length === 1) throw error;
      log.error(error.line);
      problems.push(`${sourceTitles[source]} cannot be read`);
    } finally {
      await client.close();
    }
  }
  if (problems.length > 0) throw new TapError(`${problems.join(', and ')}; see above.`);
}
