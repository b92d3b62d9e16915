import { describe, expect, it } from 'vitest';
import { type Eigen, symmetricEigen } from './eigen.js';
import { Matrix, norm } from './matrix.js';
import { fillNormal, normal } from './random.js';

/** Q diag(values) Qᵀ, where Q is a product of random reflections. */
function matrixWithEigenvalues(values: readonly number[], seed: number): Matrix {
  const size = values.length;
  const matrix = new Matrix(size);
  values.forEach((value, i) => {
    matrix.set(i, i, value);
  });
  for (let k = 0; k < 3; k++) {
    const v = new Float64Array(size);
    fillNormal(v, seed, k);
    const lengthSquared = v.reduce((sum, item) => sum + item * item, 0);
    reflectBothSides(matrix, v, 2 / lengthSquared);
  }
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) matrix.set(i, j, matrix.get(j, i));
  }
  return matrix;
}

/** (I − beta v vᵀ) A (I − beta v vᵀ) */
function reflectBothSides(a: Matrix, v: Float64Array, beta: number): void {
  const { size, data } = a;
  const p = a.multiply(v).map((value) => beta * value);
  const half = (beta * p.reduce((sum, value, i) => sum + value * v[i]!, 0)) / 2;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      const [wi, wj] = [p[i]! - half * v[i]!, p[j]! - half * v[j]!];
      data[i * size + j]! -= v[i]! * wj + wi * v[j]!;
    }
  }
}

/** Largest ‖A v − λ v‖ and |V Vᵀ − I|, relative to ‖A‖. */
function residual(matrix: Matrix, { values, vectors }: Eigen): number {
  const { size } = matrix;
  const scale = norm(matrix.data) || 1;
  let worst = 0;
  for (let k = 0; k < size; k++) {
    const v = vectors.data.subarray(k * size, (k + 1) * size);
    const difference = matrix.multiply(v).map((value, i) => value - values[k]! * v[i]!);
    worst = Math.max(worst, norm(difference) / scale);
    vectors.multiply(v).forEach((value, j) => {
      worst = Math.max(worst, Math.abs(value - (j === k ? 1 : 0)));
    });
  }
  return worst;
}

const spectra: Record<string, (size: number) => number[]> = {
  ordinary: (size) => Array.from({ length: size }, (_, k) => 1 + k),
  'condition 1e14': (size) =>
    Array.from({ length: size }, (_, k) => 10 ** (-14 * (k / (size - 1 || 1)))),
  'near-singular': (size) => Array.from({ length: size }, (_, k) => (k < size / 2 ? 0 : 1)),
  'equal eigenvalues': (size) => new Array<number>(size).fill(2),
  indefinite: (size) => Array.from({ length: size }, (_, k) => (k % 2 === 0 ? 1 : -3)),
  zero: (size) => new Array<number>(size).fill(0),
  'condition 1e14, huge': (size) =>
    Array.from({ length: size }, (_, k) => 1e100 * 10 ** (-14 * (k / (size - 1 || 1)))),
  'condition 1e14, tiny': (size) =>
    Array.from({ length: size }, (_, k) => 1e-100 * 10 ** (-14 * (k / (size - 1 || 1)))),
};

describe('symmetricEigen', () => {
  it.each(Object.keys(spectra))('leaves residuals below 1e-12 up to n = 64: %s', (name) => {
    for (const size of [1, 2, 3, 8, 17, 32, 64]) {
      const matrix = matrixWithEigenvalues(spectra[name]!(size), size);
      expect(residual(matrix, symmetricEigen(matrix))).toBeLessThan(1e-12);
    }
  });

  it('leaves them there at n = 200', () => {
    const matrix = matrixWithEigenvalues(spectra['condition 1e14']!(200), 1);
    expect(residual(matrix, symmetricEigen(matrix))).toBeLessThan(1e-12);
  });

  it('takes matrices that are diagonal, or have one far element, or a block of zeros', () => {
    for (const [row, column] of [
      [0, 0],
      [0, 4],
      [3, 4],
      [1, 2],
    ] as const) {
      const matrix = Matrix.identity(5);
      matrix.set(row, column, 2);
      matrix.set(column, row, 2);
      expect(residual(matrix, symmetricEigen(matrix))).toBeLessThan(1e-15);
    }
  });

  it('takes random matrices of any sign', () => {
    for (let size = 1; size <= 30; size++) {
      const matrix = new Matrix(size);
      for (let i = 0; i < size; i++) {
        for (let j = i; j < size; j++) {
          const value = normal(size, i, j) * 10 ** (8 * normal(size, j, i));
          matrix.set(i, j, value);
          matrix.set(j, i, value);
        }
      }
      expect(residual(matrix, symmetricEigen(matrix))).toBeLessThan(1e-12);
    }
  });

  it('finds the eigenvalues, ascending', () => {
    const { values } = symmetricEigen(matrixWithEigenvalues([3, 0.5, 2, 1], 5));
    [0.5, 1, 2, 3].forEach((expected, k) => {
      expect(values[k]).toBeCloseTo(expected, 13);
    });
  });

  it('keeps tiny eigenvalues of a scaled matrix to full precision', () => {
    const scales = [1, 1e-4, 1e-8];
    const matrix = new Matrix(3);
    scales.forEach((row, i) => {
      scales.forEach((column, j) => {
        matrix.set(i, j, row * column * (i === j ? 1 : 0.5));
      });
    });
    // The determinant is (1 · 1e-4 · 1e-8)² · 0.5, so the product of the eigenvalues tells their relative precision.
    const { values } = symmetricEigen(matrix);
    expect((values[0]! * values[1]! * values[2]!) / 0.5e-24).toBeCloseTo(1, 13);
  });

  it('leaves its argument alone', () => {
    const matrix = matrixWithEigenvalues([1, 2, 3], 1);
    const before = [...matrix.data];
    symmetricEigen(matrix);
    expect([...matrix.data]).toEqual(before);
  });
});
