import {
  choleskyInPlace,
  inverseFromLower,
  invertLower,
  solveLowerInPlace,
  solveUpperInPlace,
} from './cholesky.js';
import { euclidean, matern52, matern52Slope } from './matern.js';
import { minimiseInBox } from './minimise-in-box.js';
import { type Observations, standardise } from './observations.js';

/** What a Gaussian process is fitted to, all natural logarithms; plain JSON. */
export interface Hyperparameters {
  /** d length scales, in units of the box. */
  readonly logLengths: readonly number[];
  /** Signal variance, in units of the variance of the values. */
  readonly logSignal: number;
  /** Noise variance, in the same. */
  readonly logNoise: number;
}

// Length scales: Hvarfner, Hellsten and Nardi, "Vanilla Bayesian optimization performs great in high dimensions"
// (ICML 2024), log-normal about √2 + log(d)/2 with variance 3. Noise: about e⁻³, very wide.
const LENGTH_VARIANCE = 3;
const SIGNAL_VARIANCE = 1;
const LOG_NOISE_MEAN = -3;
const LOG_NOISE_VARIANCE = 4;
/** Keeps the kernel matrix positive definite where points repeat. */
export const JITTER = 1e-6;
const MAX_ITERATIONS = 12;

function logLengthMean(dimension: number): number {
  return Math.SQRT2 + 0.5 * Math.log(dimension);
}

/**
 * Where a fit starts: short length scales, strong signal, little noise. There are two kinds of optimum, and the other one, which
 * explains everything by noise, is a trap: from there no step leads to a signal that more results would show.
 */
export function initialHyperparameters(dimension: number): Hyperparameters {
  const length = logLengthMean(dimension) - 1.8;
  return {
    logLengths: new Array<number>(dimension).fill(length),
    logSignal: 2,
    logNoise: -5,
  };
}

/**
 * Hyperparameters of high posterior density, from `start` on: at most 12 steps of L-BFGS on the log marginal likelihood
 * (Rasmussen and Williams, Gaussian Processes for Machine Learning, eq. 5.8 and 5.9) and the priors.
 *
 * @param observations two at least
 */
export function fitHyperparameters(
  { points, values }: Observations,
  start: Hyperparameters,
): Hyperparameters {
  const dimension = start.logLengths.length;
  const x = new Float64Array(points.length * dimension);
  points.forEach((point, i) => {
    x.set(point, i * dimension);
  });
  const { scaled } = standardise(values);
  const theta = Float64Array.from([...start.logLengths, start.logSignal, start.logNoise]);
  const bound = (length: number, signal: number, noise: number): Float64Array =>
    Float64Array.from([...new Array<number>(dimension).fill(length), signal, noise]);
  const fitted = minimiseInBox(
    (at, gradient) => negativeLogPosterior(x, scaled, at, gradient),
    theta,
    bound(-3, -3, -12),
    bound(4, 3, 1),
    MAX_ITERATIONS,
  );
  return {
    logLengths: Array.from(fitted.subarray(0, dimension)),
    logSignal: fitted[dimension] ?? Number.NaN,
    logNoise: fitted[dimension + 1] ?? Number.NaN,
  };
}

/** Up to a constant; writes its gradient. */
function negativeLogPosterior(
  x: Float64Array,
  y: Float64Array,
  theta: Float64Array,
  gradient: Float64Array,
): number {
  const size = y.length;
  const dimension = theta.length - 2;
  const signal = Math.exp(theta[dimension] ?? Number.NaN);
  const noise = Math.exp(theta[dimension + 1] ?? Number.NaN);
  const inverseLengths = theta.subarray(0, dimension).map((log) => Math.exp(-log));
  const z = x.map((value, i) => value * (inverseLengths[i % dimension] ?? 0));
  const kernel = new Float64Array(size * size);
  const slope = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) {
      const distance = euclidean(z, i * dimension, z, j * dimension, dimension);
      kernel[i * size + j] = signal * matern52(distance);
      slope[i * size + j] = signal * matern52Slope(distance);
    }
    kernel[i * size + i] = signal + noise + JITTER;
  }
  const l = kernel.slice();
  if (!choleskyInPlace(l, size)) return Number.POSITIVE_INFINITY;
  const alpha = y.slice();
  solveLowerInPlace(l, size, alpha);
  solveUpperInPlace(l, size, alpha);
  const inverse = inverseFromLower(invertLower(l, size), size);

  gradient.fill(0);
  let value = 0;
  let bySignal = 0;
  let trace = 0;
  for (let i = 0; i < size; i++) {
    const alphaI = alpha[i] ?? 0;
    value += 0.5 * (y[i] ?? 0) * alphaI + Math.log(l[i * size + i] ?? Number.NaN);
    for (let j = 0; j < i; j++) {
      const weight = (inverse[i * size + j] ?? 0) - alphaI * (alpha[j] ?? 0);
      bySignal += weight * (kernel[i * size + j] ?? 0);
      const byLength = weight * (slope[i * size + j] ?? 0);
      for (let k = 0; k < dimension; k++) {
        const difference = (z[i * dimension + k] ?? 0) - (z[j * dimension + k] ?? 0);
        gradient[k] = (gradient[k] ?? 0) + byLength * difference * difference;
      }
    }
    const weight = 0.5 * ((inverse[i * size + i] ?? 0) - alphaI * alphaI);
    bySignal += weight * signal;
    trace += weight;
  }
  const lengthMean = logLengthMean(dimension);
  for (let k = 0; k < dimension; k++) {
    const off = (theta[k] ?? 0) - lengthMean;
    value += (0.5 * off * off) / LENGTH_VARIANCE;
    gradient[k] = (gradient[k] ?? 0) + off / LENGTH_VARIANCE;
  }
  const logSignal = theta[dimension] ?? 0;
  const offNoise = (theta[dimension + 1] ?? 0) - LOG_NOISE_MEAN;
  value += (0.5 * logSignal * logSignal) / SIGNAL_VARIANCE;
  value += (0.5 * offNoise * offNoise) / LOG_NOISE_VARIANCE;
  gradient[dimension] = bySignal + logSignal / SIGNAL_VARIANCE;
  gradient[dimension + 1] = noise * trace + offNoise / LOG_NOISE_VARIANCE;
  return value;
}
