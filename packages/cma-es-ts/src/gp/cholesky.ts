/**
 * A = L Lᵀ of a symmetric positive definite matrix, in place of a flat row-major one: afterwards the lower triangle is L
 * and what lies above it is left over.
 *
 * @returns false where A is not positive definite to rounding; its contents are then of no use
 */
export function choleskyInPlace(a: Float64Array, size: number): boolean {
  for (let j = 0; j < size; j++) {
    const rowJ = j * size;
    for (let i = j; i < size; i++) {
      const rowI = i * size;
      let sum = a[rowI + j] ?? Number.NaN;
      for (let k = 0; k < j; k++) sum -= (a[rowI + k] ?? 0) * (a[rowJ + k] ?? 0);
      if (i === j) {
        if (!(sum > 0)) return false;
        a[rowI + j] = Math.sqrt(sum);
      } else {
        a[rowI + j] = sum / (a[rowJ + j] ?? Number.NaN);
      }
    }
  }
  return true;
}

/** L⁻¹, lower triangular, flat row-major; zeros above. */
export function invertLower(l: Float64Array, size: number): Float64Array {
  const inverse = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    const rowI = i * size;
    const pivot = 1 / (l[rowI + i] ?? Number.NaN);
    // Row by row, so that the innermost loop runs along rows of both.
    for (let k = 0; k < i; k++) {
      const factor = -(l[rowI + k] ?? 0) * pivot;
      if (factor === 0) continue;
      const rowK = k * size;
      for (let j = 0; j <= k; j++) {
        inverse[rowI + j] = (inverse[rowI + j] ?? 0) + factor * (inverse[rowK + j] ?? 0);
      }
    }
    inverse[rowI + i] = pivot;
  }
  return inverse;
}

/** A⁻¹ = L⁻ᵀ L⁻¹ from L⁻¹: the lower triangle of a flat row-major matrix; what lies above is 0. */
export function inverseFromLower(inverseL: Float64Array, size: number): Float64Array {
  const inverse = new Float64Array(size * size);
  for (let k = 0; k < size; k++) {
    const rowK = k * size;
    for (let i = 0; i <= k; i++) {
      const factor = inverseL[rowK + i] ?? 0;
      if (factor === 0) continue;
      const rowI = i * size;
      for (let j = 0; j <= i; j++) {
        inverse[rowI + j] = (inverse[rowI + j] ?? 0) + factor * (inverseL[rowK + j] ?? 0);
      }
    }
  }
  return inverse;
}

/** v with L v = b, where b is given in v. */
export function solveLowerInPlace(l: Float64Array, size: number, v: Float64Array): void {
  for (let i = 0; i < size; i++) {
    const rowI = i * size;
    let sum = v[i] ?? Number.NaN;
    for (let k = 0; k < i; k++) sum -= (l[rowI + k] ?? 0) * (v[k] ?? 0);
    v[i] = sum / (l[rowI + i] ?? Number.NaN);
  }
}

/** v with Lᵀ v = b, where b is given in v. */
export function solveUpperInPlace(l: Float64Array, size: number, v: Float64Array): void {
  for (let i = size - 1; i >= 0; i--) {
    const value = (v[i] ?? Number.NaN) / (l[i * size + i] ?? Number.NaN);
    v[i] = value;
    const rowI = i * size;
    for (let k = 0; k < i; k++) v[k] = (v[k] ?? 0) - (l[rowI + k] ?? 0) * value;
  }
}
