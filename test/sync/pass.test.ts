import { describe, expect, test } from 'vitest';
import { HttpError } from '../../src/errors.js';
import { type Page, TokenNotFound } from '../../src/http/pagination.js';
import { rerunWindow } from '../../src/sync/circleci/bounds.js';
import { type PassOptions, type PassPlan, type PassStep, passOver } from '../../src/sync/pass.js';
import { at, iso } from '../support/diary.js';

const now = at(200);
type Listed = [id: string | null, day: number, number?: number];

const failed = new HttpError('GET /p answered 500.', { failure: 'unreadable', path: '/p', status: 500 });
const notFound = new TokenNotFound('GET /p answered 404.', { failure: 'not-found', path: '/p', status: 404 });

const project = 'gh/acme/web';
const options = (withoutId: () => void = () => {}): PassOptions => ({
  now,
  expiredBefore: now - rerunWindow,
  idOf: ({ id }) => (typeof id === 'string' ? id : ''),
  partitionOf: () => project,
  withoutId,
});

/** Goes over pages of `[id, day]`; what is no page is thrown. Says what is visited, and what is passed and when. */
async function goOver(
  pages: readonly (Listed[] | Error)[],
  plans: Readonly<Record<string, number | PassPlan>>,
): Promise<{ steps: string[]; asked: number; error: unknown }> {
  let asked = 0;
  async function* source(): AsyncGenerator<Page> {
    for (const page of pages) {
      asked++;
      if (page instanceof Error) throw page;
      const items = page.map(([id, day, number]) => ({ id, created_at: iso(at(day)), number }));
      yield {
        items,
        last: false,
        answer: { status: 200, headers: {}, body: {}, receivedAt: now, date: undefined },
      };
    }
  }
  const planOf = (plan: number | PassPlan): PassPlan =>
    typeof plan === 'number'
      ? {
          floor: plan,
          newest: Number.POSITIVE_INFINITY,
          need: (_, created) => (created >= plan ? 'all' : undefined),
        }
      : plan;
  const all = new Map(Object.entries(plans).map(([stream, plan]) => [stream, planOf(plan)]));
  const steps: string[] = [];
  try {
    for await (const step of passOver(
      source(),
      new Map([[project, all]]),
      options(() => steps.push('without id')),
    ))
      steps.push(told(step));
    return { steps, asked, error: undefined };
  } catch (error) {
    return { steps, asked, error };
  }
}

function told(step: PassStep): string {
  if (step.kind === 'visit') return `${step.request.id} for ${[...step.request.needs.keys()].join(' and ')}`;
  return `passed ${step.streams.join(' and ')}${step.isDoubtful ? ', perhaps' : ''}`;
}

describe('a pass', () => {
  test('visits what is asked for, newest first, and has passed every stream at the end of the list', async () => {
    const { steps } = await goOver(
      [
        [
          ['c', 3],
          ['b', 2],
        ],
        [['a', 1]],
      ],
      { jobs: at(0), workflows: at(2) },
    );
    expect(steps).toEqual([
      'c for jobs and workflows',
      'b for jobs and workflows',
      'a for jobs',
      'passed workflows',
      'passed jobs',
    ]);
  });

  test('ends when a whole page is older than every floor, and asks no further page', async () => {
    const { steps, asked } = await goOver(
      [
        [
          ['c', 5],
          ['b', 2],
        ],
        [
          ['a', 1],
          ['z', 0],
        ],
        [['y', 0]],
      ],
      { jobs: at(2) },
    );
    expect(steps).toEqual(['c for jobs', 'b for jobs', 'passed jobs']);
    expect(asked).toBe(2);
  });

  test('goes on while one pipeline of the page is as young as the floor', async () => {
    const { asked } = await goOver(
      [
        [
          ['b', 2],
          ['a', 1],
        ],
        [['z', 0]],
      ],
      { jobs: at(2) },
    );
    expect(asked).toBe(2);
  });

  test('passes over what is newer than the last pipeline taken, as lists do that shift', async () => {
    const { steps } = await goOver(
      [
        [
          ['c', 3],
          ['b', 2],
        ],
        [
          ['c', 3],
          ['b', 2],
          ['a', 1],
        ],
      ],
      { jobs: at(0) },
    );
    expect(steps).toEqual(['c for jobs', 'b for jobs', 'a for jobs', 'passed jobs']);
  });

  test('takes each of several pipelines of the same millisecond once, also over pages', async () => {
    const { steps } = await goOver(
      [
        [
          ['a', 2],
          ['b', 2],
        ],
        [
          ['b', 2],
          ['c', 2],
          ['a', 2],
        ],
        [['d', 1]],
      ],
      { jobs: at(0) },
    );
    expect(steps).toEqual(['a for jobs', 'b for jobs', 'c for jobs', 'd for jobs', 'passed jobs']);
  });

  test('takes what one second has in any order, over pages and below the floor, each once', async () => {
    const millisecond = 1 / (24 * 60 * 60 * 1000);
    const { steps } = await goOver(
      [
        [
          ['a', 2 + 100 * millisecond],
          ['b', 2 + 900 * millisecond],
        ],
        [
          ['b', 2 + 900 * millisecond],
          ['c', 2 + 500 * millisecond],
        ],
        [['d', 1]],
      ],
      { jobs: at(2 + 400 * millisecond), workflows: at(0) },
    );
    expect(steps).toEqual([
      'a for workflows',
      'b for jobs and workflows',
      'c for jobs and workflows',
      'd for workflows',
      'passed jobs',
      'passed workflows',
    ]);
  });

  test('goes on after an empty page, and ends with an empty list', async () => {
    expect((await goOver([[], [['a', 1]]], { jobs: at(0) })).steps).toEqual(['a for jobs', 'passed jobs']);
    expect((await goOver([[]], { jobs: at(0) })).steps).toEqual(['passed jobs']);
    expect((await goOver([], { jobs: at(0) })).steps).toEqual(['passed jobs']);
  });

  test('visits an open pipeline below the floor where a page happens to have it', async () => {
    const plan: PassPlan = {
      floor: at(2),
      newest: Number.POSITIVE_INFINITY,
      need: (id) => (id === 'open' ? 'all' : undefined),
    };
    expect(
      (
        await goOver(
          [
            [
              ['b', 2],
              ['open', 1],
            ],
          ],
          { jobs: plan },
        )
      ).steps,
    ).toEqual(['open for jobs', 'passed jobs']);
  });

  test('breaks off with the error of a page that failed', async () => {
    const { steps, error } = await goOver([[['b', 2]], failed], { jobs: at(0) });
    expect([steps, error]).toEqual([['b for jobs'], failed]);
  });

  test.each<[string, Listed, boolean]>([
    ['is perhaps the end behind the first pipeline of the project', ['a', 199, 1], true],
    ['is perhaps the end behind one of more than 90 days', ['a', 109, 57], true],
    ['is an error elsewhere', ['a', 111, 57], false],
  ])('of which a token answers 404 %s', async (_, last, isEnd) => {
    const { steps, error } = await goOver([[['b', 199.5, 58], last], notFound], { jobs: at(0) });
    expect(steps.at(-1)).toBe(isEnd ? 'passed jobs, perhaps' : 'a for jobs');
    expect(error).toBe(isEnd ? undefined : notFound);
  });

  test('counts rows without id, as those of expired pipelines, and goes on', async () => {
    const pages: Listed[][] = [
      [
        ['b', 2],
        [null, 2],
      ],
      [['a', 1]],
    ];
    const { steps } = await goOver(pages, { jobs: at(0) });
    expect(steps).toEqual(['b for jobs', 'without id', 'a for jobs', 'passed jobs']);
  });

  test.each([
    ['without created_at', { id: 'p2' }],
    ['with a created_at that is none', { id: 'p2', created_at: 'soon' }],
  ])('visits a pipeline %s beside the one before it', async (_, row) => {
    const before = { id: 'p1', created_at: new Date(now - 5000).toISOString() };
    async function* source(): AsyncGenerator<Page> {
      const answer = { status: 200, headers: {}, body: {}, receivedAt: now, date: undefined };
      yield { items: [before, row], last: true, answer };
    }
    const plans = new Map([
      ['jobs', { floor: 0, newest: Number.POSITIVE_INFINITY, need: () => 'all' as const }],
    ]);
    const created: number[] = [];
    for await (const step of passOver(source(), new Map([[project, plans]]), options())) {
      if (step.kind === 'visit') created.push(step.request.created);
    }
    expect(created).toEqual([now - 5000, now - 5000]);
  });
});
