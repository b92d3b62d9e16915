import { principalAxes } from './distribution.js';
import { at } from './matrix.js';
import { coordinateDeviations } from './spread.js';
import type { CmaState, Counters } from './state.js';

/** A search in the numbers one plots. */
export interface CmaDiagnostics {
  /** How many updates were made. */
  readonly generation: number;
  /** n numbers in [0, 1]: where the search believes the optimum to be. */
  readonly mean: readonly number[];
  /** The step size in box units. */
  readonly sigma: number;
  /** The longest principal axis divided by the shortest, at least 1. */
  readonly axisRatio: number;
  /** The standard deviation of each coordinate in box units. */
  readonly deviations: readonly number[];
  readonly populationSize: number;
  /** How many candidates wait for a result. */
  readonly open: number;
  /** How many results wait for the next update. */
  readonly buffered: number;
  readonly counters: Counters;
}

export function diagnostics(state: CmaState): CmaDiagnostics {
  const { options, distribution } = state;
  const { lengths } = principalAxes(distribution.covariance, options.dimension);
  return {
    generation: distribution.generation,
    mean: distribution.mean,
    sigma: distribution.sigma,
    axisRatio: at(lengths, options.dimension - 1) / at(lengths, 0),
    deviations: coordinateDeviations(distribution),
    populationSize: options.populationSize,
    open: state.open.length,
    buffered: state.buffer.length,
    counters: state.counters,
  };
}
