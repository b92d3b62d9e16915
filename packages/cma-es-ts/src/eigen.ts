/* eslint-disable @typescript-eslint/no-non-null-assertion -- hot loops: every index is below a length the loop is bounded by */
// Householder tridiagonalisation, then implicit QL with shifts (Golub and Van Loan, Matrix Computations, 4th ed.,
// sections 8.3.1 and 8.3.5; the shifts and the criterion of negligibility are EISPACK's tql2, Bowdler, Martin, Reinsch and
// Wilkinson 1968). Only + - * / and sqrt, so that its bits are the same in every engine. Eigenvectors are rows here:
// all inner loops then run along memory. About ten times faster than cyclic Jacobi at n = 40.
import { Matrix } from './matrix.js';

/** A = Vᵀ diag(values) V */
export interface Eigen {
  /** Ascending; each within some n ulps of the largest magnitude. */
  readonly values: Float64Array;
  /** ROW k belongs to `values[k]`; rows are orthonormal. */
  readonly vectors: Matrix;
}

const EPSILON = 2 ** -52;
/** QL takes two steps for an eigenvalue, on average; a value not found after this many is taken as it is. */
const MAX_STEPS = 60;

/** Eigenvalues and eigenvectors of a symmetric matrix (the upper triangle is read). */
export function symmetricEigen(matrix: Matrix): Eigen {
  const size = matrix.size;
  const a = matrix.data.slice();
  const scale = scaleToUnit(a);
  const diagonal = new Float64Array(size);
  const off = new Float64Array(size);
  const v = tridiagonalise(a, size, diagonal, off);
  diagonaliseTridiagonal(diagonal, off, v, size);
  return sortAscending(diagonal, v, size, scale);
}

/** Divides by the largest magnitude, so that no square over- or underflows, and returns it. */
function scaleToUnit(a: Float64Array): number {
  let largest = 0;
  for (const value of a) largest = Math.max(largest, Math.abs(value));
  if (largest === 0) return 1;
  // A power of two divides without rounding. The exponent by repeated halving: Math.log2 is not the same everywhere.
  let scale = 1;
  while (scale > largest && scale > 2 ** -1000) scale /= 2;
  while (scale < largest && scale < 2 ** 1000) scale *= 2;
  for (let i = 0; i < a.length; i++) a[i]! /= scale;
  return scale;
}

/**
 * Qᵀ A Q = T with T tridiagonal. `a` is overwritten; T's diagonal and what lies beside it are written to `diagonal` and
 * `off` (off[k] between k and k + 1).
 *
 * @returns Qᵀ, row-major
 */
function tridiagonalise(
  a: Float64Array,
  size: number,
  diagonal: Float64Array,
  off: Float64Array,
): Float64Array {
  const betas = new Float64Array(size);
  const p = new Float64Array(size);
  for (let k = 0; k < size - 1; k++) {
    const row = k * size;
    diagonal[k] = a[row + k]!;
    let tail = 0;
    for (let j = k + 2; j < size; j++) tail += a[row + j]! * a[row + j]!;
    const first = a[row + k + 1]!;
    if (tail === 0) {
      off[k] = first;
      continue;
    }
    // The reflector I − beta v vᵀ sends row k to ±length e; v stays in row k. The sign avoids cancellation.
    const length = Math.sqrt(first * first + tail);
    const signed = first >= 0 ? length : -length;
    off[k] = -signed;
    a[row + k + 1] = first + signed;
    const beta = 1 / (length * (length + Math.abs(first)));
    betas[k] = beta;
    multiplyTrailing(a, size, k + 1, row, beta, p);
    subtractRankTwo(a, size, k + 1, row, beta, p);
  }
  diagonal[size - 1] = a[size * size - 1]!;
  return accumulate(a, size, betas);
}

/** p = beta A v over the trailing block that starts at `from`; v is the row at `v`. The upper triangle stands for both. */
function multiplyTrailing(
  a: Float64Array,
  size: number,
  from: number,
  v: number,
  beta: number,
  p: Float64Array,
): void {
  p.fill(0, from);
  let i = from;
  // Two rows in one pass: one sum alone waits for itself.
  for (; i + 1 < size; i += 2) {
    const row = i * size;
    const next = row + size;
    const v0 = a[v + i]!;
    const v1 = a[v + i + 1]!;
    const beside = a[row + i + 1]!;
    let sum0 = p[i]! + a[row + i]! * v0 + beside * v1;
    let sum1 = p[i + 1]! + beside * v0 + a[next + i + 1]! * v1;
    for (let j = i + 2; j < size; j++) {
      const a0 = a[row + j]!;
      const a1 = a[next + j]!;
      const vj = a[v + j]!;
      sum0 += a0 * vj;
      sum1 += a1 * vj;
      p[j]! += a0 * v0 + a1 * v1;
    }
    p[i] = sum0;
    p[i + 1] = sum1;
  }
  if (i < size) p[i]! += a[i * size + i]! * a[v + i]!;
  for (let k = from; k < size; k++) p[k]! *= beta;
}

/** A −= v wᵀ + w vᵀ with w = p − (beta pᵀv / 2) v, the upper triangle. */
function subtractRankTwo(
  a: Float64Array,
  size: number,
  from: number,
  v: number,
  beta: number,
  p: Float64Array,
): void {
  let along = 0;
  for (let i = from; i < size; i++) along += p[i]! * a[v + i]!;
  const half = (beta * along) / 2;
  for (let i = from; i < size; i++) p[i]! -= half * a[v + i]!;
  for (let i = from; i < size; i++) {
    const row = i * size;
    const vi = a[v + i]!;
    const wi = p[i]!;
    for (let j = i; j < size; j++) a[row + j]! -= vi * p[j]! + wi * a[v + j]!;
  }
}

/** Qᵀ from the reflectors in the rows of `a`, the last one first: each then touches a growing trailing block only. */
function accumulate(a: Float64Array, size: number, betas: Float64Array): Float64Array {
  const q = new Float64Array(size * size);
  for (let i = 0; i < size; i++) q[i * size + i] = 1;
  for (let k = size - 3; k >= 0; k--) {
    const beta = betas[k]!;
    if (beta === 0) continue;
    const v = k * size;
    let i = k + 1;
    for (; i + 1 < size; i += 2) {
      const row = i * size;
      const next = row + size;
      let along0 = 0;
      let along1 = 0;
      for (let j = k + 1; j < size; j++) {
        along0 += q[row + j]! * a[v + j]!;
        along1 += q[next + j]! * a[v + j]!;
      }
      along0 *= beta;
      along1 *= beta;
      for (let j = k + 1; j < size; j++) {
        q[row + j]! -= along0 * a[v + j]!;
        q[next + j]! -= along1 * a[v + j]!;
      }
    }
    if (i < size) {
      const row = i * size;
      let along = 0;
      for (let j = k + 1; j < size; j++) along += q[row + j]! * a[v + j]!;
      along *= beta;
      for (let j = k + 1; j < size; j++) q[row + j]! -= along * a[v + j]!;
    }
  }
  return q;
}

/** Implicit QL on (d, e); every rotation is applied to two rows of v. Afterwards d holds the eigenvalues, in no order. */
function diagonaliseTridiagonal(
  d: Float64Array,
  e: Float64Array,
  v: Float64Array,
  size: number,
): void {
  e[size - 1] = 0;
  let magnitude = 0;
  for (let i = 0; i < size; i++) magnitude = Math.max(magnitude, Math.abs(d[i]!) + Math.abs(e[i]!));
  const zero = EPSILON * magnitude * 2 ** -10;
  const cosines = new Float64Array(size);
  const sines = new Float64Array(size);
  for (let low = 0; low < size; low++) {
    for (let steps = 0; steps < MAX_STEPS; steps++) {
      let high = low;
      while (high < size - 1 && !isNegligible(d, e, high, zero)) high++;
      if (high === low) break;
      stepQl(d, e, v, size, low, high, cosines, sines);
    }
  }
}

/** e[i] is lost in the rounding of its neighbours, or far below that of the whole matrix. */
function isNegligible(d: Float64Array, e: Float64Array, i: number, zero: number): boolean {
  const size = Math.abs(e[i]!);
  return size <= zero || size <= (EPSILON / 2) * (Math.abs(d[i]!) + Math.abs(d[i + 1]!));
}

/** One QL step with Wilkinson's shift on the unreduced block low..high. */
function stepQl(
  d: Float64Array,
  e: Float64Array,
  v: Float64Array,
  size: number,
  low: number,
  high: number,
  cosines: Float64Array,
  sines: Float64Array,
): void {
  const ratio = (d[low + 1]! - d[low]!) / (2 * e[low]!);
  const root = Math.sqrt(ratio * ratio + 1);
  let g = d[high]! - d[low]! + e[low]! / (ratio + (ratio >= 0 ? root : -root));
  let s = 1;
  let c = 1;
  let p = 0;
  for (let i = high - 1; i >= low; i--) {
    const f = s * e[i]!;
    const b = c * e[i]!;
    const r = Math.sqrt(f * f + g * g);
    e[i + 1] = r;
    if (r === 0) {
      // The bulge has vanished: the block falls apart here, and the next step takes it up.
      d[i + 1]! -= p;
      e[high] = 0;
      rotateRows(v, size, i + 1, high, cosines, sines);
      return;
    }
    s = f / r;
    c = g / r;
    const shifted = d[i + 1]! - p;
    const t = (d[i]! - shifted) * s + 2 * c * b;
    p = s * t;
    d[i + 1] = shifted + p;
    g = c * t - b;
    cosines[i] = c;
    sines[i] = s;
  }
  rotateRows(v, size, low, high, cosines, sines);
  d[low]! -= p;
  e[low] = g;
  e[high] = 0;
}

/** Rotates rows i + 1 and i of v for i from high − 1 down to low, two rotations in one pass over three rows. */
function rotateRows(
  v: Float64Array,
  size: number,
  low: number,
  high: number,
  cosines: Float64Array,
  sines: Float64Array,
): void {
  let i = high - 1;
  for (; i > low; i -= 2) {
    const c1 = cosines[i]!;
    const s1 = sines[i]!;
    const c2 = cosines[i - 1]!;
    const s2 = sines[i - 1]!;
    const upper = (i + 1) * size;
    const middle = upper - size;
    const lower = middle - size;
    for (let k = 0; k < size; k++) {
      const x = v[upper + k]!;
      const y = v[middle + k]!;
      const z = v[lower + k]!;
      const t = c1 * y - s1 * x;
      v[upper + k] = s1 * y + c1 * x;
      v[middle + k] = s2 * z + c2 * t;
      v[lower + k] = c2 * z - s2 * t;
    }
  }
  if (i !== low) return;
  const c = cosines[i]!;
  const s = sines[i]!;
  const upper = (i + 1) * size;
  const lower = i * size;
  for (let k = 0; k < size; k++) {
    const x = v[upper + k]!;
    const y = v[lower + k]!;
    v[upper + k] = s * y + c * x;
    v[lower + k] = c * y - s * x;
  }
}

function sortAscending(values: Float64Array, v: Float64Array, size: number, scale: number): Eigen {
  const order = Array.from({ length: size }, (_, k) => k);
  order.sort((left, right) => values[left]! - values[right]! || left - right);
  const sorted = Float64Array.from(order, (k) => values[k]! * scale);
  const vectors = new Matrix(size);
  order.forEach((from, k) => {
    vectors.data.set(v.subarray(from * size, (from + 1) * size), k * size);
  });
  return { values: sorted, vectors };
}
