import { type Distribution, plain, variances } from './distribution.js';
import { at } from './matrix.js';

/** A third of the box: wider than this, most samples of a coordinate are clipped (pycma's maxstd_boundrange). */
const WIDEST = 1 / 3;
/** Below this no step changes a coordinate of a mean in the box, and σ would go on shrinking to 0 and then NaN. */
const NARROWEST = 1e-16;

/** How far σ and the deviations it stands for may drift apart before the factor between them is moved from σ to C. */
const WIDEST_RATIO = 1e6;

/** Standard deviation of each coordinate, σ √C_jj, in box units. */
export function coordinateDeviations(distribution: Distribution): number[] {
  return variances(distribution).map(
    (variance) => distribution.sigma * Math.sqrt(Math.max(0, variance)),
  );
}

/**
 * The distribution with every coordinate's standard deviation at most a third of the box, or at most `startSigma`
 * where that was wider, and with at least one that is not lost in rounding. Within these limits the argument itself.
 * It is applied after the update, so that the update stays the reference's; and where C is decomposed at some updates
 * only, after those, as a changed C would have to be decomposed at once.
 */
export function limitSpread(distribution: Distribution, startSigma: number): Distribution {
  const deviations = coordinateDeviations(distribution);
  let widest = 0;
  for (const deviation of deviations) widest = Math.max(widest, deviation);
  if (widest < NARROWEST) return restoreScale(distribution, widest);
  const limit = Math.max(WIDEST, startSigma);
  if (widest <= limit || distribution.decomposed !== null) return balance(distribution, widest);
  const factors = deviations.map((deviation) => (deviation > limit ? limit / deviation : 1));
  const covariance = scaleCoordinates(distribution.covariance, factors);
  return balance({ ...distribution, covariance }, Math.min(limit, widest));
}

/**
 * The same distribution with σ near its deviations. Where σ grows at every update and the limit shrinks C at every
 * update, they would run off to infinity and 0.
 */
function balance(distribution: Distribution, widest: number): Distribution {
  const ratio = widest / distribution.sigma;
  if (ratio < WIDEST_RATIO && ratio > 1 / WIDEST_RATIO) return distribution;
  const factors = distribution.mean.map(() => 1 / ratio);
  return {
    ...distribution,
    sigma: widest,
    covariance: scaleCoordinates(distribution.covariance, factors),
    pathC: plain(distribution.pathC.map((p) => p / ratio)),
    decomposed: null,
  };
}

/** σ at its floor and the largest variance of C at 1. */
function restoreScale(distribution: Distribution, widest: number): Distribution {
  const factor = distribution.sigma / widest;
  const factors = distribution.mean.map(() => factor);
  return {
    ...distribution,
    sigma: NARROWEST,
    covariance: scaleCoordinates(distribution.covariance, factors),
    decomposed: null,
  };
}

/** diag(f) C diag(f), in the shape of C. */
function scaleCoordinates(covariance: readonly number[], factors: readonly number[]): number[] {
  if (covariance.length === factors.length) {
    return plain(covariance.map((value, j) => value * at(factors, j) * at(factors, j)));
  }
  const scaled: number[] = [];
  let k = 0;
  factors.forEach((rowFactor, i) => {
    for (const columnFactor of factors.slice(i)) {
      scaled.push(at(covariance, k++) * rowFactor * columnFactor);
    }
  });
  return plain(scaled);
}
