import { expect, test } from 'vitest';
import { createBulkWorld } from '../sandbox/bulk.js';
import { messagesOf } from '../support/calm.js';
import { runInProcess } from '../support/in-process.js';

const pipelines = 300;
const maxConcurrency = 4;
const jobsPerWorkflow = 20;

/** Resolves when a count that has begun stands still: a request takes a turn of the event loop, and nothing else waits. */
async function stillness(count: () => number): Promise<void> {
  let before = 0;
  while (count() === 0 || count() !== before) {
    before = count();
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}

test('a reader that takes nothing stops the requests, and loses nothing when it goes on', async () => {
  const world = createBulkWorld({ pipelines, workflowsPerPipeline: 1, jobsPerWorkflow });
  let read = (): void => {};
  const reads = new Promise<void>((resolve) => {
    read = resolve;
  });
  let asked = 0;
  const config = { start_date: '2020-01-01', max_concurrency: maxConcurrency };
  const ended = runInProcess(world, { reads, config, breaks: () => void asked++ });
  await stillness(() => asked);
  // The project and a page, and two lists of each pipeline: the rows of two fill all buffers, others are read ahead.
  expect(asked).toBeLessThanOrEqual(2 + 2 * (2 + 2 * maxConcurrency));

  read();
  const { stdout, error } = await ended;
  expect(error).toBeUndefined();
  const messages = messagesOf(stdout);
  const rows = messages.filter(({ type }) => type === 'RECORD');
  expect(rows).toHaveLength(pipelines * (1 + 1 + jobsPerWorkflow));
  expect(messages.at(-1)?.type).toBe('STATE');
});
