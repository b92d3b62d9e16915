import {
  fitHyperparameters,
  type Hyperparameters,
  initialHyperparameters,
} from '../gp/hyperparameters.js';
import { GaussianProcess } from '../gp/gaussian-process.js';
import { logExpectedExcess } from '../gp/normal-distribution.js';
import { type Evaluation, lossGradient, lossOf, type Objective } from './objective.js';
import type { SearchResult, SearchState, SurrogateState } from './search-state.js';

/** The models are fitted anew when there are so many times as many results as at the latest fit. */
const GROWTH = 1.5;
/** What the models see at most: the latest results, in steps of a third of it. */
const MOST_RESULTS = 450;
/** What a fit sees at most, the latest ones: its cost grows with the third power. */
const MOST_FITTED = 150;

/** A result that has values. */
interface Valued {
  readonly id: number;
  readonly x: readonly number[];
  readonly evaluation: Evaluation;
}

/** One Gaussian process per component of the objective, and what they say of a point together. */
export class Surrogate {
  readonly #objective: Objective;
  readonly #models: readonly GaussianProcess[];
  readonly #errors: readonly number[] | null;
  /** The results it is conditioned on. */
  readonly results: readonly Valued[];
  /** The loss at each of them without its noise, in the surrogate's units. */
  readonly smoothed: readonly number[];
  readonly #best: number;

  constructor(
    state: SearchState,
    hyperparameters: readonly Hyperparameters[],
    pending: readonly (readonly number[])[],
  ) {
    const { objective } = state.options;
    this.#objective = objective;
    this.results = modelled(state.history);
    this.#errors = meanErrors(this.results);
    const points = this.results.map(({ x }) => x);
    this.#models = componentValues(objective, this.results).map((values, i) => {
      const fitted = hyperparameters[i];
      if (fitted === undefined) throw new Error('bug in cma-es-ts: a component has no model');
      return new GaussianProcess({ points, values }, fitted, pending);
    });
    const means = this.#models.map((model) => model.smoothed());
    this.smoothed = points.map((_, i) => this.#lossOf(means.map((mean) => mean[i] ?? Number.NaN)));
    this.#best = Math.min(...this.smoothed);
  }

  /** The loss that is expected at x, in the surrogate's units, and the logarithm of the expected improvement. */
  judge(x: readonly number[]): { readonly loss: number; readonly logImprovement: number } {
    const predictions = this.#models.map((model) => model.predict(x));
    const values = predictions.map(({ mean }) => mean);
    const loss = this.#lossOf(values);
    const gradient = this.#isScalar
      ? [1]
      : lossGradient(this.#objective, { values, errors: this.#errors });
    // The delta method: the loss is nearly linear over a deviation.
    const variance = predictions.reduce((sum, { deviation }, i) => {
      const slope = (gradient[i] ?? 0) * deviation;
      return sum + slope * slope;
    }, 0);
    return { loss, logImprovement: logExpectedExcess(this.#best - loss, Math.sqrt(variance)) };
  }

  /** The result with the lowest loss without its noise. */
  bestBelieved(): readonly number[] {
    const best = this.results[this.smoothed.indexOf(this.#best)];
    if (best === undefined) throw new Error('bug in cma-es-ts: a surrogate of no results');
    return best.x;
  }

  get #isScalar(): boolean {
    return isScalar(this.#objective);
  }

  #lossOf(values: readonly number[]): number {
    if (this.#isScalar) return values[0] ?? Number.NaN;
    return lossOf(this.#objective, { values, errors: this.#errors });
  }
}

/** Whether any result was told with an error: without, values are taken as exact. */
export function isNoisy({ history }: SearchState): boolean {
  return history.some(({ evaluation }) => evaluation?.errors?.some((error) => error > 0) === true);
}

/** A single number without structure: its scale is unknown, and may span many orders of magnitude. */
function isScalar(objective: Objective): boolean {
  return objective.length === 1 && objective[0]?.limit === undefined;
}

/** The surrogate's state, fitted anew where the results have grown enough. */
export function refit(state: SearchState): SurrogateState {
  const { surrogate, options, history } = state;
  const results = modelled(history).slice(-MOST_FITTED);
  const seen = history.length;
  if (surrogate.fittedTo > 0 && seen < GROWTH * surrogate.fittedTo) return surrogate;
  const points = results.map(({ x }) => x);
  const start = initialHyperparameters(options.dimension);
  const models = componentValues(options.objective, results).map((values) =>
    fitHyperparameters({ points, values }, start),
  );
  return { ...surrogate, models, fittedTo: seen };
}

function modelled(history: readonly SearchResult[]): Valued[] {
  const valued = history.flatMap(({ id, x, evaluation }) =>
    evaluation === null ? [] : [{ id, x, evaluation }],
  );
  const step = MOST_RESULTS / 3;
  const dropped = Math.max(0, Math.ceil((valued.length - MOST_RESULTS) / step) * step);
  return valued.slice(dropped);
}

function componentValues(objective: Objective, results: readonly Valued[]): number[][] {
  const columns = objective.map((_, i) =>
    results.map(({ evaluation }) => evaluation.values[i] ?? Number.NaN),
  );
  const [only] = columns;
  if (!isScalar(objective) || only === undefined) return columns;
  const weight = objective[0]?.weight ?? 1;
  return [compressed(only.map((value) => weight * value))];
}

/**
 * Values above the median, the bad half, on a logarithmic scale: how bad they are matters little, and would otherwise
 * set the scale of everything. Order is kept.
 */
function compressed(values: readonly number[]): number[] {
  const sorted = values.toSorted((left, right) => left - right);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const low = sorted[Math.floor(sorted.length / 10)] ?? 0;
  const scale = Math.max(median - low, 1e-300);
  return values.map((value) => {
    const u = (value - median) / scale;
    return u > 0.5 ? 0.5 + Math.log1p(u - 0.5) : u;
  });
}

/** What a measurement's errors will be like; null unless all results have some. */
function meanErrors(results: readonly Valued[]): readonly number[] | null {
  const [first] = results;
  if (first?.evaluation.errors == null) return null;
  const sums = first.evaluation.errors.map(() => 0);
  for (const { evaluation } of results) {
    if (evaluation.errors === null) return null;
    evaluation.errors.forEach((error, i) => {
      sums[i] = (sums[i] ?? 0) + error;
    });
  }
  return sums.map((sum) => sum / results.length);
}
