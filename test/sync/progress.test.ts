import { expect, test } from 'vitest';
import type { HttpStatistics } from '../../src/http/client.js';
import { Progress, progressLine } from '../../src/sync/progress.js';
import { at } from '../support/diary.js';

type Point = [day: number, number?: number];

const idle: HttpStatistics = {
  requests: 0,
  retries: 0,
  refused: 0,
  waitedForLimit: 0,
  inFlight: 0,
  pause: 0,
};
const point = ([day, number]: Point) => ({ created: at(day), number });

function expecting(projects: number): Progress {
  const progress = new Progress();
  progress.expect('projects', projects);
  return progress;
}

/** A project that has come from the first of the points to the last, on the way to a floor. */
function onTheWay(floor: number, points: readonly Point[], projects = 1): Progress {
  const progress = expecting(projects);
  for (const one of points) progress.reach('gh/acme/web', point(one), at(floor));
  return progress;
}

const noon = new Date(2024, 0, 1, 12).getTime();
const line = (progress: Progress, statistics: Partial<HttpStatistics> = {}, elapsed = 0) =>
  progressLine(progress, { ...idle, ...statistics }, elapsed, noon);

test.each<[string, number, Point[], number]>([
  ['nothing at the first pipeline', 0, [[100, 500]], 0],
  ['what lies behind it by date, where the API has no numbers', 0, [[100], [60]], 0.4],
  [
    'what lies behind it by number, where the project began after the floor',
    0,
    [
      [100, 50],
      [99, 25],
    ],
    0.5,
  ],
  [
    'the same by number, where the first pipeline has been read',
    0,
    [
      [100, 50],
      [98, 1],
    ],
    0.98,
  ],
  [
    'what lies behind it by date, where many numbers lie below the floor',
    90,
    [
      [100, 5000],
      [95, 4950],
    ],
    0.5,
  ],
  [
    'no more than all of it, behind the floor',
    90,
    [
      [100, 5000],
      [80, 4900],
    ],
    1,
  ],
  ['no more than all of it, behind the floor and without numbers', 90, [[100], [80]], 1],
  [
    'what lies behind it by date, where numbers do not descend',
    0,
    [
      [100, 5],
      [75, 5],
    ],
    0.25,
  ],
  ['nothing, where the newest lies at the floor', 100, [[100, 9]], 0],
  ['nothing, where the newest lies below the floor', 110, [[100], [90]], 0],
  [
    'the way since the newest, whatever came in between',
    0,
    [
      [100, 10],
      [70, 9],
      [50, 8],
    ],
    0.5,
  ],
])('the share is %s', (_, floor, points, share) => {
  expect(onTheWay(floor, points).share).toBeCloseTo(share, 10);
});

test('the share is that of all projects, those that are over and those that have not begun included', () => {
  const progress = onTheWay(0, [[100], [50]], 4);
  expect(progress.share).toBeCloseTo(0.5 / 4, 10);
  progress.reach('gh/acme/api', point([80]), at(0));
  progress.reach('gh/acme/api', point([60]), at(0));
  expect(progress.share).toBeCloseTo((0.5 + 0.25) / 4, 10);
  progress.end('projects', 'gh/acme/web');
  expect(progress.share).toBeCloseTo((1 + 0.25) / 4, 10);
  progress.end('projects', 'gh/acme/api');
  expect(progress.parts).toBe('2/4 projects');
  expect(progress.share).toBe(0.5);
});

test('a project that ends without a single pipeline is over too', () => {
  const progress = expecting(1);
  progress.end('projects', 'gh/acme/web');
  expect([progress.share, progress.parts]).toEqual([1, '1/1 projects']);
});

test('nothing is done as long as nobody knows what there is to do', () => {
  expect(new Progress().share).toBe(0);
});

test('a line counts what there is of each kind', () => {
  const progress = expecting(2);
  progress.expect('organizations', 1);
  progress.end('organizations', 'acme');
  expect(line(progress)).toBe('0/2 projects, 1/1 organizations | 33 % | 0 rows/s | 0 requests in flight');
});

test('the date is the latest that a project under way has come back to', () => {
  const progress = onTheWay(0, [[100], [30]], 2);
  expect(progress.reached).toBe(at(30));
  progress.reach('gh/acme/api', point([60]), at(0));
  expect(progress.reached).toBe(at(60));
  progress.end('projects', 'gh/acme/api');
  expect(progress.reached).toBe(at(30));
  progress.end('projects', 'gh/acme/web');
  expect(progress.reached).toBeUndefined();
});

test('a line at the beginning has no date and no time left', () => {
  expect(line(expecting(3), { inFlight: 6 })).toBe('0/3 projects | 0 % | 0 rows/s | 6 requests in flight');
});

test('the way begins again from the top when what an interrupted run left has been read', () => {
  expect(onTheWay(0, [[50], [10], [100]]).share).toBe(0);
  expect(onTheWay(0, [[50], [10], [100], [60]]).share).toBeCloseTo(0.4);
});

test('a line on the way says how far, how fast and how long still', () => {
  const progress = onTheWay(0, [[100], [75]]);
  progress.rows = 123_450;
  expect(line(progress, { inFlight: 16 }, 10_000)).toBe(
    '0/1 projects | 25 % | back to 2024-03-16 | 12,345 rows/s | 16 requests in flight | 30 s left',
  );
});

test('a line says so when all requests wait for the limit, and until when', () => {
  const parts = line(onTheWay(0, [[100], [75]]), { inFlight: 16, pause: 7001 }).split(' | ');
  expect(parts).toContain('waiting for the limit until 12:00:07');
  expect(parts.join()).not.toContain('in flight');
});

test('rows are told as of a whole second at the least', () => {
  const progress = expecting(1);
  progress.rows = 40;
  expect(line(progress, {}, 100)).toContain('| 40 rows/s |');
});

test.each<[string, number, number, string | undefined]>([
  ['unknown in the first two seconds', 50, 2000, undefined],
  ['known after', 50, 2001, '3 s left'],
  ['unknown at one percent', 99, 60_000, undefined],
  ['known behind it', 98, 60_000, '49 min left'],
  ['in minutes from two on', 50, 120_000, '2 min left'],
  ['in seconds before', 50, 119_000, '119 s left'],
  ['rounded up to whole minutes', 50, 120_001, '3 min left'],
  ['nothing at the floor', 0, 60_000, '0 s left'],
])('the time left is %s', (_, day, elapsed, left) => {
  const last = line(onTheWay(0, [[100], [day]]), {}, elapsed)
    .split(' | ')
    .at(-1);
  expect(last?.endsWith('left') ? last : undefined).toBe(left);
});
