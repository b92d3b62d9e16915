import { describe, expect, it } from 'vitest';
import { inverseNormal } from './inverse-normal.js';
import { fillNormal, normal, philox, uniform } from './random.js';

/** Of `count` candidates with eight coordinates each. */
function draw(source: typeof normal, seed: number, count: number): number[] {
  return Array.from({ length: count * 8 }, (_, i) => source(seed, Math.floor(i / 8), i % 8));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The Kolmogorov-Smirnov distance to the uniform distribution, times √n: above 1.95 once in a thousand. */
function kolmogorovSmirnov(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const n = sorted.length;
  const distances = sorted.map((u, i) => Math.max((i + 1) / n - u, u - i / n));
  return Math.sqrt(n) * distances.reduce((worst, distance) => Math.max(worst, distance), 0);
}

describe('philox', () => {
  // The known answers of Random123 (kat_vectors, philox4x32 with 10 rounds).
  it('gives the known answers of Random123', () => {
    expect(philox([0, 0, 0, 0], [0, 0])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
    const ones = 0xffffffff;
    expect(philox([ones, ones, ones, ones], [ones, ones])).toEqual([
      0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd,
    ]);
    expect(
      philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]),
    ).toEqual([0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]);
  });
});

describe('uniform', () => {
  it.each([0, 1, 2, 12345, 2 ** 32, Number.MAX_SAFE_INTEGER])('is uniform for seed %i', (seed) => {
    expect(kolmogorovSmirnov(draw(uniform, seed, 2500))).toBeLessThan(1.95);
  });

  it('is uniform across seeds at one id and coordinate', () => {
    const values = Array.from({ length: 20_000 }, (_, seed) => uniform(seed, 0, 0));
    expect(kolmogorovSmirnov(values)).toBeLessThan(1.95);
  });

  it('stays inside the open interval and uses the high half of seed and id', () => {
    expect(draw(uniform, 7, 1000).every((u) => u > 0 && u < 1)).toBe(true);
    expect(uniform(1, 0, 0)).not.toBe(uniform(1 + 2 ** 32, 0, 0));
    expect(uniform(0, 1, 0)).not.toBe(uniform(0, 1 + 2 ** 32, 0));
  });
});

describe('normal', () => {
  const values = draw(normal, 42, 25_000);

  it('has the moments of the standard normal distribution', () => {
    const n = values.length;
    const moment = (power: number) => mean(values.map((z) => z ** power));
    // Five standard errors each: Var z = 1, Var z² = 2, Var z³ = 15, Var z⁴ = 96.
    expect(Math.abs(moment(1))).toBeLessThan(5 * Math.sqrt(1 / n));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    expect(Math.abs(moment(3))).toBeLessThan(5 * Math.sqrt(15 / n));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(5 * Math.sqrt(96 / n));
  });

  it('is not correlated between coordinates, ids or seeds', () => {
    const n = 20_000;
    const pairs: Record<string, (i: number) => [number, number]> = {
      coordinates: (i) => [normal(3, i, 0), normal(3, i, 1)],
      ids: (i) => [normal(3, i, 0), normal(3, i + 1, 0)],
      seeds: (i) => [normal(3, i, 0), normal(4, i, 0)],
      'seed and id': (i) => [normal(3, i, 0), normal(i, 3, 0)],
    };
    for (const pair of Object.values(pairs)) {
      const products = Array.from({ length: n }, (_, i) => i + 10).map((i) => {
        const [left, right] = pair(i);
        return left * right;
      });
      expect(Math.abs(mean(products))).toBeLessThan(5 / Math.sqrt(n));
    }
  });

  it('fills a vector with the same numbers, of odd and even length', () => {
    for (const length of [1, 2, 7, 8]) {
      const z = new Float64Array(length);
      fillNormal(z, 5, 6, 7, 3);
      expect([...z]).toEqual(Array.from({ length }, (_, j) => normal(5, 6, j, 7, 3)));
    }
  });

  it('differs between attempts, streams and the two coordinates of a pair', () => {
    const draws = [normal(1, 2, 4), normal(1, 2, 5), normal(1, 2, 4, 1), normal(1, 2, 4, 0, 1)];
    expect(new Set(draws).size).toBe(4);
  });

  it('is a function of its arguments', () => {
    expect(normal(1, 2, 3)).toBe(normal(1, 2, 3));
    expect(normal(1, 2, 3)).toBe(inverseNormal(uniform(1, 2, 3)));
  });
});
