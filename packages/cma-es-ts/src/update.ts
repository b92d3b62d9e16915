/* eslint-disable @typescript-eslint/no-non-null-assertion -- hot loops: every index is below a length the loop is bounded by */
// Equation numbers: arXiv:1604.00772v1, as in cmaes 0.13.1.
import type { StrategyConstants } from './constants.js';
import {
  type Axes,
  currentAxes,
  type Distribution,
  mahalanobis,
  plain,
  whiten,
} from './distribution.js';
import { adaptLearningRates } from './learning-rates.js';
import { norm } from './matrix.js';

/** One member of a buffer that is about to be used. */
export interface RankedMember {
  /** Where it is in the space that the distribution lives in. */
  readonly x: readonly number[];
  /** Sampled from the distribution that is being updated; injected, foreign and older points are not. */
  readonly isCurrent: boolean;
  /** What its step starts from and is measured in; the distribution of today where it is missing. */
  readonly frame?: { readonly mean: readonly number[]; readonly sigma: number };
}

/** A member as a step from the mean in units of σ, with what its ranking makes of it. */
interface Step {
  readonly y: Float64Array;
  /** w_i */
  readonly weight: number;
  /** w_i°, the weight in the rank-μ update: eq. (46) */
  readonly covarianceWeight: number;
}

/** Keeps the active weights finite for steps of no length; the value is cmaes'. */
const SHORTEST_STEP = 1e-8;

/**
 * One CMA-ES update: full or separable by the shape of C, active where there are negative weights, and with adapted
 * learning rates where the distribution has them.
 *
 * Members that are not current are steps from the mean of today (arXiv:1110.4181, injection) or from their frame: their
 * Mahalanobis length is clipped to √n + 2n/(n+2), and they never get a negative weight.
 *
 * @param ranked λ members, best first
 */
export function updateDistribution(
  distribution: Distribution,
  ranked: readonly RankedMember[],
  constants: StrategyConstants,
): Distribution {
  const { dimension: n, parents, muEff, c1, cc, cSigma, dSigma, chiN } = constants;
  const axes = currentAxes(distribution);
  const steps = ranked.map((member, rank) => toStep(member, rank, distribution, axes, constants));
  const age = distribution.age + 1;

  const yMean = weightedSum(steps, parents, n); // eq. (41)
  const mean = distribution.mean.map((m, j) => m + distribution.sigma * yMean[j]!); // eq. (42), c_m = 1

  const whitened = whiten(axes, yMean);
  const gainSigma = Math.sqrt(cSigma * (2 - cSigma) * muEff);
  const pathSigma = distribution.pathSigma.map(
    (p, j) => (1 - cSigma) * p + gainSigma * whitened[j]!,
  ); // eq. (43)
  const length = norm(pathSigma);
  // Math.exp may differ in the last bit between engines; one engine always repeats itself.
  const sigma = distribution.sigma * Math.exp((cSigma / dSigma) * (length / chiN - 1)); // eq. (44)

  const memory = Math.sqrt(1 - integerPower(1 - cSigma, 2 * (age + 1)));
  const hSigma = length / memory < (1.4 + 2 / (n + 1)) * chiN ? 1 : 0; // p. 28
  const gainC = hSigma * Math.sqrt(cc * (2 - cc) * muEff);
  const pathC = distribution.pathC.map((p, j) => (1 - cc) * p + gainC * yMean[j]!); // eq. (45)

  const deltaH = (1 - hSigma) * cc * (2 - cc); // p. 28
  const weightSum = steps.reduce((total, step) => total + step.weight, 0);
  const decay = 1 + c1 * deltaH - c1 - constants.cMu * weightSum;
  const base = distribution.decomposed === null ? axes.covariance : distribution.covariance;
  const covariance = nextCovariance(base, decay, pathC, steps, constants);

  const updated: Distribution = {
    ...distribution,
    generation: distribution.generation + 1,
    age,
    mean: plain(mean),
    sigma,
    covariance,
    pathSigma: plain(pathSigma),
    pathC: plain(pathC),
    decomposed: age % constants.decompositionGap === 0 ? null : (distribution.decomposed ?? base),
  };
  return distribution.learningRates === null
    ? updated
    : adaptLearningRates(distribution, updated, distribution.learningRates, axes);
}

function toStep(
  member: RankedMember,
  rank: number,
  distribution: Distribution,
  axes: Axes,
  constants: StrategyConstants,
): Step {
  const { mean, sigma } = member.frame ?? distribution;
  const n = constants.dimension;
  const weight = constants.weights[rank]!;
  const y = new Float64Array(n);
  for (let j = 0; j < n; j++) y[j] = (member.x[j]! - mean[j]!) / sigma;
  if (!member.isCurrent) {
    const length = mahalanobis(axes, y);
    const longest = Math.sqrt(n) + (2 * n) / (n + 2);
    if (length > longest) for (let j = 0; j < n; j++) y[j]! *= longest / length;
    const positive = Math.max(weight, 0);
    return { y, weight: positive, covarianceWeight: positive };
  }
  if (weight >= 0) return { y, weight, covarianceWeight: weight };
  const length = mahalanobis(axes, y);
  return { y, weight, covarianceWeight: (weight * n) / (length * length + SHORTEST_STEP) }; // eq. (46)
}

/** Σ w y over the first `count` */
function weightedSum(steps: readonly Step[], count: number, size: number): Float64Array {
  const sum = new Float64Array(size);
  for (let i = 0; i < count; i++) {
    const { y, weight } = steps[i]!;
    for (let j = 0; j < size; j++) sum[j]! += weight * y[j]!;
  }
  return sum;
}

/** eq. (47), or its diagonal */
function nextCovariance(
  base: readonly number[],
  decay: number,
  pathC: readonly number[],
  steps: readonly Step[],
  { dimension: n, c1, cMu }: StrategyConstants,
): number[] {
  const next = new Float64Array(base.length);
  for (let k = 0; k < next.length; k++) next[k] = decay * base[k]!;
  const add = base.length === n ? addSquares : addOuterProduct;
  add(next, Float64Array.from(pathC), c1);
  for (const { y, covarianceWeight } of steps) {
    if (covarianceWeight !== 0) add(next, y, cMu * covarianceWeight);
  }
  return plain(next);
}

/** += w diag(y yᵀ) */
function addSquares(diagonal: Float64Array, y: Float64Array, weight: number): void {
  for (let j = 0; j < diagonal.length; j++) diagonal[j]! += weight * y[j]! * y[j]!;
}

/** += w y yᵀ, the upper triangle */
function addOuterProduct(packed: Float64Array, y: Float64Array, weight: number): void {
  const size = y.length;
  let k = 0;
  for (let i = 0; i < size; i++) {
    const factor = weight * y[i]!;
    for (let j = i; j < size; j++, k++) packed[k]! += factor * y[j]!;
  }
}

/** base^exponent by squaring; not Math.pow, whose bits differ between engines. */
function integerPower(base: number, exponent: number): number {
  let power = 1;
  let square = base;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) power *= square;
    square *= square;
  }
  return power;
}
