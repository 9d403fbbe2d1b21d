import { describe, expect, it } from 'vitest';
import { plainEnd, plainLog } from '../../src/sync/plain-log.js';

const mark = '\u001b_bk;t=1773144000000\u0007';
const asIs = (text: string) => text;

describe('a log as a person reads it', () => {
  it.each([
    ['has no colours', '\u001b[31mfailed\u001b[0m, \u001b[1;38;5;9mbold\u001b[m', 'failed, bold'],
    ['has no marks of time', `${mark}one\r\n${mark}two\r\n`, 'one\r\ntwo\r\n'],
    ['has a mark in the middle of a line removed, too', `50 %${mark}\r100 %`, '50 %\r100 %'],
    ['keeps headings and emoji', '--- :rspec: Specs 🪁', '--- :rspec: Specs 🪁'],
    ['keeps what only looks like a mark', '_bk;t=12 and [31m', '_bk;t=12 and [31m'],
    ['may be empty', '', ''],
  ])('%s', (_, log, plain) => {
    expect(plainLog(log)).toBe(plain);
  });
});

describe('the end of a log', () => {
  const log = `${mark}first line\r\n\u001b[31mred\u001b[0m 🪁 last`;

  it('is the whole where that is short enough', () => {
    expect(plainEnd(log, Buffer.byteLength(log), asIs)).toBe('first line\r\nred 🪁 last');
    expect(plainEnd(log, 10_000, asIs)).toBe('first line\r\nred 🪁 last');
  });

  it.each([
    [0, ''],
    [4, 'last'],
    [5, ' last'],
    // The kite is 4 bytes long.
    [6, ' last'],
    [8, ' last'],
    [9, '🪁 last'],
    // What ends the red is 4 bytes long, what begins it 5.
    [12, ' 🪁 last'],
    [14, ' 🪁 last'],
    [17, 'red 🪁 last'],
    [21, 'red 🪁 last'],
    [24, '\r\nred 🪁 last'],
  ])('of %d bytes leaves out what the cut goes through', (bytes, end) => {
    expect(plainEnd(log, bytes, asIs)).toBe(end);
  });

  it('shows nothing of a mark that the cut goes through, wherever that is', () => {
    const marked = `before\r\n${mark}after`;
    for (let bytes = 5; bytes <= 5 + mark.length; bytes++) {
      expect(plainEnd(marked, bytes, asIs), `${bytes} bytes`).toBe('after');
    }
  });

  it('shows nothing of a secret that the cut goes through, wherever that is', () => {
    const secret = 'bkua_0123456789';
    const redacted = (text: string) => text.replaceAll(secret, '***');
    const printed = `token ${secret} is used`;
    for (let bytes = 9; bytes < 8 + secret.length; bytes++) {
      expect(plainEnd(printed, bytes, redacted), `${bytes} bytes`).toBe(' is used');
    }
    expect(plainEnd(printed, 8 + secret.length, redacted)).toBe('*** is used');
  });

  it('stars a secret that is coloured inside', () => {
    const redacted = (text: string) => text.replaceAll('secret', '***');
    expect(plainEnd('a sec\u001b[31mret\u001b[0m', 100, redacted)).toBe('a ***');
  });
});
