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

/** The members as steps from the mean in units of σ, with what their ranking makes of them. */
interface Steps {
  /** One after the other, n numbers each. */
  readonly ys: Float64Array;
  /** w_i */
  readonly weights: Float64Array;
  /** w_i°, the weights in the rank-μ update: eq. (46) */
  readonly covarianceWeights: Float64Array;
}

/**
 * log of the most that σ may grow by at once; pycma's value. Deviation: cmaes has no limit. Where C has all but
 * collapsed onto a line, a step that a bound has cut off is thousands of deviations long in C's terms.
 */
const LARGEST_GROWTH = 1;

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
  const steps = toSteps(ranked, distribution, axes, constants);
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
  const growth = Math.min(LARGEST_GROWTH, (cSigma / dSigma) * (length / chiN - 1));
  const sigma = distribution.sigma * Math.exp(growth); // eq. (44)

  const memory = Math.sqrt(1 - integerPower(1 - cSigma, 2 * (age + 1)));
  const hSigma = length / memory < (1.4 + 2 / (n + 1)) * chiN ? 1 : 0; // p. 28
  const gainC = hSigma * Math.sqrt(cc * (2 - cc) * muEff);
  const pathC = distribution.pathC.map((p, j) => (1 - cc) * p + gainC * yMean[j]!); // eq. (45)

  const deltaH = (1 - hSigma) * cc * (2 - cc); // p. 28
  const weightSum = steps.weights.reduce((total, weight) => total + weight, 0);
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

function toSteps(
  ranked: readonly RankedMember[],
  distribution: Distribution,
  axes: Axes,
  constants: StrategyConstants,
): Steps {
  const n = constants.dimension;
  const longest = Math.sqrt(n) + (2 * n) / (n + 2);
  const ys = new Float64Array(ranked.length * n);
  const weights = new Float64Array(constants.weights);
  const covarianceWeights = new Float64Array(ranked.length);
  for (let i = 0; i < ranked.length; i++) {
    const { x, isCurrent, frame } = ranked[i]!;
    const { mean, sigma } = frame ?? distribution;
    const offset = i * n;
    for (let j = 0; j < n; j++) ys[offset + j] = (x[j]! - mean[j]!) / sigma;
    if (!isCurrent) {
      const length = mahalanobis(axes, ys, offset);
      if (length > longest) for (let j = 0; j < n; j++) ys[offset + j]! *= longest / length;
      weights[i] = Math.max(weights[i]!, 0);
    }
    covarianceWeights[i] = weights[i]!;
    if (weights[i]! < 0) {
      const length = mahalanobis(axes, ys, offset);
      covarianceWeights[i] = (weights[i]! * n) / (length * length + SHORTEST_STEP); // eq. (46)
    }
  }
  return { ys, weights, covarianceWeights };
}

/** Σ w y over the first `count` */
function weightedSum({ ys, weights }: Steps, count: number, size: number): Float64Array {
  const sum = new Float64Array(size);
  for (let i = 0; i < count; i++) {
    const weight = weights[i]!;
    const offset = i * size;
    for (let j = 0; j < size; j++) sum[j]! += weight * ys[offset + j]!;
  }
  return sum;
}

/** eq. (47), or its diagonal */
function nextCovariance(
  base: readonly number[],
  decay: number,
  pathC: readonly number[],
  { ys, covarianceWeights }: Steps,
  { dimension: n, c1, cMu }: StrategyConstants,
): number[] {
  const next = new Float64Array(base.length);
  for (let k = 0; k < next.length; k++) next[k] = decay * base[k]!;
  // The rank-one update is one more member, of weight c1.
  const count = covarianceWeights.length;
  const vectors = new Float64Array((count + 1) * n);
  vectors.set(ys);
  vectors.set(pathC, count * n);
  const factors = new Float64Array(count + 1);
  for (let i = 0; i < count; i++) factors[i] = cMu * covarianceWeights[i]!;
  factors[count] = c1;
  if (base.length === n) addSquares(next, vectors, factors);
  else addOuterProducts(next, vectors, factors, n);
  return plain(next);
}

/** += Σ f diag(v vᵀ) */
function addSquares(diagonal: Float64Array, vectors: Float64Array, factors: Float64Array): void {
  const size = diagonal.length;
  for (let i = 0; i < factors.length; i++) {
    const factor = factors[i]!;
    if (factor === 0) continue;
    const offset = i * size;
    for (let j = 0; j < size; j++) {
      const v = vectors[offset + j]!;
      diagonal[j]! += factor * v * v;
    }
  }
}

/** += Σ f v vᵀ, the upper triangle; four vectors in one pass, as memory is what it waits for. */
function addOuterProducts(
  packed: Float64Array,
  vectors: Float64Array,
  factors: Float64Array,
  size: number,
): void {
  for (let i = 0; i < factors.length; i += 4) {
    // Beyond the last vector the last one stands in, with a factor of 0.
    const at = (which: number): number => Math.min(i + which, factors.length - 1) * size;
    const [v0, v1, v2, v3] = [at(0), at(1), at(2), at(3)] as const;
    const [w0 = 0, w1 = 0, w2 = 0, w3 = 0] = factors.subarray(i, i + 4);
    let k = 0;
    for (let row = 0; row < size; row++) {
      const f0 = w0 * vectors[v0 + row]!;
      const f1 = w1 * vectors[v1 + row]!;
      const f2 = w2 * vectors[v2 + row]!;
      const f3 = w3 * vectors[v3 + row]!;
      for (let j = row; j < size; j++, k++) {
        packed[k]! +=
          f0 * vectors[v0 + j]! +
          f1 * vectors[v1 + j]! +
          (f2 * vectors[v2 + j]! + f3 * vectors[v3 + j]!);
      }
    }
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
