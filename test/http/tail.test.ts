import fc from 'fast-check';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Tail } from '../../src/http/tail.js';

function tailOf(chunks: readonly Uint8Array[], most: number): Tail {
  const tail = new Tail(most);
  for (const chunk of chunks) tail.add(chunk);
  return tail;
}

test('keeps the last bytes of any chunks, and counts them all', () => {
  const ascii = fc.uint8Array({ max: 127, maxLength: 40 });
  fc.assert(
    fc.property(fc.array(ascii, { maxLength: 20 }), fc.integer({ min: 0, max: 60 }), (chunks, most) => {
      const whole = Buffer.concat(chunks);
      const tail = tailOf(chunks, most);
      expect(tail.length).toBe(whole.length);
      expect(tail.text()).toBe(whole.subarray(Math.max(0, whole.length - most)).toString());
    }),
  );
});

test('begins with a whole character of any text', () => {
  const text = fc.string({ unit: 'binary', maxLength: 20 });
  fc.assert(
    fc.property(text, fc.integer({ min: 0, max: 30 }), (whole, most) => {
      const kept = tailOf([Buffer.from(whole)], most).text();
      expect(whole.endsWith(kept)).toBe(true);
      expect(Buffer.byteLength(kept)).toBeGreaterThan(Math.min(most, Buffer.byteLength(whole)) - 4);
    }),
  );
});

test.each([
  ['nothing', [], ''],
  ['the rest of a character alone', [0x9f, 0x98, 0x80], ''],
  ['what is no UTF-8 at all, after three bytes', [0x80, 0x80, 0x80, 0x80], '\ufffd'],
])('of a text that is cut already: %s', (_, bytes, expected) => {
  expect(tailOf([Uint8Array.from(bytes)], 10).text({ isCut: true })).toBe(expected);
});

test('holds no more than what it keeps', () => {
  const most = 1024;
  const makers = (['alloc', 'allocUnsafe', 'from', 'concat'] as const).map((name) => vi.spyOn(Buffer, name));
  onTestFinished(() => void vi.restoreAllMocks());
  // One piece of memory for all chunks: whoever keeps the chunks instead of their bytes sees the last one only.
  const chunk = new Uint8Array(400);
  const tail = new Tail(most);
  for (let index = 0; index < 20_000; index += 1) tail.add(chunk.fill(97 + (index % 26)));
  const sizes = makers.flatMap(({ mock }) => mock.results.map(({ value }) => value.length));
  expect(Math.max(...sizes)).toBe(most);
  // Each is at least twice as large as the one before, but for the last.
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(3 * most);
  expect(tail.text()).toBe(`${'d'.repeat(most - 800)}${'e'.repeat(400)}${'f'.repeat(400)}`);
  expect(tail.length).toBe(8_000_000);
});
