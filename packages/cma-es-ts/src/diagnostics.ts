import { meanInBox } from './constraints/genotype.js';
import { axisRatio, currentAxes } from './distribution.js';
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
  /** How many restarts there were. */
  readonly restarts: number;
  /** The reasons of the latest one, as `stopReasons` says them; null before the first. */
  readonly restartReason: Readonly<Record<string, number>> | null;
  /** Of the mean and of the covariance, in (0, 1]; both 1 where they do not adapt. */
  readonly learningRates: { readonly mean: number; readonly covariance: number };
}

export function diagnostics(state: CmaState): CmaDiagnostics {
  const { options, regime, distribution } = state;
  const { mean, covariance } = distribution.learningRates ?? { mean: 1, covariance: 1 };
  return {
    generation: distribution.generation,
    mean: meanInBox(options, distribution),
    sigma: distribution.sigma,
    axisRatio: axisRatio(currentAxes(distribution)),
    deviations: coordinateDeviations(distribution),
    populationSize: regime.populationSize,
    open: state.open.length,
    buffered: state.buffer.length,
    counters: state.counters,
    restarts: regime.restarts,
    restartReason: regime.reason,
    learningRates: { mean, covariance },
  };
}
