import { onTestFinished } from 'vitest';
import { streams } from '../../../src/streams/index.js';
import { plainBuildkiteCoins } from '../../sandbox/buildkite/coins.js';
import { slugAt } from '../../sandbox/buildkite/history.js';
import { type BuildkiteSandbox, serveBuildkite } from '../../sandbox/buildkite/serve.js';
import { testRow } from '../../sandbox/buildkite/suite-rows.js';
import { type BuildkiteWorld, createBuildkiteWorld } from '../../sandbox/buildkite/world.js';
import { plainCoins } from '../../sandbox/coins.js';
import { DAY, HOUR } from '../../sandbox/rows.js';
import { type Sandbox, serve } from '../../sandbox/serve.js';
import { createWorld, type World } from '../../sandbox/world.js';
import { Above } from './above.js';

export type Row = Readonly<Record<string, unknown>>;
/** By stream, then by key: the values of the key columns with a space between them. */
export type Rows = ReadonlyMap<string, ReadonlyMap<string, Row>>;

const start = Date.UTC(2024, 0, 1);
const organization = 'acme';

/** CircleCI and Buildkite on this machine, with one clock that moves only when told. */
export class Services {
  readonly #circleci: Sandbox<World>;
  readonly #buildkite: BuildkiteSandbox<BuildkiteWorld>;

  private constructor(circleci: Sandbox<World>, buildkite: BuildkiteSandbox<BuildkiteWorld>) {
    this.#circleci = circleci;
    this.#buildkite = buildkite;
  }

  /** Histories of two months and what follows from them, until the test is over. */
  static async start({ pipelines = 24, builds = 24 } = {}): Promise<Services> {
    // What the API leaves undocumented is tested elsewhere: here it shows all that it ever showed, so that rows can
    // be compared for equality.
    const circleci = await serve(
      createWorld({
        ...{ start, pipelines, reruns: 10, tickMs: 0, coins: plainCoins },
        projects: ['gh/acme/web', 'gh/acme/api'],
        // What is shown without an id later on stays in the destination as it was.
        features: { nullIdWorkflows: false },
      }),
    );
    const buildkite = await serveBuildkite(
      createBuildkiteWorld({
        ...{ start, builds, tickMs: 0, coins: plainBuildkiteCoins },
        organizations: [organization],
        // Names that change without a trace are as last read.
        features: { renamedPipelines: false },
      }),
    );
    onTestFinished(async () => {
      await circleci.close();
      await buildkite.close();
    });
    const services = new Services(circleci, buildkite);
    services.moveTo(start + 30 * DAY);
    return services;
  }

  get now(): number {
    return this.#circleci.world.now;
  }

  moveTo(time: number): void {
    this.#circleci.world.now = time;
    this.#buildkite.world.now = time;
  }

  /** An hour after the last thing that happens. */
  get quiet(): number {
    return Math.max(this.#circleci.world.quietFrom, this.#buildkite.world.quietFrom) + HOUR;
  }

  /** Requests answered by both so far. */
  get requests(): number {
    return this.#circleci.requests.length + this.#buildkite.requests.length;
  }

  /** Answers so many requests and none after them, until the returned function is called. */
  hangAfter(count: number): () => void {
    let left = count;
    const match = () => --left < 0;
    const faults = [this.#circleci, this.#buildkite].map((one) => one.faults.add({ kind: 'hang', match }));
    return () => {
      for (const fault of faults) fault.remove();
    };
  }

  /** What a user writes into config.json to read all streams of both. */
  get settings(): Row {
    return {
      token: this.#circleci.token,
      project_slugs: this.#circleci.world.slugs,
      base_url: this.#circleci.url,
      buildkite_token: this.#buildkite.token,
      buildkite_base_url: this.#buildkite.url,
      // All that ever changes is looked for in the last run.
      buildkite_deep_days: 365,
      start_date: new Date(start).toISOString(),
      log_jobs: 'all',
      streams: streams.map(({ name }) => name),
    };
  }

  /** The rows that the services show now, with the columns that the tap takes from the rows above them. */
  truth(): Rows {
    const { further, ...core } = this.#circleci.world.truth();
    const circleci = [...rowsOf(core), ...rowsOf(further).map(withNamesOfSteps)];
    const found: Rows = new Map([...circleci, ...this.#buildkiteTruth()]);
    const truth = new Map<string, ReadonlyMap<string, Row>>();
    const above = new Above(truth);
    // Parents first: what their rows take from above is there for the rows below them.
    for (const { name } of streams) {
      const rows = found.get(name);
      if (rows === undefined) throw new Error(`The sandboxes have no truth of the stream ${name}.`);
      truth.set(name, new Map([...rows].map(([key, row]) => [key, above.completed(name, row)])));
    }
    return truth;
  }

  /** With what the rows of Buildkite do not say, and the tap knows from how it came to them. */
  #buildkiteTruth(): Rows {
    const { history, now } = this.#buildkite.world;
    const pipelineOf = new Map<unknown, Row>();
    for (const pipeline of history.flatMap(({ pipelines }) => pipelines)) {
      const columns = { pipeline_id: pipeline.id, pipeline_slug: slugAt(pipeline, now) };
      for (const { id } of [...pipeline.builds, ...pipeline.schedules]) pipelineOf.set(id, columns);
    }
    const truth = new Map(this.#buildkite.world.truth());
    truth.set('buildkite_tests', this.#testsWithFigures(truth.get('buildkite_tests') ?? new Map()));
    const completed = (row: Row) => ({ organization_slug: organization, ...pipelineOf.get(row.id), ...row });
    return new Map(
      [...truth].map(([stream, rows]) => [
        stream,
        new Map([...rows].map(([key, row]) => [key, isWithoutOrganization(stream) ? row : completed(row)])),
      ]),
    );
  }

  /** The tap asks for the figures of tests, which the API leaves out unless asked. */
  #testsWithFigures(tests: ReadonlyMap<string, Row>): ReadonlyMap<string, Row> {
    const completed = new Map(tests);
    for (const one of this.#buildkite.world.history) {
      for (const suite of one.suites) {
        for (let index = 0; index < suite.tests; index++) {
          const row = testRow(one, suite, index, { hasFigures: true });
          completed.set(String(row.id), { ...tests.get(String(row.id)), ...row });
        }
      }
    }
    return completed;
  }
}

/** In the sandbox a step is called what its actions are called. */
function withNamesOfSteps([stream, rows]: [string, ReadonlyMap<string, Row>]): [
  string,
  ReadonlyMap<string, Row>,
] {
  if (stream !== 'job_steps') return [stream, rows];
  return [stream, new Map([...rows].map(([key, row]) => [key, { ...row, step_name: row.name }]))];
}

/** Maps as they are, and the members of an object that are maps. */
function rowsOf(truth: object): [string, ReadonlyMap<string, Row>][] {
  const entries = truth instanceof Map ? [...truth] : Object.entries(truth);
  return entries as [string, ReadonlyMap<string, Row>][];
}

function isWithoutOrganization(stream: string): boolean {
  const { foreignKeys = {} } = streams.find(({ name }) => name === stream) ?? {};
  return !('organization_slug' in foreignKeys);
}
