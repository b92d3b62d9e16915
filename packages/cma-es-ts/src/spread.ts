import { type Distribution, plain } from './distribution.js';
import { packedDiagonal } from './matrix.js';

/** A third of the box: wider than this, most samples of a coordinate are clipped (pycma's maxstd_boundrange). */
const WIDEST = 1 / 3;
/** Below this no step changes a coordinate of a mean in the box, and σ would go on shrinking to 0 and then NaN. */
const NARROWEST = 1e-16;

/** Standard deviation of each coordinate, σ √C_jj, in box units. */
export function coordinateDeviations(distribution: Distribution): number[] {
  const variances = packedDiagonal(distribution.covariance, distribution.mean.length);
  return variances.map((variance) => distribution.sigma * Math.sqrt(Math.max(0, variance)));
}

/**
 * The distribution with every coordinate's standard deviation at most a third of the box, or at most `startSigma`
 * where that was wider, and with at least one that is not lost in rounding. Within these limits the argument itself.
 * It is applied after the update, so that the update stays the reference's.
 */
export function limitSpread(distribution: Distribution, startSigma: number): Distribution {
  const deviations = coordinateDeviations(distribution);
  const widest = Math.max(...deviations);
  if (widest < NARROWEST) return restoreScale(distribution, widest);
  const limit = Math.max(WIDEST, startSigma);
  if (widest <= limit) return distribution;
  const factors = deviations.map((deviation) => (deviation > limit ? limit / deviation : 1));
  return { ...distribution, covariance: scaleCoordinates(distribution.covariance, factors) };
}

/** σ at its floor and the largest variance of C at 1. */
function restoreScale(distribution: Distribution, widest: number): Distribution {
  const factor = distribution.sigma / widest;
  const factors = distribution.mean.map(() => factor);
  return {
    ...distribution,
    sigma: NARROWEST,
    covariance: scaleCoordinates(distribution.covariance, factors),
  };
}

/** diag(f) C diag(f), packed. */
function scaleCoordinates(covariance: readonly number[], factors: readonly number[]): number[] {
  const scaled: number[] = [];
  let k = 0;
  factors.forEach((rowFactor, i) => {
    for (const columnFactor of factors.slice(i)) {
      scaled.push((covariance[k++] ?? Number.NaN) * rowFactor * columnFactor);
    }
  });
  return plain(scaled);
}
