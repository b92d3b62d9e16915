/** Numbers for tests that are the same in every run: mulberry32. */
export interface Random {
  /** 0 … n-1. */
  below(n: number): number;
  pick<T>(values: readonly T[]): T;
  /** 0 … 1. */
  next(): number;
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (n: number): number => Math.floor(next() * n);
  return { next, below, pick: (values) => values[below(values.length)] as (typeof values)[number] };
}
