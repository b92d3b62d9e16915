// Equation numbers: arXiv:1604.00772v1, as in cmaes 0.13.1.
import type { StrategyConstants } from './constants.js';
import { type Axes, type Distribution, plain, principalAxes, whiten } from './distribution.js';
import { at, norm, packedLength } from './matrix.js';

/** One member of a buffer that is about to be used. */
export interface RankedMember {
  readonly x: readonly number[];
  /** Sampled from the distribution that is being updated; injected, foreign and older points are not. */
  readonly isCurrent: boolean;
}

/** A member as a step from the mean in units of σ, with what its ranking makes of it. */
interface Step {
  readonly y: Float64Array;
  /** ‖C^(-1/2) y‖ */
  readonly length: number;
  readonly weight: number;
}

/** Keeps the active weights finite for steps of no length; the value is cmaes'. */
const SHORTEST_STEP = 1e-8;

/**
 * One CMA-ES update with active weights.
 *
 * Members that are not current are steps from the mean of today (arXiv:1110.4181, injection): their Mahalanobis
 * length is clipped to √n + 2n/(n+2), and they never get a negative weight.
 *
 * @param ranked λ members, best first
 */
export function updateDistribution(
  distribution: Distribution,
  ranked: readonly RankedMember[],
  constants: StrategyConstants,
): Distribution {
  const { dimension: n, parents, muEff, c1, cMu, cc, cSigma, dSigma, chiN } = constants;
  const axes = principalAxes(distribution.covariance, n);
  const steps = ranked.map((member, rank) => toStep(member, rank, distribution, axes, constants));
  const generation = distribution.generation + 1;

  const yMean = weightedSum(steps.slice(0, parents), n); // eq. (41)
  const mean = distribution.mean.map((m, j) => m + distribution.sigma * at(yMean, j)); // eq. (42), c_m = 1

  const whitened = whiten(axes, yMean);
  const pathSigma = distribution.pathSigma.map(
    (p, j) => (1 - cSigma) * p + Math.sqrt(cSigma * (2 - cSigma) * muEff) * at(whitened, j),
  ); // eq. (43)
  const length = norm(pathSigma);
  // Math.exp may differ in the last bit between engines; one engine always repeats itself.
  const sigma = distribution.sigma * Math.exp((cSigma / dSigma) * (length / chiN - 1)); // eq. (44)

  const memory = Math.sqrt(1 - integerPower(1 - cSigma, 2 * (generation + 1)));
  const hSigma = length / memory < (1.4 + 2 / (n + 1)) * chiN ? 1 : 0; // p. 28
  const pathC = distribution.pathC.map(
    (p, j) => (1 - cc) * p + hSigma * Math.sqrt(cc * (2 - cc) * muEff) * at(yMean, j),
  ); // eq. (45)

  const activeSteps = steps.map((step) => ({
    ...step,
    weight:
      step.weight >= 0
        ? step.weight
        : (step.weight * n) / (step.length * step.length + SHORTEST_STEP),
  })); // eq. (46)
  const deltaH = (1 - hSigma) * cc * (2 - cc); // p. 28
  const weightSum = steps.reduce((total, step) => total + step.weight, 0);
  const decay = 1 + c1 * deltaH - c1 - cMu * weightSum;
  const rankMu = weightedOuterProducts(activeSteps, n);
  const rankOne = weightedOuterProducts([{ y: Float64Array.from(pathC), weight: 1 }], n);
  const covariance = axes.covariance.map(
    (c, k) => decay * c + c1 * at(rankOne, k) + cMu * at(rankMu, k),
  ); // eq. (47)

  return {
    generation,
    mean: plain(mean),
    sigma,
    covariance: plain(covariance),
    pathSigma: plain(pathSigma),
    pathC: plain(pathC),
  };
}

function toStep(
  member: RankedMember,
  rank: number,
  distribution: Distribution,
  axes: Axes,
  constants: StrategyConstants,
): Step {
  const { dimension: n, weights } = constants;
  const weight = at(weights, rank);
  const y = Float64Array.from(
    distribution.mean,
    (m, j) => (at(member.x, j) - m) / distribution.sigma,
  );
  const length = norm(whiten(axes, y));
  if (member.isCurrent) return { y, length, weight };
  const longest = Math.sqrt(n) + (2 * n) / (n + 2);
  const clip = length > longest ? longest / length : 1;
  return { y: y.map((value) => value * clip), length: length * clip, weight: Math.max(weight, 0) };
}

/** Σ w y */
function weightedSum(steps: readonly Step[], size: number): Float64Array {
  const sum = new Float64Array(size);
  for (const { y, weight } of steps) {
    for (let j = 0; j < size; j++) sum[j] = at(sum, j) + weight * at(y, j);
  }
  return sum;
}

/** Σ w y yᵀ, the upper triangle. */
function weightedOuterProducts(steps: readonly Omit<Step, 'length'>[], size: number): Float64Array {
  const sum = new Float64Array(packedLength(size));
  for (const { y, weight } of steps) {
    let k = 0;
    for (let i = 0; i < size; i++) {
      for (let j = i; j < size; j++, k++) sum[k] = at(sum, k) + weight * at(y, i) * at(y, j);
    }
  }
  return sum;
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
