// The criteria and limits of cmaes 0.13.1 and pycma that make sense in a box.
import { principalAxes } from './distribution.js';
import { at } from './matrix.js';
import { coordinateDeviations } from './spread.js';
import type { CmaState } from './state.js';

const TOL_FUN = 1e-12;
const TOL_X = 1e-12;
const TOL_CONDITION = 1e14;

/** How many updates `tolfun` looks back. */
export function valueHistoryLength(dimension: number, populationSize: number): number {
  return 10 + Math.ceil((30 * dimension) / populationSize);
}

/**
 * Why going on is of no use, each reason with the limit that was reached; empty while the search is sound.
 * Nothing stops by itself: `ask` goes on answering.
 *
 * - `tolfun`: the values of the last 10 + ⌈30 n/λ⌉ updates lie within 1e-12
 * - `tolx`: every standard deviation, and σ p_c, is below 1e-12 of the initial sigma
 * - `conditioncov`: the condition number of C exceeds 1e14
 * - `noeffectcoord`: a fifth of a standard deviation changes some coordinate of the mean by nothing
 * - `noeffectaxis`: a tenth of a standard deviation along a principal axis changes the mean by nothing
 */
export function stopReasons(state: CmaState): Record<string, number> {
  const { options, distribution, recentValues } = state;
  const { mean, sigma, pathC, generation } = distribution;
  const n = options.dimension;
  const reasons: Record<string, number> = {};

  const historyLength = valueHistoryLength(n, options.populationSize);
  if (recentValues.length >= historyLength) {
    const best = Math.min(...recentValues.map(([lowest]) => lowest));
    const worst = Math.max(...recentValues.map(([, highest]) => highest));
    if (worst - best < TOL_FUN) reasons['tolfun'] = TOL_FUN;
  }

  const deviations = coordinateDeviations(distribution);
  const tolx = TOL_X * options.sigma;
  const isNarrow = deviations.every((deviation) => deviation < tolx);
  if (isNarrow && pathC.every((p) => sigma * Math.abs(p) < tolx)) reasons['tolx'] = tolx;

  const { directions, lengths } = principalAxes(distribution.covariance, n);
  const axisRatio = at(lengths, n - 1) / at(lengths, 0);
  if (axisRatio * axisRatio > TOL_CONDITION) reasons['conditioncov'] = TOL_CONDITION;

  if (mean.some((m, j) => m === m + 0.2 * at(deviations, j))) reasons['noeffectcoord'] = 0.2;
  const axis = generation % n;
  const reach = 0.1 * sigma * at(lengths, axis);
  if (mean.every((m, j) => m === m + reach * directions.get(j, axis))) {
    reasons['noeffectaxis'] = 0.1;
  }
  return reasons;
}
