/** Numbers that look random, and are the same ones for the same seed. */
export interface Random {
  /** From 0 to below 1. */
  float(): number;
  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number;
  chance(probability: number): boolean;
  pick<T>(list: readonly [T, ...T[]]): T;
}

/** mulberry32: small, quick, and good enough to choose faults by. */
export function randomOf(seed: number): Random {
  let state = Math.imul(seed + 1, 0x9e3779b9) >>> 0;
  const float = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (from: number, to: number): number => from + Math.floor(float() * (to - from + 1));
  return {
    float,
    between,
    chance: (probability) => float() < probability,
    pick: (list) => list[between(0, list.length - 1)] ?? list[0],
  };
}
