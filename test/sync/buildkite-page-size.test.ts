import { describe, expect, it } from 'vitest';
import { HttpError } from '../../src/errors.js';
import { afterAnswer, isTooMuch, type PageSize, smaller } from '../../src/sync/buildkite/page-size.js';

describe('a page that is too heavy', () => {
  it('is halved down to a single row, and no further', () => {
    const sizes: number[] = [];
    for (
      let size: PageSize | undefined = { rows: 30, answered: 3 };
      size !== undefined;
      size = smaller(size)
    ) {
      sizes.push(size.rows);
    }
    expect(sizes).toEqual([30, 15, 7, 3, 1]);
  });

  it('is tried at twice the rows after 8 answers, up to the largest', () => {
    const sizes: number[] = [];
    let size: PageSize = { rows: 7, answered: 0 };
    for (let answer = 0; answer < 26; answer++) {
      sizes.push(size.rows);
      size = afterAnswer(size, 30);
    }
    expect(sizes).toEqual(
      [...Array(8).fill(7), ...Array(8).fill(14), ...Array(8).fill(28), 30, 30].slice(0, 26),
    );
  });
});

describe('less is asked for', () => {
  const failed = (options: Partial<ConstructorParameters<typeof HttpError>[1]>) =>
    new HttpError('It failed.', { failure: 'unreadable', path: '/builds', ...options });

  it.each<[string, unknown, boolean]>([
    ['after a failure of the server', failed({ status: 504, isTooHeavy: true }), true],
    ['after a time-out, or more than an answer may be', failed({ isTooHeavy: true }), true],
    ['after a connection that broke', failed({}), true],
    ['not after an answer of another shape', failed({ status: 200 }), false],
    ['not after a request that was rejected', failed({ status: 400 }), false],
    ['not when it is forbidden', failed({ failure: 'forbidden', status: 403 }), false],
    ['not when the token is refused', failed({ failure: 'unauthorized', status: 401 }), false],
    ['not after a fault of the program', new TypeError('x is undefined'), false],
  ])('%s', (_, error, less) => {
    expect(isTooMuch(error)).toBe(less);
  });
});
