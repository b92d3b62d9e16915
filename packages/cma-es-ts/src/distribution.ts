// arXiv:1604.00772v1
import { symmetricEigen } from './eigen.js';
import { at, Matrix, packUpper, unpackUpper } from './matrix.js';

/** The search distribution N(m, σ² C) and its two evolution paths, as plain JSON. */
export interface Distribution {
  /** How many updates made it; 0 at the start. */
  readonly generation: number;
  /** m, in box units */
  readonly mean: readonly number[];
  /** σ, in box units */
  readonly sigma: number;
  /** C, the upper triangle row by row, n (n + 1) / 2 numbers */
  readonly covariance: readonly number[];
  /** p_σ */
  readonly pathSigma: readonly number[];
  /** p_c */
  readonly pathC: readonly number[];
}

/** C = B D² Bᵀ */
export interface Axes {
  /** C; not the one asked about where that was numerically singular. */
  readonly covariance: readonly number[];
  /** B, the principal axes in its columns */
  readonly directions: Matrix;
  /** The diagonal of D, ascending: the standard deviations along the axes, without σ. */
  readonly lengths: Float64Array;
}

/**
 * Eigenvalues below this share of the largest are rounding noise and are raised to it.
 * Deviation: cmaes raises negative ones only, to 1e-8 whatever the scale of C.
 */
const SMALLEST_EIGENVALUE = 1e-15;

// A memo, not state: the key is the array itself and the value a pure function of it. Without it every ask would repeat the decomposition.
const axesOf = new WeakMap<readonly number[], Axes>();

/** The principal axes of C. */
export function principalAxes(covariance: readonly number[], dimension: number): Axes {
  const known = axesOf.get(covariance);
  if (known !== undefined) return known;
  const { values, vectors } = symmetricEigen(unpackUpper(covariance, dimension));
  const floor = SMALLEST_EIGENVALUE * at(values, dimension - 1);
  const isSingular = at(values, 0) < floor;
  const lengths = values.map((value) => Math.sqrt(Math.max(value, floor)));
  const axes = {
    covariance: isSingular ? compose(vectors, lengths) : covariance,
    directions: vectors,
    lengths,
  };
  axesOf.set(covariance, axes);
  return axes;
}

/** B D² Bᵀ */
function compose(directions: Matrix, lengths: Float64Array): readonly number[] {
  const size = directions.size;
  const product = new Matrix(size);
  for (let i = 0; i < size; i++) {
    for (let j = i; j < size; j++) {
      let sum = 0;
      for (let k = 0; k < size; k++) {
        sum += directions.get(i, k) * at(lengths, k) * at(lengths, k) * directions.get(j, k);
      }
      product.set(i, j, sum);
    }
  }
  return packUpper(product);
}

/** C^(-1/2) v = B D⁻¹ Bᵀ v */
export function whiten(axes: Axes, vector: ArrayLike<number>): Float64Array {
  const along = axes.directions.multiplyTransposed(vector);
  return axes.directions.multiply(along.map((value, k) => value / at(axes.lengths, k)));
}

/** m + σ B D z, from z ~ N(0, I); not yet in the box. */
export function transformNormal(distribution: Distribution, z: ArrayLike<number>): number[] {
  const axes = principalAxes(distribution.covariance, distribution.mean.length);
  const scaled = axes.lengths.map((length, k) => length * at(z, k));
  const y = axes.directions.multiply(scaled); // eq. (39): y ~ N(0, C)
  return distribution.mean.map((mean, j) => mean + distribution.sigma * at(y, j)); // eq. (40)
}

/** −0 becomes 0, because JSON has no −0 and a state must survive a round trip bit by bit. */
export function plain(values: ArrayLike<number>): number[] {
  return Array.from(values, (value) => value + 0);
}
