import { allBounds, type Bounds } from './constraints/bounds.js';
import type { Coordinates } from './constraints/levels.js';
import { defaultPopulationSize } from './constants.js';
import { CmaOptionsError } from './errors.js';

/** How results that were drawn from an earlier distribution enter an update: see `CmaOptions.stale`. */
export type StaleRule = 'current' | 'own' | 'drop';

/** Whether and how a search that has stopped starts again: see `CmaOptions.restarts`. */
export type RestartRule = 'none' | 'ipop' | 'bipop';

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
  /**
   * `full` learns how all coordinates depend on each other, n² numbers; `separable` only how wide each is, n numbers,
   * and learns that (n + 2)/3 times faster. `auto` is full up to n = 128, and wherever learning rates adapt.
   * @default 'auto'
   */
  covariance?: 'full' | 'separable' | 'auto';
  /**
   * Whether the worst members push the covariance away (active CMA-ES). A separable search has no such weights.
   * @default true
   */
  active?: boolean;
  /**
   * Whether the learning rates follow the signal-to-noise ratio (LRA-CMA-ES), for noisy or multimodal functions and
   * large budgets. Needs a full covariance.
   * @default false
   */
  learningRateAdaptation?: boolean;
  /**
   * What becomes of samples outside the box: see `Bounds`.
   * @default 'clip'
   */
  bounds?: Bounds;
  /**
   * Results of candidates that were drawn before the latest update: `current` takes their step from the mean and in the
   * σ of today, `own` from those they were drawn with, `drop` leaves them out (they count for `best` only). With the
   * first two their step is clipped in length and never gets a negative weight.
   * @default 'current'
   */
  stale?: StaleRule;
  /**
   * `ipop` starts again with twice the population whenever there is a stop reason (Auger and Hansen 2005), `bipop`
   * does this in turn with short searches of small populations (Hansen 2009). Starts are uniform in the box.
   * @default 'none'
   */
  restarts?: RestartRule;
  /**
   * The values of the last 10 + ⌈30 n/λ⌉ updates lie closer together than this: a stop reason. A number ≥ 0.
   * @default 1e-12
   */
  tolFun?: number;
  /**
   * Every standard deviation is below this share of the first one: a stop reason. A number ≥ 0.
   * @default 1e-12
   */
  tolX?: number;
  /**
   * Which coordinates are discrete, n entries: null is continuous, `{ levels }` takes the evenly spaced values
   * i / (levels − 1) only (CMA-ES with margin). `createBox` makes it from named dimensions.
   * @default null, all continuous
   */
  coordinates?: Coordinates | null;
}

/** The options with their defaults filled in, as a state keeps them. */
export type ResolvedOptions = Readonly<
  Omit<Required<CmaOptions>, 'covariance'> & { covariance: 'full' | 'separable' }
>;

/** The largest dimension that `auto` keeps a full covariance for: 8 256 numbers. */
const LARGEST_FULL = 128;

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
  const { active = true, learningRateAdaptation = false } = options;
  checkBoolean('active', active);
  checkBoolean('learningRateAdaptation', learningRateAdaptation);
  const { bounds = 'clip', stale = 'current', restarts = 'none' } = options;
  checkOneOf('bounds', bounds, allBounds);
  checkOneOf('stale', stale, ['current', 'own', 'drop']);
  checkOneOf('restarts', restarts, ['none', 'ipop', 'bipop']);
  const { tolFun = 1e-12, tolX = 1e-12, coordinates = null } = options;
  checkTolerance('tolFun', tolFun);
  checkTolerance('tolX', tolX);
  return {
    dimension,
    seed,
    mean: [...mean],
    sigma,
    populationSize,
    covariance: resolveCovariance(options, dimension, learningRateAdaptation),
    active,
    learningRateAdaptation,
    bounds,
    stale,
    restarts,
    tolFun,
    tolX,
    coordinates: resolveCoordinates(coordinates, dimension),
  };
}

function resolveCovariance(
  { covariance = 'auto' }: CmaOptions,
  dimension: number,
  learningRateAdaptation: boolean,
): 'full' | 'separable' {
  checkOneOf('covariance', covariance, ['full', 'separable', 'auto']);
  if (learningRateAdaptation && covariance === 'separable') {
    throw new CmaOptionsError(
      'covariance',
      '"full" or "auto", as learning rates adapt',
      covariance,
    );
  }
  if (covariance !== 'auto') return covariance;
  return learningRateAdaptation || dimension <= LARGEST_FULL ? 'full' : 'separable';
}

function resolveCoordinates(
  coordinates: Coordinates | null,
  dimension: number,
): Coordinates | null {
  if (coordinates === null) return null;
  if (!Array.isArray(coordinates) || coordinates.length !== dimension) {
    throw new CmaOptionsError('coordinates', `an array of ${dimension}`, coordinates);
  }
  const checked = coordinates.map((coordinate: { levels?: unknown } | null, j) => {
    if (coordinate === null) return null;
    const levels: unknown = typeof coordinate === 'object' ? coordinate.levels : undefined;
    if (typeof levels === 'number' && Number.isSafeInteger(levels) && levels >= 2)
      return { levels };
    const expected = 'null or { levels: an integer of at least 2 }';
    throw new CmaOptionsError(`coordinates[${j}]`, expected, levels ?? coordinate);
  });
  return checked.some((coordinate) => coordinate !== null) ? checked : null;
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

function checkBoolean(name: string, value: unknown): void {
  if (typeof value !== 'boolean') throw new CmaOptionsError(name, 'true or false', value);
}

function checkTolerance(name: string, value: unknown): void {
  if (typeof value !== 'number' || !(value >= 0 && value < Infinity)) {
    throw new CmaOptionsError(name, 'a number of at least 0', value);
  }
}

function checkOneOf(name: string, value: unknown, allowed: readonly string[]): void {
  if (allowed.some((item) => item === value)) return;
  throw new CmaOptionsError(name, allowed.map((item) => `"${item}"`).join(', '), value);
}
