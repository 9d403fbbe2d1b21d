import { describe, expect, test } from 'vitest';
import { columns } from '../../src/commands/columns.js';
import { summary } from '../../src/commands/summary.js';
import type { HttpStatistics } from '../../src/http/client.js';

describe('the summary', () => {
  const statistics: HttpStatistics = {
    requests: 12_345,
    retries: 67,
    refused: 8,
    waitedForLimit: 9050,
    inFlight: 0,
    pause: 0,
  };
  const of = (rows: Record<string, number>, failures: readonly string[] = []) =>
    summary({ rows: new Map(Object.entries(rows)), failures } as never, statistics, 61_250);

  test('names the rows by stream, the requests, the waiting and the time', () => {
    expect(of({ pipelines: 1234, workflows: 0, jobs: 5_678_901 })).toEqual([
      'Rows: 1,234 pipelines, 0 workflows, 5,678,901 jobs.',
      'Requests: 12,345, 67 of them repeated, 8 refused for a rate limit; waited 9.1 s for limits.',
      'Took 61.3 s.',
    ]);
  });

  test('counts what could not be read, without telling it twice', () => {
    expect(of({ jobs: 1 }, ['one thing', 'another']).slice(3)).toEqual(['Not read: 2, named above.']);
  });
});

test.each<[string, string[][], string[]]>([
  ['no lines of no rows', [], []],
  [
    'cells below each other',
    [
      ['a', 'bb', 'c'],
      ['aaa', 'b', 'cc'],
    ],
    ['a    bb  c', 'aaa  b   cc'],
  ],
  ['no blanks at the end', [['a', ''], ['bbb']], ['a', 'bbb']],
  [
    'the width of a cell that is empty',
    [
      ['', 'x'],
      ['ab', 'y'],
    ],
    ['    x', 'ab  y'],
  ],
])('a table has %s', (_, rows, lines) => {
  expect(columns(rows)).toEqual(lines);
});
