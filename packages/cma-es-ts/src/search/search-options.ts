import { CmaOptionsError } from '../errors.js';
import { type CmaOptions, type ResolvedOptions, resolveOptions } from '../options.js';
import type { Objective } from './objective.js';

/** How a Gaussian process chooses among the samples of the search. */
export interface SurrogateOptions {
  /**
   * How many samples of the distribution a proposal is chosen from; an integer of at least 2.
   * @default 12
   */
  pool?: number;
  /**
   * How many results there must be before it chooses; an integer of at least 4.
   * @default 2 n, but at least 10 and at most 50
   */
  after?: number;
  /**
   * It chooses only while Kendall's τ between its predictions and the results that came is at least this, in [−1, 1].
   * @default 0.2
   */
  minTau?: number;
  /**
   * Every so many-th proposal is not chosen but the plain sample, and τ is taken over all of them; an integer of at least 2.
   * @default 4
   */
  probeEvery?: number;
  /**
   * Every so many-th proposal is where the expected improvement is largest near the best sample and the best believed
   * result, be there a sample or not; an integer of at least 2. Only while values come without errors: where they are
   * noisy it follows what the model has made of the noise.
   * @default 3
   */
  climbEvery?: number;
}

/** What a search is started with. */
export interface SearchOptions {
  /** n, the number of coordinates of the unit box. @minimum 1 */
  dimension: number;
  /** A safe integer ≥ 0. Same options and same events, same numbers. */
  seed: number;
  /**
   * What is minimised.
   * @default one component of weight 1
   */
  objective?: Objective;
  /**
   * `single`: one CMA-ES, into whose first update the best known points go. `duo`: one from the centre that knows
   * nothing, with two thirds of σ, and one with the known points take turns, until each has λ results; the one with the worse latest results stops.
   * @default 'duo'
   */
  start?: 'single' | 'duo';
  /** @default the defaults of `SurrogateOptions`; null leaves it out */
  surrogate?: SurrogateOptions | null;
  /** Options of the CMA-ES inside. */
  cma?: Omit<CmaOptions, 'dimension' | 'seed'>;
}

/** The options with their defaults filled in, as a state keeps them. */
export interface ResolvedSearchOptions {
  readonly dimension: number;
  readonly seed: number;
  readonly objective: Objective;
  readonly start: 'single' | 'duo';
  readonly surrogate: Readonly<Required<SurrogateOptions>> | null;
  readonly cma: ResolvedOptions;
}

/**
 * Checks the options and fills in the defaults.
 * @throws CmaOptionsError naming the option, what was expected and what came
 */
export function resolveSearchOptions(options: SearchOptions): ResolvedSearchOptions {
  const { dimension, seed, objective = [{ weight: 1 }], start = 'duo' } = options;
  const cma = resolveOptions({ ...options.cma, dimension, seed });
  if (!['single', 'duo'].includes(start)) {
    throw new CmaOptionsError('start', "'single' or 'duo'", start);
  }
  checkObjective(objective);
  const surrogate =
    options.surrogate === null ? null : resolveSurrogate(options.surrogate ?? {}, dimension);
  return { dimension, seed, objective: objective.map(copyComponent), start, surrogate, cma };
}

function copyComponent({ weight, limit, penalty }: Objective[number]): Objective[number] {
  return limit === undefined ? { weight } : { weight, limit, penalty: penalty ?? 1 };
}

function checkObjective(objective: Objective): void {
  if (!Array.isArray(objective) || objective.length === 0) {
    throw new CmaOptionsError('objective', 'one component at least', objective);
  }
  objective.forEach(({ weight, limit, penalty }, i) => {
    const path = `objective[${i}]`;
    if (!Number.isFinite(weight)) {
      throw new CmaOptionsError(`${path}.weight`, 'a finite number', weight);
    }
    if (limit !== undefined && !Number.isFinite(limit)) {
      throw new CmaOptionsError(`${path}.limit`, 'a finite number', limit);
    }
    if (penalty === undefined) return;
    if (!(penalty >= 0 && penalty < Infinity)) {
      throw new CmaOptionsError(`${path}.penalty`, 'a number of at least 0', penalty);
    }
    if (limit === undefined) {
      throw new CmaOptionsError(`${path}.penalty`, 'a limit beside it', limit);
    }
  });
}

function resolveSurrogate(
  options: SurrogateOptions,
  dimension: number,
): Required<SurrogateOptions> {
  const {
    pool = 12,
    after = Math.min(50, Math.max(10, 2 * dimension)),
    minTau = 0.2,
    probeEvery = 4,
    climbEvery = 3,
  } = options;
  for (const [name, value, minimum] of [
    ['pool', pool, 2],
    ['after', after, 4],
    ['probeEvery', probeEvery, 2],
    ['climbEvery', climbEvery, 2],
  ] as const) {
    if (!Number.isSafeInteger(value) || value < minimum) {
      const expected = `a safe integer of at least ${minimum}`;
      throw new CmaOptionsError(`surrogate.${name}`, expected, value);
    }
  }
  if (!(minTau >= -1 && minTau <= 1)) {
    throw new CmaOptionsError('surrogate.minTau', 'a number in [-1, 1]', minTau);
  }
  return { pool, after, minTau, probeEvery, climbEvery };
}
