// The criteria and limits of cmaes 0.13.1 and pycma that make sense in a box.
import { type Axes, axisRatio, currentAxes, type Distribution } from './distribution.js';
import { at } from './matrix.js';
import { coordinateDeviations } from './spread.js';
import type { CmaState, ValueRange } from './state.js';

const TOL_CONDITION = 1e14;

/** How many updates `tolfun` looks back. */
export function valueHistoryLength(dimension: number, populationSize: number): number {
  return 10 + Math.ceil((30 * dimension) / populationSize);
}

/** How many updates `stagnation` looks back: pycma's least window. */
export function stagnationLength(dimension: number, populationSize: number): number {
  return 120 + Math.ceil((30 * dimension) / populationSize);
}

/**
 * Why going on is of no use, each reason with the limit that was reached; empty while the search is sound.
 * Without restarts nothing stops by itself: `ask` goes on answering. With them the search has started again by the time
 * one could read its reasons, and the latest ones are in `state.regime.reason`.
 *
 * - `tolfun`: the values of the last 10 + ⌈30 n/λ⌉ updates lie within the option `tolFun`
 * - `tolx`: every standard deviation, and σ p_c, is below the option `tolX` times the initial sigma
 * - `conditioncov`: the condition number of C exceeds 1e14
 * - `noeffectcoord`: a fifth of a standard deviation changes some coordinate of the mean by nothing
 * - `noeffectaxis`: a tenth of a standard deviation along a principal axis changes the mean by nothing
 * - `stagnation`, with restarts only: of the last 120 + ⌈30 n/λ⌉ updates, neither the best nor the median values of the
 *   latest 30 % have a lower median than those of the first 30 % (pycma, with a window that does not grow)
 * - `budget`, with `restarts: 'bipop'` only: a small search has had half as many results as the latest large one
 */
export function stopReasons(state: CmaState): Record<string, number> {
  const { options, regime, distribution, recentValues } = state;
  const { populationSize } = regime;
  const { mean, sigma, pathC, generation } = distribution;
  const n = options.dimension;
  const reasons: Record<string, number> = {};

  if (areValuesEqual(recentValues, valueHistoryLength(n, populationSize), options.tolFun)) {
    reasons['tolfun'] = options.tolFun;
  }
  if (options.restarts !== 'none') {
    const length = stagnationLength(n, populationSize);
    if (isStagnating(recentValues, length)) reasons['stagnation'] = length;
    const counted = distribution.age * populationSize;
    if (regime.budget !== null && counted >= regime.budget) reasons['budget'] = regime.budget;
  }

  const deviations = coordinateDeviations(distribution);
  const tolx = options.tolX * regime.sigma;
  const isNarrow = deviations.every((deviation) => deviation < tolx);
  if (isNarrow && pathC.every((p) => sigma * Math.abs(p) < tolx)) reasons['tolx'] = tolx;

  const axes = currentAxes(distribution);
  const ratio = axisRatio(axes);
  if (ratio * ratio > TOL_CONDITION) reasons['conditioncov'] = TOL_CONDITION;

  if (mean.some((m, j) => m === m + 0.2 * at(deviations, j))) reasons['noeffectcoord'] = 0.2;
  if (hasAxisNoEffect(distribution, axes, generation % n)) reasons['noeffectaxis'] = 0.1;
  return reasons;
}

function areValuesEqual(values: readonly ValueRange[], length: number, tolerance: number): boolean {
  if (values.length < length) return false;
  let best = Infinity;
  let worst = -Infinity;
  for (const [lowest, , highest] of values.slice(-length)) {
    best = Math.min(best, lowest);
    worst = Math.max(worst, highest);
  }
  return worst - best < tolerance;
}

function isStagnating(values: readonly ValueRange[], length: number): boolean {
  if (values.length < length) return false;
  const window = values.slice(-length);
  const share = Math.floor(0.3 * length);
  return ([0, 1] as const).every((which) => {
    const medianOf = (part: readonly ValueRange[]) => median(part.map((range) => range[which]));
    return medianOf(window.slice(-share)) >= medianOf(window.slice(0, share));
  });
}

/** The upper one of two in the middle. */
function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  return at(sorted, Math.floor(sorted.length / 2));
}

function hasAxisNoEffect(
  { mean, sigma }: Distribution,
  { directions, lengths }: Axes,
  axis: number,
): boolean {
  const reach = 0.1 * sigma * at(lengths, axis);
  if (directions === null) {
    const m = at(mean, axis);
    return m === m + reach;
  }
  return mean.every((m, j) => m === m + reach * directions.get(axis, j));
}
