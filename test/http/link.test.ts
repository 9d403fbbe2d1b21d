import { expect, test } from 'vitest';
import { linkIn, parseLink } from '../../src/http/link.js';

const next = 'https://api.buildkite.com/v2/organizations/acme/builds?page=2&per_page=100';

test.each<[string, string, string | undefined]>([
  ['alone', `<${next}>; rel="next"`, next],
  ['not quoted', `<${next}>; rel=next`, next],
  ['among others', `<https://a/?page=9>; rel="last", <${next}>; rel="next"`, next],
  ['first of others', `<${next}>; rel="next",<https://a/?page=9>; rel="last"`, next],
  ['one of several types', `<${next}>; rel="last  next"`, next],
  ['in another case', `<${next}>; REL="Next"`, next],
  ['after other parameters', `<${next}>; title="a, \\"b\\"; rel=\\"prev\\""; type=text/html; rel=next`, next],
  ['before other parameters', `<${next}>; rel="next"; title*=UTF-8''n%c3%a4chste; x`, next],
  ['after a quoted one', `<${next}>; title="a, <b>; rel=prev"; rel="next"`, next],
  ['with a comma in its URL', '<https://a/?x=1,2;3>; rel="next"', 'https://a/?x=1,2;3'],
  ['without blanks', `<${next}>;rel=next`, next],
  ['with many blanks', `  <${next}>  ;  rel = "next"  `, next],
  ['after empty ones', `, ,<${next}>;;rel="next";,`, next],
  ['named twice: the first', `<${next}>; rel="next", <https://a/>; rel="next"`, next],
  ['with rel twice: the first', '<https://a/>; rel="prev"; rel="next"', undefined],
  ['of another page', '<https://a/>; rel="next"; anchor="#x"', undefined],
  ['only part of a type', '<https://a/>; rel="nextish"', undefined],
  ['only a title', '<https://a/>; title="next"', undefined],
  ['in an empty header', '', undefined],
  ['in no header', '<https://a/?page=1>; rel="first"', undefined],
])('next %s', (_, header, expected) => {
  expect(linkIn({ link: header }, 'next')).toEqual({ target: expected });
});

test('the header may come on several lines, or not at all', () => {
  const link = ['<https://a/?page=1>; rel="prev"', `<${next}>; rel="next"`];
  expect(linkIn({ link }, 'next')).toEqual({ target: next });
  expect(linkIn({}, 'next')).toEqual({ target: undefined });
});

test.each([
  'next',
  `${next}; rel="next"`,
  `<${next}; rel="next"`,
  `<${next}> rel="next"`,
  `<${next}>; rel="next`,
])('%s is no Link header', (header) => {
  expect(parseLink(header)).toBeUndefined();
  expect(linkIn({ link: header }, 'next')).toBe('unreadable');
});

// Were the time to grow with the square of the length, these would end at the runner's limit.
test.each([
  ['<a>;', undefined],
  ['<', undefined],
  ['; ', undefined],
  ['<a>; x="\\', undefined],
  ['<a>; rel=a ', undefined],
  [', ', 0],
  ['<a>, ', 200_000],
])('a megabyte of %s is read to its end', (piece, links) => {
  expect(parseLink(piece.repeat(1_000_000 / piece.length))?.length).toBe(links);
});
