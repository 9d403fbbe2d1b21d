import { describe, expect, it, test } from 'vitest';
import { failedWith, failureOf, HttpError, TapError } from '../src/errors.js';

const forbidden = new HttpError('CircleCI does not allow it.', {
  failure: 'forbidden',
  path: '/me',
  status: 403,
  isTooHeavy: true,
  next: 'Ask an administrator.',
});

test.each<[string, unknown, boolean]>([
  ['a request that ended so', forbidden, true],
  ['a request that ended otherwise', new HttpError('Gone.', { failure: 'not-found', path: '/me' }), false],
  ['an error of the tap', new TapError('No file.'), false],
  ['a fault of the program', new Error('forbidden'), false],
  ['what only looks like one', { failure: 'forbidden' }, false],
])('%s is told from the others', (_, thrown, expected) => {
  expect(failedWith(thrown, 'forbidden')).toBe(expected);
});

test.each<[string, TapError, string]>([
  ['a request counts as it ended', forbidden, 'forbidden'],
  ['whatever else the user reads is a hole', new TapError('No file.'), 'unreadable'],
])('%s', (_, error, failure) => {
  expect(failureOf(error)).toBe(failure);
});

describe('an error with other advice', () => {
  const advised = forbidden.advising('Name them in the settings.');

  it('says the same and what to do instead', () => {
    expect(advised.line).toBe('CircleCI does not allow it. Name them in the settings.');
  });

  it('keeps all that is known of the request, and the error that it was', () => {
    const { failure, path, status, isTooHeavy, cause } = advised;
    expect({ failure, path, status, isTooHeavy, cause }).toEqual({
      failure: 'forbidden',
      path: '/me',
      status: 403,
      isTooHeavy: true,
      cause: forbidden,
    });
  });
});
