import { describe, expect, it } from 'vitest';
import { normal } from '../random.js';
import {
  choleskyInPlace,
  inverseFromLower,
  invertLower,
  solveLowerInPlace,
  solveUpperInPlace,
} from './cholesky.js';

const size = 12;

/** G Gᵀ + I of a random G. */
function positiveDefinite(): Float64Array {
  const a = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      let sum = i === j ? 1 : 0;
      for (let k = 0; k < size; k++) sum += normal(1, i, k) * normal(1, j, k);
      a[i * size + j] = sum;
    }
  }
  return a;
}

describe('choleskyInPlace', () => {
  const a = positiveDefinite();
  const l = a.slice();
  const isDefinite = choleskyInPlace(l, size);

  it('gives a factor whose product is the matrix', () => {
    expect(isDefinite).toBe(true);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j <= i; j++) {
        let sum = 0;
        for (let k = 0; k <= j; k++) sum += l[i * size + k]! * l[j * size + k]!;
        expect(sum).toBeCloseTo(a[i * size + j]!, 10);
      }
    }
  });

  it('solves with the factor and with its inverse alike', () => {
    const b = Float64Array.from({ length: size }, (_, i) => i - 3);
    const solved = b.slice();
    solveLowerInPlace(l, size, solved);
    solveUpperInPlace(l, size, solved);
    const inverse = inverseFromLower(invertLower(l, size), size);
    for (let i = 0; i < size; i++) {
      let sum = 0;
      for (let j = 0; j < size; j++) {
        sum += inverse[Math.max(i, j) * size + Math.min(i, j)]! * b[j]!;
      }
      expect(sum).toBeCloseTo(solved[i]!, 10);
    }
  });

  it('refuses a matrix that is not positive definite', () => {
    expect(choleskyInPlace(Float64Array.from([1, 2, 2, 1]), 2)).toBe(false);
    expect(choleskyInPlace(Float64Array.from([Number.NaN]), 1)).toBe(false);
  });
});
