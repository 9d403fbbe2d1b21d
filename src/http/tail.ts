/** Keeps the last bytes of a stream of any length, and holds no more of it than those. */
export class Tail {
  readonly #most: number;
  /** Written round and round once it has its full size. */
  #ring = Buffer.alloc(0);
  #length = 0;

  /** @param most how many bytes are kept at most */
  constructor(most: number) {
    this.#most = most;
  }

  /** How many bytes have come in all. */
  get length(): number {
    return this.#length;
  }

  /** Takes the next bytes; the chunk itself is not kept. */
  add(chunk: Uint8Array): void {
    const kept = chunk.subarray(Math.max(0, chunk.length - this.#most));
    this.#grow(Math.min(this.#most, this.#length + chunk.length));
    this.#length += chunk.length;
    if (kept.length === 0) return;
    const begin = (this.#length - kept.length) % this.#most;
    const beforeEnd = kept.subarray(0, this.#most - begin);
    this.#ring.set(beforeEnd, begin);
    this.#ring.set(kept.subarray(beforeEnd.length), 0);
  }

  /** What was kept, as text. A character that the beginning cuts in two is left out. */
  text(options: { isCut?: boolean } = {}): string {
    const isFull = this.#length > this.#most;
    const begin = isFull ? this.#length % this.#most : 0;
    const bytes =
      begin === 0
        ? this.#ring.subarray(0, Math.min(this.#length, this.#most))
        : Buffer.concat([this.#ring.subarray(begin), this.#ring.subarray(0, begin)]);
    return bytes.toString('utf8', isFull || options.isCut === true ? restOfCharacter(bytes) : 0);
  }

  #grow(size: number): void {
    if (size <= this.#ring.length) return;
    const grown = Buffer.alloc(Math.min(this.#most, Math.max(size, 2 * this.#ring.length)));
    // One that is smaller than it may be has not gone round yet.
    grown.set(this.#ring);
    this.#ring = grown;
  }
}

/** How many bytes at the beginning continue a character of UTF-8 (10xxxxxx) that began before them. */
function restOfCharacter(bytes: Uint8Array): number {
  const begin = bytes.subarray(0, 3).findIndex((byte) => (byte & 0b1100_0000) !== 0b1000_0000);
  return begin === -1 ? Math.min(3, bytes.length) : begin;
}
