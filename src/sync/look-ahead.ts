/**
 * Reads items of a source side by side and yields the results in the source's order.
 * At most `ahead` results are under way or waiting to be taken, and none is begun while `hasRoom` says no
 * (unless nothing waits): a slow consumer stops the source. What the source or a reading throws comes in its
 * place, after all earlier results.
 */
export async function* lookAhead<Item, Result>(
  source: AsyncIterable<Item>,
  read: (item: Item) => Promise<Result>,
  { ahead, hasRoom }: { ahead: number; hasRoom: () => boolean },
): AsyncGenerator<Result> {
  const queue: Promise<Result>[] = [];
  const changed = new Signal();
  let isEnded = false;
  let isAbandoned = false;

  const fill = async (): Promise<void> => {
    for await (const item of source) {
      if (isAbandoned) return;
      const result = read(item);
      // Errors wait in the queue for their turn.
      result.catch(() => {});
      queue.push(result);
      changed.notify();
      while (!isAbandoned && queue.length > 0 && (queue.length >= ahead || !hasRoom())) await changed.wait();
      if (isAbandoned) return;
    }
  };
  const filling = fill().finally(() => {
    isEnded = true;
    changed.notify();
  });
  filling.catch(() => {});

  try {
    for (;;) {
      while (queue.length === 0 && !isEnded) await changed.wait();
      const [head] = queue;
      if (head === undefined) break;
      const result = await head;
      queue.shift();
      changed.notify();
      yield result;
    }
    await filling;
  } finally {
    isAbandoned = true;
    changed.notify();
    // What was begun ends before the caller goes on, so that nothing is asked after a pass is over.
    await Promise.allSettled([filling, ...queue]);
  }
}

/** Wakes everyone who waits, once. */
class Signal {
  #wake: () => void = () => {};
  #next = this.#arm();

  wait(): Promise<void> {
    return this.#next;
  }

  notify(): void {
    const wake = this.#wake;
    this.#next = this.#arm();
    wake();
  }

  #arm(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
