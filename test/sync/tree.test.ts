import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { HttpError, TapError } from '../../src/errors.js';
import type { Answer, ApiClient } from '../../src/http/client.js';
import { Log } from '../../src/log.js';
import { Metrics } from '../../src/singer/metrics.js';
import { Records } from '../../src/singer/records.js';
import { loadSchema } from '../../src/singer/schema.js';
import { Writer } from '../../src/singer/writer.js';
import { clusters } from '../../src/streams/buildkite/clusters.js';
import { organizations } from '../../src/streams/buildkite/organizations.js';
import { queues } from '../../src/streams/buildkite/queues.js';
import { suites } from '../../src/streams/buildkite/suites.js';
import { testRuns } from '../../src/streams/buildkite/test-runs.js';
import type { StreamDefinition } from '../../src/streams/define.js';
import { Progress } from '../../src/sync/progress.js';
import { Reader } from '../../src/sync/reader.js';
import { Run } from '../../src/sync/run.js';
import { State } from '../../src/sync/state.js';
import { Tree, type TreeOptions } from '../../src/sync/tree.js';

const above = { [organizations.name]: { slug: 'acme' } };

/** Answers by path, without the query. */
type Answers = Readonly<Record<string, readonly unknown[] | HttpError>>;

/** A tree of clusters with their queues, and of suites; what it writes, asks and reports is kept. */
function treeOf(answers: Answers, selected: readonly StreamDefinition[], more: Partial<TreeOptions> = {}) {
  const requests: string[] = [];
  const log: string[] = [];
  let output = '';
  const stdout = new Writable({
    write(chunk: Buffer, _, done) {
      output += chunk;
      done();
    },
  });
  const client: ApiClient = {
    get: async (asked): Promise<Answer> => {
      const [path = ''] = asked.split('?');
      requests.push(path);
      const body = answers[path] ?? [];
      if (body instanceof HttpError) throw body;
      return { status: 200, headers: {}, body, receivedAt: 0, date: undefined };
    },
  };
  const ownLog = new Log({ write: (line) => log.push(line) });
  const writer = new Writer(stdout, () => {});
  const records = new Map(
    selected.map((definition) => {
      const schema = loadSchema<object>(definition.schema);
      const stream = { definition, schema, deselected: new Set<string>(), method: 'FULL_TABLE' as const };
      return [definition.name, new Records(stream, ownLog)];
    }),
  );
  const metrics = new Metrics(ownLog);
  metrics.end();
  const run = new Run({
    writer,
    log: ownLog,
    state: new State(undefined),
    metrics,
    progress: new Progress(),
    records,
    maxConcurrency: 4,
    onError: 'fail',
    clock: () => 0,
  });
  const tree = new Tree({
    run,
    reader: new Reader({ client, tailBytes: 0 }),
    name: 'acme',
    records,
    definitions: [clusters, queues, suites],
    ...more,
  });
  const written = async () => {
    await writer.end();
    const lines = output.split('\n').filter((line) => line !== '');
    return lines.map((line) => {
      const { stream, record } = JSON.parse(line);
      return `${stream} ${record.id}`;
    });
  };
  return { tree, run, requests, log, written };
}

const listOf = (...ids: unknown[]) => ids.map((id) => ({ id }));
const failure = (kind: HttpError['failure'], status: number) =>
  new HttpError(`It answered ${status}.`, { failure: kind, path: '/x', status });

const below = '/organizations/acme/clusters';

describe('a tree of lists', () => {
  it('writes parents before their children, with the columns of those above', async () => {
    const answers = {
      [below]: listOf('c1', 'c2'),
      [`${below}/c1/queues`]: listOf('q1'),
      [`${below}/c2/queues`]: listOf('q2'),
    };
    const { tree, written, run } = treeOf(answers, [clusters, queues]);
    await tree.read(clusters, above);
    expect(await written()).toEqual([
      'buildkite_clusters c1',
      'buildkite_clusters c2',
      'buildkite_queues q1',
      'buildkite_queues q2',
    ]);
    expect(run.failures).toEqual([]);
  });

  it('asks for parents that nobody selected where a child needs them, and writes the child alone', async () => {
    const { tree, written } = treeOf({ [below]: listOf('c1'), [`${below}/c1/queues`]: listOf('q1') }, [
      queues,
    ]);
    await tree.read(clusters, above);
    expect(await written()).toEqual(['buildkite_queues q1']);
  });

  it('asks for nothing that nobody selected', async () => {
    const { tree, requests } = treeOf({}, [suites]);
    await tree.read(clusters, above);
    expect(requests).toEqual([]);
  });

  it('takes a row once that comes twice, and what is below it, too', async () => {
    const { tree, written, requests } = treeOf(
      { [below]: listOf('c1', 'c1'), [`${below}/c1/queues`]: listOf('q1') },
      [clusters, queues],
    );
    await tree.read(clusters, above);
    expect(await written()).toEqual(['buildkite_clusters c1', 'buildkite_queues q1']);
    expect(requests).toEqual([below, `${below}/c1/queues`]);
  });

  it('leaves out rows that do not say their key, and says so', async () => {
    const { tree, written, log } = treeOf({ [below]: listOf(null, 'c1', '') }, [clusters]);
    await tree.read(clusters, above);
    tree.report();
    expect(await written()).toEqual(['buildkite_clusters c1']);
    expect(log).toEqual(['WARNING acme: 2 rows say nothing of their key and were left out.\n']);
  });
});

describe('a list of a tree that cannot be read', () => {
  it('is named with what is below it, and with the scope that it needs', async () => {
    const { tree, run, requests } = treeOf({ [below]: failure('forbidden', 403) }, [clusters, queues]);
    await tree.read(clusters, above);
    await tree.read(clusters, above);
    expect(run.failures).toEqual([
      'acme: buildkite_clusters, buildkite_queues are left out of this run; they need read_clusters. It answered 403.',
    ]);
    expect(requests).toEqual([below]);
  });

  it('is asked for once more of no row, once it is forbidden, and named once', async () => {
    const answers = {
      [below]: listOf('c1', 'c2', 'c3'),
      [`${below}/c1/queues`]: failure('forbidden', 403),
      [`${below}/c2/queues`]: failure('forbidden', 403),
    };
    const { tree, run, written } = treeOf(answers, [clusters, queues]);
    await tree.read(clusters, above);
    expect(run.failures).toEqual([
      'acme: buildkite_queues are left out of this run; they need read_clusters. It answered 403.',
    ]);
    expect(await written()).toHaveLength(3);
  });

  it('is gone with the row above it, which is no failure', async () => {
    const { tree, run, log } = treeOf(
      { [below]: listOf('c1'), [`${below}/c1/queues`]: failure('not-found', 404) },
      [queues],
    );
    await tree.read(clusters, above);
    tree.report();
    expect(run.failures).toEqual([]);
    expect(log).toEqual(['INFO acme: 1 lists answered 404; they are gone.\n']);
  });

  it('is a failure where the whole of it is not there', async () => {
    const { tree, run } = treeOf({ [below]: failure('not-found', 404) }, [clusters, queues]);
    await tree.read(clusters, above);
    expect(run.failures).toEqual([
      'acme: buildkite_clusters, buildkite_queues could not be read; they need read_clusters. It answered 404.',
    ]);
  });

  it('ends all when the token is refused, and when the program is at fault', async () => {
    const refused = failure('unauthorized', 401);
    const { tree } = treeOf({ [below]: refused }, [clusters]);
    await expect(tree.read(clusters, above)).rejects.toBe(refused);
    const fault = new TypeError('x is undefined');
    const broken = treeOf({}, [clusters], {
      known: () => {
        throw fault;
      },
    });
    await expect(broken.tree.read(clusters, above)).rejects.toBe(fault);
  });

  it('reports a row that fits no column, and goes on', async () => {
    const { tree, run, written } = treeOf({ [below]: [{ id: 'c1', name: {} }, { id: 'c2' }] }, [clusters]);
    await tree.read(clusters, above);
    expect(run.failures).toEqual([
      expect.stringMatching(/^acme: buildkite_clusters: name is \{\}, expected /),
    ]);
    expect(await written()).toEqual(['buildkite_clusters c2']);
  });
});

describe('a stream that hangs below a tree', () => {
  const list = '/analytics/organizations/acme/suites';
  const beside = (read: (above: object) => Promise<void>) => ({
    also: { [suites.name]: { definition: testRuns, read } },
  });

  it('is told each row, also where nobody selected the rows themselves', async () => {
    const told: object[] = [];
    const read = async (rows: object) => {
      told.push(rows);
    };
    const { tree, written } = treeOf({ [list]: listOf('s1', 's2') }, [testRuns], beside(read));
    await tree.read(suites, above);
    expect(told).toEqual([
      { ...above, buildkite_suites: { id: 's1' } },
      { ...above, buildkite_suites: { id: 's2' } },
    ]);
    expect(await written()).toEqual([]);
  });

  it('is not asked for where nobody selected it', async () => {
    const { tree, requests } = treeOf(
      {},
      [clusters],
      beside(async () => {}),
    );
    await tree.read(suites, above);
    expect(requests).toEqual([]);
  });

  it('is named by its own name where the tree is forbidden', async () => {
    const { tree, run } = treeOf(
      { [list]: failure('forbidden', 403) },
      [testRuns],
      beside(async () => {}),
    );
    await tree.read(suites, above);
    expect(run.failures).toEqual([
      'acme: buildkite_test_runs are left out of this run; they need read_suites. It answered 403.',
    ]);
  });

  it('fails by itself: the rows after it are read', async () => {
    const told: unknown[] = [];
    const read = async (rows: object) => {
      told.push(rows);
      if (told.length === 1) throw new TapError('It is not to be believed.');
    };
    const { tree, run } = treeOf({ [list]: listOf('s1', 's2') }, [suites, testRuns], beside(read));
    await tree.read(suites, above);
    expect(run.failures).toEqual(['acme: buildkite_test_runs could not be read. It is not to be believed.']);
    expect(told).toHaveLength(2);
  });
});
