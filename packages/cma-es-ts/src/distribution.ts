/* eslint-disable @typescript-eslint/no-non-null-assertion -- hot loops: every index is below a length the loop is bounded by */
// arXiv:1604.00772v1
import { symmetricEigen } from './eigen.js';
import type { LearningRates } from './learning-rates.js';
import { at, Matrix, packUpper, unpackUpper } from './matrix.js';

/** The search distribution N(m, σ² C) and its two evolution paths, as plain JSON. */
export interface Distribution {
  /** How many updates were made since the search began; 0 at the start. A restart counts on. */
  readonly generation: number;
  /** How many of them were made since C was the identity: since the start, or since the latest restart. */
  readonly age: number;
  /** m, in box units */
  readonly mean: readonly number[];
  /** σ, in box units */
  readonly sigma: number;
  /** C: the upper triangle row by row, n (n + 1) / 2 numbers; or its diagonal, n numbers, where it is separable. */
  readonly covariance: readonly number[];
  /** p_σ */
  readonly pathSigma: readonly number[];
  /** p_c */
  readonly pathC: readonly number[];
  /**
   * The covariance that the principal axes are those of, where it is not C itself: C of a large n is decomposed at
   * some updates only, and the axes must survive a restore.
   */
  readonly decomposed: readonly number[] | null;
  /** Present while the learning rates adapt. */
  readonly learningRates: LearningRates | null;
  /** A, the scale of each coordinate that keeps its levels in reach, where some are discrete. */
  readonly levelScale: readonly number[] | null;
}

/** C = B D² Bᵀ */
export interface Axes {
  /** C; not the one asked about where that was numerically singular. */
  readonly covariance: readonly number[];
  /** Bᵀ, the principal axes in its rows; null where they are the coordinates'. */
  readonly directions: Matrix | null;
  /** The diagonal of D: the standard deviations along the axes, without σ. Ascending, unless `directions` is null. */
  readonly lengths: Float64Array;
}

/**
 * Eigenvalues below this share of the largest are rounding noise and are raised to it.
 * Deviation: cmaes raises negative ones only, to 1e-8 whatever the scale of C.
 */
const SMALLEST_EIGENVALUE = 1e-15;

// A memo, not state: the key is the array itself and the value a pure function of it. Without it every ask would repeat the decomposition.
const axesOf = new WeakMap<readonly number[], Axes>();

/** The principal axes that samples are drawn along: those of C, or of an earlier C where C is not decomposed at every update. */
export function currentAxes({ covariance, decomposed, mean }: Distribution): Axes {
  return principalAxes(decomposed ?? covariance, mean.length);
}

/** The principal axes of C. */
export function principalAxes(covariance: readonly number[], dimension: number): Axes {
  const known = axesOf.get(covariance);
  if (known !== undefined) return known;
  const axes =
    covariance.length === dimension ? coordinateAxes(covariance) : decompose(covariance, dimension);
  axesOf.set(covariance, axes);
  return axes;
}

function coordinateAxes(variances: readonly number[]): Axes {
  let largest = 0;
  for (const value of variances) largest = Math.max(largest, value);
  const floor = SMALLEST_EIGENVALUE * largest;
  const lengths = new Float64Array(variances.length);
  let isSingular = false;
  for (let j = 0; j < lengths.length; j++) {
    if (variances[j]! < floor) isSingular = true;
    lengths[j] = Math.sqrt(Math.max(variances[j]!, floor));
  }
  const covariance = isSingular ? variances.map((value) => Math.max(value, floor)) : variances;
  return { covariance, directions: null, lengths };
}

function decompose(covariance: readonly number[], dimension: number): Axes {
  const { values, vectors } = symmetricEigen(unpackUpper(covariance, dimension));
  const floor = SMALLEST_EIGENVALUE * at(values, dimension - 1);
  const isSingular = at(values, 0) < floor;
  const lengths = values.map((value) => Math.sqrt(Math.max(value, floor)));
  return {
    covariance: isSingular ? compose(vectors, lengths) : covariance,
    directions: vectors,
    lengths,
  };
}

/** B D² Bᵀ */
function compose(directions: Matrix, lengths: Float64Array): readonly number[] {
  const size = directions.size;
  const product = new Matrix(size);
  for (let k = 0; k < size; k++) {
    const row = directions.data.subarray(k * size, (k + 1) * size);
    const variance = lengths[k]! * lengths[k]!;
    for (let i = 0; i < size; i++) {
      const factor = variance * row[i]!;
      for (let j = i; j < size; j++) product.data[i * size + j]! += factor * row[j]!;
    }
  }
  return packUpper(product);
}

/** The longest axis over the shortest, at least 1. */
export function axisRatio({ lengths }: Axes): number {
  let shortest = Infinity;
  let longest = 0;
  for (const length of lengths) {
    shortest = Math.min(shortest, length);
    longest = Math.max(longest, length);
  }
  return longest / shortest;
}

/** C^(-1/2) v = B D⁻¹ Bᵀ v */
export function whiten({ directions, lengths }: Axes, vector: ArrayLike<number>): Float64Array {
  const along = alongAxes(directions, lengths, vector);
  return directions === null ? along : directions.multiplyTransposed(along);
}

/** D⁻¹ Bᵀ v */
function alongAxes(
  directions: Matrix | null,
  lengths: Float64Array,
  vector: ArrayLike<number>,
): Float64Array {
  const along = directions === null ? new Float64Array(vector) : directions.multiply(vector);
  for (let k = 0; k < along.length; k++) along[k]! /= lengths[k]!;
  return along;
}

/** ‖C^(-1/2) v‖, the Mahalanobis length of the step that begins at `offset` of `values`. */
export function mahalanobis(
  { directions, lengths }: Axes,
  values: Float64Array,
  offset: number,
): number {
  if (directions !== null) return lengthAlong(directions.data, lengths, values, offset);
  let sum = 0;
  for (let k = 0; k < lengths.length; k++) {
    const along = values[offset + k]! / lengths[k]!;
    sum += along * along;
  }
  return Math.sqrt(sum);
}

/** ‖D⁻¹ Bᵀ v‖; four axes in one pass over v, as one sum alone waits for itself. */
function lengthAlong(
  rows: Float64Array,
  lengths: Float64Array,
  values: Float64Array,
  offset: number,
): number {
  const n = lengths.length;
  let sum = 0;
  let k = 0;
  for (; k + 3 < n; k += 4) {
    const row = k * n;
    let along0 = 0;
    let along1 = 0;
    let along2 = 0;
    let along3 = 0;
    for (let j = 0; j < n; j++) {
      const value = values[offset + j]!;
      along0 += rows[row + j]! * value;
      along1 += rows[row + n + j]! * value;
      along2 += rows[row + 2 * n + j]! * value;
      along3 += rows[row + 3 * n + j]! * value;
    }
    along0 /= lengths[k]!;
    along1 /= lengths[k + 1]!;
    along2 /= lengths[k + 2]!;
    along3 /= lengths[k + 3]!;
    sum += along0 * along0 + along1 * along1 + (along2 * along2 + along3 * along3);
  }
  for (; k < n; k++) {
    let along = 0;
    for (let j = 0; j < n; j++) along += rows[k * n + j]! * values[offset + j]!;
    along /= lengths[k]!;
    sum += along * along;
  }
  return Math.sqrt(sum);
}

// Space to work in, not state: it is filled before it is read. Typed arrays of more than 64 bytes are costly to make.
let sums = new Float64Array(0);

/** m + σ B D z, from z ~ N(0, I); not yet in the box. */
export function transformNormal(distribution: Distribution, z: ArrayLike<number>): number[] {
  const { mean, sigma } = distribution;
  const { directions, lengths } = currentAxes(distribution);
  const n = mean.length;
  const x = new Array<number>(n);
  if (directions === null) {
    for (let j = 0; j < n; j++) x[j] = mean[j]! + sigma * lengths[j]! * z[j]!;
    return x;
  }
  if (sums.length !== n) sums = new Float64Array(n);
  const y = sums;
  y.fill(0);
  addAlongAxes(y, directions.data, lengths, z); // eq. (39): y ~ N(0, C)
  for (let j = 0; j < n; j++) x[j] = mean[j]! + sigma * y[j]!; // eq. (40)
  return x;
}

/** y += B D z; four axes in one pass over y. */
function addAlongAxes(
  y: Float64Array,
  rows: Float64Array,
  lengths: Float64Array,
  z: ArrayLike<number>,
): void {
  const n = y.length;
  let k = 0;
  for (; k + 3 < n; k += 4) {
    const row = k * n;
    const f0 = lengths[k]! * z[k]!;
    const f1 = lengths[k + 1]! * z[k + 1]!;
    const f2 = lengths[k + 2]! * z[k + 2]!;
    const f3 = lengths[k + 3]! * z[k + 3]!;
    for (let j = 0; j < n; j++) {
      y[j]! +=
        f0 * rows[row + j]! +
        f1 * rows[row + n + j]! +
        (f2 * rows[row + 2 * n + j]! + f3 * rows[row + 3 * n + j]!);
    }
  }
  for (; k < n; k++) {
    const f = lengths[k]! * z[k]!;
    for (let j = 0; j < n; j++) y[j]! += f * rows[k * n + j]!;
  }
}

/** The variance of each coordinate, without σ². */
export function variances({ covariance, mean }: Distribution): readonly number[] {
  const n = mean.length;
  if (covariance.length === n) return covariance;
  const diagonal: number[] = [];
  for (let i = 0, k = 0; i < n; k += n - i, i++) diagonal.push(at(covariance, k));
  return diagonal;
}

/** −0 becomes 0, because JSON has no −0 and a state must survive a round trip bit by bit. */
export function plain(values: ArrayLike<number>): number[] {
  const { length } = values;
  // Of its final length at once: four times faster than pushing.
  const copy = new Array<number>(length);
  for (let i = 0; i < length; i++) copy[i] = values[i]! + 0;
  return copy;
}
