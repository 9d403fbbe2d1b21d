import { describe, expect, test } from 'vitest';
import { lookAhead } from '../../src/sync/look-ahead.js';

const always = { ahead: 3, hasRoom: () => true };

/** A reading that ends when it is told to. */
function readings() {
  const begun: number[] = [];
  const ends = new Map<number, { resolve: (result: number) => void; reject: (error: Error) => void }>();
  const read = (item: number) =>
    new Promise<number>((resolve, reject) => {
      begun.push(item);
      ends.set(item, { resolve, reject });
    });
  return {
    begun,
    read,
    end: (item: number) => ends.get(item)?.resolve(item),
    fail: (item: number, error: Error) => ends.get(item)?.reject(error),
  };
}

async function* upTo(last: number): AsyncGenerator<number> {
  for (let item = 1; item <= last; item++) yield item;
}

/** Lets everything happen that can happen without further ado. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

async function taken<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('looking ahead', () => {
  test("yields in the source's order, whatever ends first", async () => {
    const { read, end } = readings();
    const results = taken(lookAhead(upTo(3), read, always));
    await settled();
    for (const item of [3, 1, 2]) end(item);
    expect(await results).toEqual([1, 2, 3]);
  });

  test('yields nothing of an empty source', async () => {
    expect(await taken(lookAhead(upTo(0), async (item) => item, always))).toEqual([]);
  });

  test('begins no more than it may before the first is taken', async () => {
    const { begun, read, end } = readings();
    const results = lookAhead(upTo(9), read, always);
    const first = results.next();
    await settled();
    for (const item of [2, 3]) end(item);
    await settled();
    expect(begun).toEqual([1, 2, 3]);
    end(1);
    expect(await first).toMatchObject({ value: 1 });
    await settled();
    expect(begun).toEqual([1, 2, 3, 4]);
    for (const item of [4]) end(item);
    await results.return(undefined);
  });

  test('asks the source for no more than it may', async () => {
    let asked = 0;
    async function* source(): AsyncGenerator<number> {
      for (;;) yield ++asked;
    }
    const { read, end } = readings();
    const results = lookAhead(source(), read, always);
    const first = results.next();
    await settled();
    expect(asked).toBe(3);
    for (const item of [1, 2, 3]) end(item);
    await first;
    const closed = results.return(undefined);
    await settled();
    for (const item of [4]) end(item);
    await closed;
  });

  test('begins one at a time while there is no room, and never stands still', async () => {
    const { begun, read, end } = readings();
    const results = lookAhead(upTo(3), read, { ahead: 3, hasRoom: () => false });
    const seen: unknown[] = [];
    for (const item of [1, 2, 3]) {
      const next = results.next();
      await settled();
      expect(begun).toEqual(Array.from({ length: item }, (_, index) => index + 1));
      end(item);
      seen.push((await next).value);
    }
    expect(seen).toEqual([1, 2, 3]);
    expect(await results.next()).toMatchObject({ done: true });
  });

  test('throws what a reading throws in its place, after the results before it', async () => {
    const { read, end, fail } = readings();
    const results = lookAhead(upTo(3), read, always);
    const first = results.next();
    await settled();
    fail(2, new Error('broken'));
    end(3);
    await settled();
    end(1);
    expect(await first).toMatchObject({ value: 1 });
    await expect(results.next()).rejects.toThrow('broken');
    expect(await results.next()).toMatchObject({ done: true });
  });

  test('throws what the source throws in its place', async () => {
    async function* source(): AsyncGenerator<number> {
      yield 1;
      throw new Error('page failed');
    }
    const results = lookAhead(source(), async (item) => item, always);
    expect(await results.next()).toMatchObject({ value: 1 });
    await expect(results.next()).rejects.toThrow('page failed');
  });

  test('that is abandoned while the source is at work begins nothing of what comes of it', async () => {
    const begun: number[] = [];
    let goOn: () => void = () => {};
    async function* source(): AsyncGenerator<number> {
      yield 1;
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      yield 2;
    }
    const read = async (item: number) => {
      begun.push(item);
      return item;
    };
    const results = lookAhead(source(), read, always);
    await results.next();
    const closed = results.return(undefined);
    goOn();
    await closed;
    await settled();
    expect(begun).toEqual([1]);
  });

  test('that is abandoned waits for what was begun, and begins nothing after', async () => {
    const { begun, read, end } = readings();
    const results = lookAhead(upTo(9), read, always);
    const first = results.next();
    await settled();
    end(1);
    await first;
    await settled();
    const before = [...begun];
    let isOver = false;
    const closed = results.return(undefined).then(() => {
      isOver = true;
    });
    await settled();
    expect(isOver).toBe(false);
    for (const item of before) end(item);
    await closed;
    await settled();
    expect(begun).toEqual(before);
  });
});
