import { describe, expect, it } from 'vitest';
import { type Eigen, symmetricEigen } from './eigen.js';
import { Matrix, norm } from './matrix.js';
import { normal } from './random.js';

/** Q diag(values) Qᵀ with a random orthonormal Q. */
function matrixWithEigenvalues(values: readonly number[], seed: number): Matrix {
  const size = values.length;
  const columns: number[][] = [];
  for (let k = 0; k < size; k++) {
    let column = Array.from({ length: size }, (_, i) => normal(seed, k, i));
    for (let pass = 0; pass < 2; pass++) {
      for (const earlier of columns) {
        const along = column.reduce((sum, value, i) => sum + value * earlier[i]!, 0);
        column = column.map((value, i) => value - along * earlier[i]!);
      }
    }
    const length = norm(column);
    columns.push(column.map((value) => value / length));
  }
  const matrix = new Matrix(size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      const [row, column] = [Math.min(i, j), Math.max(i, j)];
      const sum = values.reduce(
        (total, value, k) => total + value * columns[k]![row]! * columns[k]![column]!,
        0,
      );
      matrix.set(i, j, sum);
    }
  }
  return matrix;
}

function columnOf(matrix: Matrix, k: number): number[] {
  return Array.from({ length: matrix.size }, (_, i) => matrix.get(i, k));
}

/** Largest ‖A v − λ v‖ and |Vᵀ V − I|, relative to ‖A‖. */
function residual(matrix: Matrix, { values, vectors }: Eigen): number {
  const scale = norm(matrix.data) || 1;
  let worst = 0;
  for (let k = 0; k < matrix.size; k++) {
    const v = columnOf(vectors, k);
    const difference = matrix.multiply(v).map((value, i) => value - values[k]! * v[i]!);
    worst = Math.max(worst, norm(difference) / scale);
    vectors.multiplyTransposed(v).forEach((value, j) => {
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
};

describe('symmetricEigen', () => {
  it.each(Object.keys(spectra))('leaves residuals below 1e-12 up to n = 64: %s', (name) => {
    for (const size of [1, 2, 3, 8, 17, 32, 64]) {
      const matrix = matrixWithEigenvalues(spectra[name]!(size), size);
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
