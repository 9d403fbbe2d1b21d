/** A small seeded generator (sfc32): the same seed gives the same world on every machine and Node version. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  /** In [from, to), not rounded. */
  between(from: number, to: number): number;
  /** A whole number in [from, to]. */
  integer(from: number, to: number): number;
  chance(probability: number): boolean;
  pick<T>(choices: readonly [T, ...T[]] | readonly T[]): T;
  /** Shaped like the version 4 UUIDs of CircleCI. */
  uuid(): string;
  /** Lower-case hexadecimal digits, for revisions. */
  hexadecimal(digits: number): string;
}

/** Every purpose has a stream of its own, so that one more draw in one place does not change the others. */
export function createRandom(seed: number, purpose: string): Random {
  let a = hash(`${seed}/${purpose}/a`);
  let b = hash(`${seed}/${purpose}/b`);
  let c = hash(`${seed}/${purpose}/c`);
  let counter = 1;

  function word(): number {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  }
  for (let round = 0; round < 15; round++) word();

  const next = () => word() / 0x1_0000_0000;
  const hexadecimal = (digits: number) => {
    let text = '';
    while (text.length < digits) text += word().toString(16).padStart(8, '0');
    return text.slice(0, digits);
  };
  return {
    next,
    between: (from, to) => from + next() * (to - from),
    integer: (from, to) => from + Math.floor(next() * (to - from + 1)),
    chance: (probability) => next() < probability,
    pick: <T>(choices: readonly T[]): T => {
      if (choices.length === 0) throw new Error('Nothing to pick from.');
      return choices[Math.floor(next() * choices.length)] as T;
    },
    uuid: () => uuidOf(hexadecimal(32)),
    hexadecimal,
  };
}

/** FNV-1a with a final mix; good enough to spread seeds, and stable. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  value ^= value >>> 16;
  value = Math.imul(value, 0x7feb352d);
  value ^= value >>> 15;
  value = Math.imul(value, 0x846ca68b);
  return (value ^ (value >>> 16)) >>> 0;
}

/** 32 hexadecimal digits in the shape of a version 4 UUID. */
export function uuidOf(digits: string): string {
  const variant = '89ab'[Number.parseInt(digits[16] as string, 16) % 4];
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(13, 16)}`,
    `${variant}${digits.slice(17, 20)}`,
    digits.slice(20, 32),
  ].join('-');
}
