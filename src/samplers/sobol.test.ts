import { describe, expect, it } from 'vitest';
import { mostSobolDimensions, sobolPoint, sobolWord } from './sobol.js';

// scipy.stats.qmc.Sobol(d=48, scramble=False, bits=32).random(6)[:, [0, 1, 2, 5, 20, 47]], SciPy 1.17.1
const scipyPoints = [
  [0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
  [0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
  [0.75, 0.25, 0.25, 0.75, 0.25, 0.25],
  [0.25, 0.75, 0.75, 0.25, 0.75, 0.75],
  [0.375, 0.375, 0.625, 0.125, 0.125, 0.125],
  [0.875, 0.875, 0.125, 0.625, 0.625, 0.625],
];

describe('sobolWord', () => {
  it('gives the points of SciPy, which follow the Gray code', () => {
    const got = scipyPoints.map((_, index) =>
      [0, 1, 2, 5, 20, 47].map(
        (dimension) => sobolWord(index ^ (index >>> 1), dimension) / 2 ** 32,
      ),
    );
    expect(got).toEqual(scipyPoints);
  });
});

describe('sobolPoint', () => {
  const points = Array.from({ length: 64 }, (_, index) => sobolPoint(7, index, 48));

  it('puts one of 64 points into each 64th of every dimension', () => {
    for (let dimension = 0; dimension < mostSobolDimensions; dimension++) {
      const cells = points.map((point) => Math.floor((point[dimension] ?? 0) * 64));
      expect(new Set(cells).size).toBe(64);
    }
  });

  it('fills the plane of the first two dimensions cell by cell, scrambled or not', () => {
    for (const [rows, columns] of [
      [8, 8],
      [2, 32],
      [16, 4],
    ] as const) {
      const cells = points.map(
        ([x = 0, y = 0]) => `${Math.floor(x * rows)} ${Math.floor(y * columns)}`,
      );
      expect(new Set(cells).size).toBe(64);
    }
  });

  it('is another point under another seed, inside the box', () => {
    expect(sobolPoint(8, 3, 4)).not.toEqual(sobolPoint(7, 3, 4));
    for (const value of points.flat()) {
      expect(value).toBeGreaterThan(0);
      expect(value).toBeLessThan(1);
    }
  });

  it('says what to do where there are more dimensions than direction numbers', () => {
    expect(() => sobolPoint(7, 0, 49)).toThrow('at most 48 dimensions here, asked for 49');
  });
});
