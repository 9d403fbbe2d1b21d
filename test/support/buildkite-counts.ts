import { Writable } from 'node:stream';
import { syncInputs } from '../../src/commands/sync.js';
import { Log } from '../../src/log.js';
import { Writer } from '../../src/singer/writer.js';
import type { BuildkiteBulkWorld } from '../sandbox/buildkite/bulk.js';
import { BuildkiteHistoryClient } from './buildkite-client.js';

export interface Counts {
  /** RECORDs, by stream. */
  readonly rows: Readonly<Record<string, number>>;
  readonly requests: readonly string[];
}

/** Reads a world in this process and keeps nothing but counts: its output is more than a string can hold. */
export async function countInProcess(world: BuildkiteBulkWorld, config: object = {}): Promise<Counts> {
  const rows: Record<string, number> = {};
  let torn = '';
  const stdout = new Writable({
    write(chunk: Buffer, _, done) {
      const lines = (torn + chunk.toString('latin1')).split('\n');
      torn = lines.pop() ?? '';
      for (const line of lines) {
        const stream = /^{"type":"RECORD","stream":"(\w+)"/.exec(line)?.[1];
        if (stream !== undefined) rows[stream] = (rows[stream] ?? 0) + 1;
      }
      done();
    },
  });
  const stop = new AbortController();
  const requests: string[] = [];
  const writer = new Writer(stdout, () => stop.abort());
  const clock = () => world.now;
  await syncInputs(
    {
      config: { buildkite_token: 'token', start_date: '2020-01-01', ...config },
      catalog: undefined,
      state: undefined,
      range: false,
    },
    { log: new Log({ write: () => {} }), writer, stop, live: () => () => {}, clock },
    (_source, _config, _environment, _metrics, signal) =>
      // Of a history it uses what the bulk world has, too.
      new BuildkiteHistoryClient(world as never, { signal, requests, clock }),
  );
  await writer.end();
  return { rows, requests };
}
