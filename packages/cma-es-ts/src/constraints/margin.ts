// Hamano, Saito, Nomura and Shirakawa, "CMA-ES with Margin" (GECCO 2022, arXiv:2205.13482), as in cmaes 0.13.1's CMAwM,
// for the levels i / (levels − 1).
import { type Distribution, plain, variances } from '../distribution.js';
import { inverseNormal } from '../inverse-normal.js';
import { at } from '../matrix.js';
import { type Coordinates, type Levels, nearestIndex } from './levels.js';
import { normalCdf } from './normal-cdf.js';

/** Keeps quantiles finite; cmaes' value. */
const SMALLEST_PROBABILITY = 1e-10;

/**
 * Moves the mean and the scale of every discrete coordinate so that levels beside the mean's own stay in reach: in an
 * outermost bin the others have a probability of at least `margin` together, elsewhere those below and those above at
 * least half of it, to first order. Continuous coordinates, σ and C stay as they are.
 *
 * @param margin α, in (0, 0.5): 1 / (n λ)
 */
export function keepLevelsInReach(
  distribution: Distribution,
  coordinates: Coordinates,
  margin: number,
): Distribution {
  const mean = [...distribution.mean];
  const levelScale = [...(distribution.levelScale ?? mean.map(() => 1))];
  const variance = variances(distribution);
  coordinates.forEach((coordinate, j) => {
    if (coordinate === null) return;
    const deviation = distribution.sigma * Math.sqrt(Math.max(0, at(variance, j)));
    const corrected = correct(coordinate, at(mean, j), deviation, at(levelScale, j), margin);
    mean[j] = corrected.mean;
    levelScale[j] = corrected.scale;
  });
  return { ...distribution, mean: plain(mean), levelScale };
}

/** One coordinate; `deviation` is σ √C_jj. */
function correct(
  coordinate: Levels,
  mean: number,
  deviation: number,
  scale: number,
  margin: number,
): { mean: number; scale: number } {
  const index = nearestIndex(coordinate, mean);
  const low = midpoint(coordinate, index - 1);
  const high = midpoint(coordinate, index);
  const spread = deviation * scale;
  const below = normalCdf((low - mean) / spread);
  const above = normalCdf((mean - high) / spread);
  if (Math.max(below, above) > 0.5) {
    // An outermost bin: low = high, and all other levels are on one side.
    if (Math.min(below, above) >= margin) return { mean, scale };
    const distance = spread * inverseNormal(1 - margin);
    return { mean: mean > high ? high + distance : high - distance, scale };
  }
  // Deviation: a mean exactly between two outermost bins is left alone, where cmaes would set the scale to 0.
  if (low === high || Math.min(below, above) >= margin / 2) return { mean, scale };
  const inside = 1 - below - above;
  const raisedBelow = Math.max(below, margin / 2);
  const raisedAbove = Math.max(above, margin / 2);
  // What was given is taken from all three in proportion to what they have beyond their floor.
  const excess = 1 - raisedBelow - raisedAbove - inside;
  const total = raisedBelow + inside + raisedAbove - (3 * margin) / 2;
  const lowQuantile = quantile(raisedBelow + (excess * (raisedBelow - margin / 2)) / total);
  const highQuantile = quantile(raisedAbove + (excess * (raisedAbove - margin / 2)) / total);
  const quantiles = lowQuantile + highQuantile;
  return {
    mean: (low * highQuantile + high * lowQuantile) / quantiles,
    scale: (high - low) / (quantiles * deviation),
  };
}

/** How many standard deviations away the tail of this probability begins. */
function quantile(probability: number): number {
  const bounded = Math.min(0.5 - SMALLEST_PROBABILITY, Math.max(SMALLEST_PROBABILITY, probability));
  return -inverseNormal(bounded);
}

/** The border between level `index` and the next; the nearest one where there is none. */
function midpoint({ levels }: Levels, index: number): number {
  return (Math.min(levels - 2, Math.max(0, index)) + 0.5) / (levels - 1);
}
