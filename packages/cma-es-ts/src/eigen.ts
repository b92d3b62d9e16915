// Cyclic Jacobi (Golub and Van Loan, Matrix Computations, 4th ed., section 8.5). Chosen over tridiagonal QL because it
// is short, keeps the small eigenvalues of a positive definite matrix accurate (Demmel and Veselić 1992), and uses
// only + - * / and sqrt, so that its bits are the same in every engine.
import { at, Matrix } from './matrix.js';

/** A = V diag(values) Vᵀ */
export interface Eigen {
  /** Ascending. */
  readonly values: Float64Array;
  /** Column k belongs to `values[k]`; columns are orthonormal. */
  readonly vectors: Matrix;
}

/** Enough by far: 64 dimensions with a condition of 1e14 take about a dozen. */
const MAX_SWEEPS = 60;
/** Off-diagonal elements below this share of the geometric mean of their diagonal elements count as zero. */
const RELATIVE_ZERO = 2 ** -53;
/** The same relative to the largest element, for matrices that are singular. */
const ABSOLUTE_ZERO = 2 ** -80;

/** Eigenvalues and eigenvectors of a symmetric matrix (both triangles must be filled). */
export function symmetricEigen(matrix: Matrix): Eigen {
  const size = matrix.size;
  const a = matrix.copy();
  const v = Matrix.identity(size);
  const zero = ABSOLUTE_ZERO * largestMagnitude(a);
  let isRotating = true;
  for (let sweep = 0; isRotating && sweep < MAX_SWEEPS; sweep++) {
    isRotating = false;
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) {
        const apq = Math.abs(a.get(p, q));
        const relativeZero = RELATIVE_ZERO * Math.sqrt(Math.abs(a.get(p, p) * a.get(q, q)));
        if (apq <= zero || apq <= relativeZero) continue;
        rotate(a, v, p, q);
        isRotating = true;
      }
    }
  }
  return sortAscending(a, v);
}

/** One rotation in the plane (p, q) that makes a[p, q] zero; v collects the product of all rotations. */
function rotate(a: Matrix, v: Matrix, p: number, q: number): void {
  const apq = a.get(p, q);
  const theta = (a.get(q, q) - a.get(p, p)) / (2 * apq);
  const sign = theta < 0 ? -1 : 1;
  const t = sign / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  const tau = s / (1 + c);
  a.set(p, p, a.get(p, p) - t * apq);
  a.set(q, q, a.get(q, q) + t * apq);
  a.set(p, q, 0);
  a.set(q, p, 0);
  for (let k = 0; k < a.size; k++) {
    if (k !== p && k !== q) {
      const akp = a.get(k, p);
      const akq = a.get(k, q);
      const newKp = akp - s * (akq + tau * akp);
      const newKq = akq + s * (akp - tau * akq);
      a.set(k, p, newKp);
      a.set(p, k, newKp);
      a.set(k, q, newKq);
      a.set(q, k, newKq);
    }
    const vkp = v.get(k, p);
    const vkq = v.get(k, q);
    v.set(k, p, vkp - s * (vkq + tau * vkp));
    v.set(k, q, vkq + s * (vkp - tau * vkq));
  }
}

function sortAscending(a: Matrix, v: Matrix): Eigen {
  const size = a.size;
  const order = Array.from({ length: size }, (_, k) => k);
  order.sort((left, right) => a.get(left, left) - a.get(right, right) || left - right);
  const values = Float64Array.from(order, (k) => a.get(k, k));
  const vectors = new Matrix(size);
  for (let k = 0; k < size; k++) {
    const from = at(order, k);
    for (let i = 0; i < size; i++) vectors.set(i, k, v.get(i, from));
  }
  return { values, vectors };
}

function largestMagnitude(a: Matrix): number {
  let largest = 0;
  for (const value of a.data) largest = Math.max(largest, Math.abs(value));
  return largest;
}
