/* eslint-disable @typescript-eslint/no-non-null-assertion -- every index is below a length the loop is bounded by */
// Nomura, Akimoto and Ono, "CMA-ES with learning rate adaptation" (GECCO 2023, arXiv:2304.03473), as in cmaes 0.13.1.
import type { Axes, Distribution } from './distribution.js';
import { plain } from './distribution.js';
import { symmetricEigen } from './eigen.js';
import { Matrix, packedLength, packUpper, unpackUpper } from './matrix.js';

/** How much of an update is applied, and the signal and noise that decide it; plain JSON. */
export interface LearningRates {
  /** Of the mean, in (0, 1]. */
  readonly mean: number;
  /** Of Σ = σ² C, in (0, 1]. */
  readonly covariance: number;
  /** Moving average of the mean's steps in local coordinates, n numbers. */
  readonly meanStep: readonly number[];
  /** Moving average of their squared lengths. */
  readonly meanPower: number;
  /** The same of Σ: the upper triangle row by row. */
  readonly covarianceStep: readonly number[];
  readonly covariancePower: number;
}

const ALPHA = 1.4; // the signal-to-noise ratio aimed at
const BETA_MEAN = 0.1;
const BETA_COVARIANCE = 0.03;
const GAMMA = 0.1;
/** Eigenvalues of Σ below this share of the largest count as it, as in the principal axes. */
const SMALLEST_EIGENVALUE = 1e-15;

/** Full steps, nothing seen yet. */
export function initialLearningRates(dimension: number): LearningRates {
  return {
    mean: 1,
    covariance: 1,
    meanStep: new Array<number>(dimension).fill(0),
    meanPower: 0,
    covarianceStep: new Array<number>(packedLength(dimension)).fill(0),
    covariancePower: 0,
  };
}

/**
 * Applies of an update what its signal-to-noise ratio deserves, and keeps the rates for the next.
 *
 * @param before what was updated
 * @param after what the update made of it
 * @param axes of `before`
 */
export function adaptLearningRates(
  before: Distribution,
  after: Distribution,
  rates: LearningRates,
  axes: Axes,
): Distribution {
  const n = before.mean.length;
  const inverseRoot = inverseRootOf(axes, before.sigma, n);
  const meanDelta = after.mean.map((m, j) => m - before.mean[j]!);
  const oldSigma = before.covariance.map((c) => before.sigma * before.sigma * c);
  const covarianceDelta = after.covariance.map(
    (c, k) => after.sigma * after.sigma * c - oldSigma[k]!,
  );

  const localMean = inverseRoot.multiply(meanDelta);
  const localCovariance = congruence(inverseRoot, unpackUpper(covarianceDelta, n)).map(
    (value) => value / Math.SQRT2,
  );
  const meanStep = blend(rates.meanStep, localMean, BETA_MEAN);
  const covarianceStep = blend(rates.covarianceStep, localCovariance, BETA_COVARIANCE);
  const meanPower = mix(rates.meanPower, squaredNorm(localMean), BETA_MEAN);
  const covariancePower = mix(
    rates.covariancePower,
    squaredPackedNorm(localCovariance, n),
    BETA_COVARIANCE,
  );
  const meanRate = nextRate(rates.mean, squaredNorm(meanStep), meanPower, BETA_MEAN);
  const covarianceRate = nextRate(
    rates.covariance,
    squaredPackedNorm(covarianceStep, n),
    covariancePower,
    BETA_COVARIANCE,
  );

  const sigmaMatrix = oldSigma.map((value, k) => value + covarianceRate * covarianceDelta[k]!);
  const scale = Math.exp(logDeterminant(sigmaMatrix, n) / (2 * n));
  return {
    ...after,
    mean: plain(before.mean.map((m, j) => m + meanRate * meanDelta[j]!)),
    // A smaller rate of the mean wants a longer step: the last line of the paper's algorithm 2.
    sigma: (scale * rates.mean) / meanRate,
    covariance: plain(sigmaMatrix.map((value) => value / (scale * scale))),
    decomposed: null,
    learningRates: {
      mean: meanRate,
      covariance: covarianceRate,
      meanStep: plain(meanStep),
      meanPower,
      covarianceStep: plain(covarianceStep),
      covariancePower,
    },
  };
}

/** A rate that grows while the signal-to-noise ratio is above ALPHA times itself, and shrinks below. */
function nextRate(rate: number, signal: number, power: number, beta: number): number {
  const noise = power - signal;
  const ratio = (signal - (beta / (2 - beta)) * power) / noise;
  // Deviation: steps without any noise are all signal, where cmaes divides by 0 and may go on with NaN.
  const relative = noise > 0 ? Math.min(1, Math.max(-1, ratio / ALPHA / rate - 1)) : 1;
  return Math.min(1, rate * Math.exp(Math.min(GAMMA * rate, beta) * relative));
}

/** Σ^(-1/2) = B D⁻¹ Bᵀ / σ */
function inverseRootOf({ directions, lengths }: Axes, sigma: number, size: number): Matrix {
  const root = new Matrix(size);
  for (let k = 0; k < size; k++) {
    for (let i = 0; i < size; i++) {
      const factor = (directions?.data[k * size + i] ?? (i === k ? 1 : 0)) / (lengths[k]! * sigma);
      for (let j = 0; j < size; j++) {
        root.data[i * size + j]! += factor * (directions?.data[k * size + j] ?? (j === k ? 1 : 0));
      }
    }
  }
  return root;
}

/** R S R of symmetric R and S, the upper triangle. */
function congruence(r: Matrix, s: Matrix): number[] {
  const size = r.size;
  const product = new Matrix(size);
  for (let i = 0; i < size; i++) {
    // Row i of R S, as S is symmetric; then R again, as R is.
    const row = s.multiply(r.data.subarray(i * size, (i + 1) * size));
    product.data.set(r.multiply(row), i * size);
  }
  return packUpper(product);
}

/** log det of a positive definite matrix. */
function logDeterminant(packed: readonly number[], size: number): number {
  const { values } = symmetricEigen(unpackUpper(packed, size));
  const floor = SMALLEST_EIGENVALUE * values[size - 1]!;
  return values.reduce((sum, value) => sum + Math.log(Math.max(value, floor)), 0);
}

function blend(old: readonly number[], fresh: ArrayLike<number>, beta: number): number[] {
  return old.map((value, k) => mix(value, fresh[k]!, beta));
}

function mix(old: number, fresh: number, beta: number): number {
  return (1 - beta) * old + beta * fresh;
}

function squaredNorm(values: ArrayLike<number>): number {
  const { length } = values;
  let sum = 0;
  for (let k = 0; k < length; k++) sum += values[k]! * values[k]!;
  return sum;
}

/** Of the whole symmetric matrix: what lies beside the diagonal counts twice. */
function squaredPackedNorm(packed: ArrayLike<number>, size: number): number {
  let sum = 0;
  let k = 0;
  for (let i = 0; i < size; i++) {
    for (let j = i; j < size; j++, k++) sum += (i === j ? 1 : 2) * packed[k]! * packed[k]!;
  }
  return sum;
}
