import { defaultPopulationSize } from './constants.js';
import { CmaOptionsError } from './errors.js';

/** What a search is started with. The search space is the unit box [0, 1]^n; callers map their own ranges. */
export interface CmaOptions {
  /** n, the number of coordinates. @minimum 1 */
  dimension: number;
  /** A safe integer ≥ 0. Same options and same events, same numbers. */
  seed: number;
  /**
   * Where the search starts: n numbers in [0, 1].
   * @default 0.5 in every coordinate
   */
  mean?: readonly number[];
  /**
   * The standard deviation of the first samples in every coordinate, in box units, in (0, 1].
   * @default 0.25
   */
  sigma?: number;
  /**
   * λ, how many counted results make an update; an integer ≥ 2.
   * @default 4 + floor(3 ln n)
   */
  populationSize?: number;
}

/** The options with their defaults filled in, as a state keeps them. */
export type ResolvedOptions = Readonly<Required<CmaOptions>>;

/**
 * Checks the options and fills in the defaults.
 * @throws CmaOptionsError naming the option, what was expected and what came
 */
export function resolveOptions(options: CmaOptions): ResolvedOptions {
  const { dimension, seed, sigma = 0.25 } = options;
  checkInteger('dimension', dimension, 1);
  checkInteger('seed', seed, 0);
  const { populationSize = defaultPopulationSize(dimension) } = options;
  checkInteger('populationSize', populationSize, 2);
  if (typeof sigma !== 'number' || !(sigma > 0 && sigma <= 1)) {
    throw new CmaOptionsError('sigma', 'a number in (0, 1]', sigma);
  }
  const { mean = new Array<number>(dimension).fill(0.5) } = options;
  checkMean(mean, dimension);
  return { dimension, seed, mean: [...mean], sigma, populationSize };
}

function checkInteger(name: string, value: number, minimum: number): void {
  if (!Number.isSafeInteger(value) || value < minimum) {
    throw new CmaOptionsError(name, `a safe integer of at least ${minimum}`, value);
  }
}

function checkMean(mean: readonly number[], dimension: number): void {
  if (!Array.isArray(mean) || mean.length !== dimension) {
    throw new CmaOptionsError('mean', `an array of ${dimension} numbers`, mean);
  }
  mean.forEach((value: unknown, j) => {
    if (typeof value !== 'number' || !(value >= 0 && value <= 1)) {
      throw new CmaOptionsError(`mean[${j}]`, 'a number in [0, 1]', value);
    }
  });
}
