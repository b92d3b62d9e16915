import { type Hyperparameters } from './hyperparameters.js';
import { KernelFactor } from './kernel-factor.js';
import { type Observations, standardise } from './observations.js';

/** What a Gaussian process says of a point, in the units of the values. */
export interface Prediction {
  /** Of the function without its noise. */
  readonly mean: number;
  /** Standard deviation of the same, above 0. */
  readonly deviation: number;
}

const SMALLEST_VARIANCE = 1e-10;

// A memo, not state: whatever is found is checked to be of the points asked about, and one that is
// made by appending has the same bits as one that is made at once.
const latestFactor = new WeakMap<Hyperparameters, KernelFactor>();

function factorOf(
  hyperparameters: Hyperparameters,
  points: readonly (readonly number[])[],
): KernelFactor {
  const known = latestFactor.get(hyperparameters);
  const isPrefix = known?.points.every((point, i) => point === points[i]) === true;
  const start = known !== undefined && isPrefix ? known : KernelFactor.empty(hyperparameters);
  const factor = start.append(points.slice(start.size));
  latestFactor.set(hyperparameters, factor);
  return factor;
}

/** A Gaussian process with a Matérn-5/2 kernel, conditioned on observations (Rasmussen and Williams, alg. 2.1). */
export class GaussianProcess {
  readonly #factor: KernelFactor;
  readonly #alpha: Float64Array;
  readonly #scaled: Float64Array;
  readonly #offset: number;
  readonly #scale: number;

  /**
   * @param pending points that are being evaluated; they are taken to come out as predicted ("kriging believer",
   *   Ginsbourger, Le Riche and Carraro 2010), so that what is uncertain there no longer attracts
   */
  constructor(
    { points, values }: Observations,
    hyperparameters: Hyperparameters,
    pending: readonly (readonly number[])[] = [],
  ) {
    const told = factorOf(hyperparameters, points);
    this.#factor = told.append(pending);
    const { scaled, offset, scale } = standardise(values);
    this.#scaled = scaled;
    this.#offset = offset;
    this.#scale = scale;
    // A pending point told its own prediction has no residual, so its part of L⁻¹ y is 0.
    const half = new Float64Array(points.length + pending.length);
    half.set(told.whiten(scaled));
    this.#alpha = this.#factor.whitenTransposed(half);
  }

  /** The mean at every observed point. */
  smoothed(): Float64Array {
    const { noise } = this.#factor;
    return this.#scaled.map(
      (y, i) => this.#offset + this.#scale * (y - noise * (this.#alpha[i] ?? 0)),
    );
  }

  predict(x: readonly number[]): Prediction {
    const covariances = this.#factor.covariances(x);
    let mean = 0;
    for (let i = 0; i < covariances.length; i++) {
      mean += (covariances[i] ?? 0) * (this.#alpha[i] ?? 0);
    }
    let explained = 0;
    for (const value of this.#factor.whiten(covariances)) explained += value * value;
    const variance = Math.max(SMALLEST_VARIANCE, this.#factor.signal - explained);
    return {
      mean: this.#offset + this.#scale * mean,
      deviation: this.#scale * Math.sqrt(variance),
    };
  }
}
