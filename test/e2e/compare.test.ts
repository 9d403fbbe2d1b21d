import { describe, expect, it } from 'vitest';
import { differencesBetween, expectNone, report } from './support/compare.js';
import type { Expected } from './support/expected.js';

const expected: Expected = new Map([
  [
    'jobs',
    {
      schema: { properties: { id: { type: ['null', 'string'] } } },
      key: ['id', 'workflow'],
      rows: new Map([
        ['1 a', { id: '1', workflow: 'a', status: 'success', needs: { x: 1, y: [2] } }],
        ['2 a', { id: '2', workflow: 'a', status: null }],
      ]),
    },
  ],
]);

const plain = { representations: [], outlived: {} };
const same = [
  { id: '1', workflow: 'a', status: 'success', needs: { y: [2], x: 1 } },
  { id: '2', workflow: 'a', status: null },
];

describe('the comparison of rows', () => {
  it('finds no difference in the order of rows and members', () => {
    const held = new Map([['jobs', same.toReversed()]]);
    expect(differencesBetween(expected, held, plain)).toEqual([]);
    expect(() => expectNone([])).not.toThrow();
  });

  it('says which rows differ, and how', () => {
    const held = new Map([
      [
        'jobs',
        [
          { id: '1', workflow: 'a', status: 'running', needs: { x: 1, y: [2, 3] } },
          { id: '3', workflow: 'a', status: null },
        ],
      ],
    ]);
    const differences = differencesBetween(expected, held, plain);
    expect(report(differences)).toBe(
      [
        'Differences: 4 of jobs',
        'jobs 3 a: should not be there',
        'jobs 1 a: status is "running" instead of "success"',
        'jobs 1 a: needs is {"x":1,"y":[2,3]} instead of {"x":1,"y":[2]}',
        'jobs 2 a: missing',
      ].join('\n'),
    );
  });

  it('finds a row that is there twice, and a column that is null instead of absent', () => {
    const [first = {}] = same;
    const held = new Map([['jobs', [...same, { ...first, tag: null }]]]);
    expect(differencesBetween(expected, held, plain)).toEqual([
      'jobs 1 a: is there twice',
      'jobs 1 a: tag is null instead of absent',
    ]);
  });

  it('knows what a target changes, and which rows may stay', () => {
    const representations = [
      {
        what: 'names are upper-case',
        why: 'an example',
        stored: (row: object) => ({ ...row, tag: null }),
        meant: ({ ID, ...row }: Readonly<Record<string, unknown>>) => ({ id: ID, ...row }),
      },
    ];
    const held = new Map([
      [
        'jobs',
        [...same, { id: '9', workflow: 'a' }].map(({ id, ...row }) => ({ ID: id, tag: null, ...row })),
      ],
    ]);
    const outlived = { jobs: 'an example' };
    expect(differencesBetween(expected, held, { representations, outlived })).toEqual([]);
  });
});
