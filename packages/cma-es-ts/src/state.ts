import { genotypeOf } from './constraints/genotype.js';
import type { Distribution } from './distribution.js';
import { initialLearningRates } from './learning-rates.js';
import { packedLength } from './matrix.js';
import { type CmaOptions, type ResolvedOptions, resolveOptions } from './options.js';
import { firstRegime, type Regime } from './restarts/regime.js';

/** Where a point came from. */
export type Origin = 'sampled' | 'injected' | 'foreign';

/** A candidate that was asked and not answered yet, with the distribution it was drawn from. */
export interface OpenCandidate {
  readonly id: number;
  /** What is evaluated. */
  readonly x: readonly number[];
  /** Where it was drawn, and the update sees it; null where that is x, and for injected points, which were not drawn. */
  readonly genotype: readonly number[] | null;
  readonly origin: 'sampled' | 'injected';
  readonly frame: Frame;
}

/** What a candidate was drawn from: the generation's number, m and σ. */
export interface Frame {
  readonly generation: number;
  readonly mean: readonly number[];
  readonly sigma: number;
}

/** A result that waits for the next update. */
export interface Member {
  /** The candidate's id; −1, −2 … for foreign points, in the order they were told. */
  readonly id: number;
  readonly x: readonly number[];
  /** As in an open candidate; also that of injected and foreign points, where the box is not what the search lives in. */
  readonly genotype: readonly number[] | null;
  /** Minimised; null is a candidate failure. */
  readonly value: number | null;
  readonly origin: Origin;
  /** The generation it was drawn from; for a foreign point the one it was told in. */
  readonly generation: number;
  /** What its step is taken from, where that is not the distribution of today: stale members under `stale: 'own'`. */
  readonly frame: Frame | null;
}

/** The best result so far; of equal ones the candidate with the lowest id. */
export interface BestResult {
  /** As in a buffer: negative for foreign points. */
  readonly id: number;
  readonly x: readonly number[];
  readonly value: number;
}

/** The finite values of one update. */
export type ValueRange = readonly [best: number, median: number, worst: number];

/** How many events of each kind were applied. */
export interface Counters {
  /** Also the next candidate's id. */
  readonly asked: number;
  readonly told: number;
  readonly failed: number;
  readonly forgotten: number;
  readonly foreign: number;
  /**
   * Told and failed ones among them that no update saw: late ones under `stale: 'drop'`, and samples from before a
   * restart. They count for `best` all the same.
   */
  readonly ignored: number;
}

/**
 * A whole search as plain JSON: `JSON.parse(JSON.stringify(state))` continues bit by bit like the state itself.
 * Never change one in place; arrays may be shared between states.
 */
export interface CmaState {
  readonly version: 2;
  readonly options: ResolvedOptions;
  readonly counters: Counters;
  /** What the restarts made of the options: the population size of today, and why the latest one happened. */
  readonly regime: Regime;
  readonly distribution: Distribution;
  /** In the order the results came; always shorter than the regime's population size. */
  readonly buffer: readonly Member[];
  /** In the order they were asked. */
  readonly open: readonly OpenCandidate[];
  /** Points that the next asks hand out, first in line first. */
  readonly injected: readonly (readonly number[])[];
  /** Best, median and worst finite value of the latest updates, oldest first, for the stop reasons. */
  readonly recentValues: readonly ValueRange[];
  readonly best: BestResult | null;
}

/**
 * The state before the first event.
 * @throws CmaOptionsError when an option is out of its range
 */
export function createCmaState(options: CmaOptions): CmaState {
  const resolved = resolveOptions(options);
  return {
    version: 2,
    options: resolved,
    counters: { asked: 0, told: 0, failed: 0, forgotten: 0, foreign: 0, ignored: 0 },
    regime: firstRegime(resolved),
    distribution: createDistribution(resolved, resolved.mean, resolved.sigma, 0),
    buffer: [],
    open: [],
    injected: [],
    recentValues: [],
    best: null,
  };
}

/**
 * The distribution that a search, or a restart, begins with.
 *
 * @param mean n numbers in [0, 1]
 */
export function createDistribution(
  options: ResolvedOptions,
  mean: readonly number[],
  sigma: number,
  generation: number,
): Distribution {
  const { dimension, covariance } = options;
  const start: Distribution = {
    generation,
    age: 0,
    mean: mean.map((value) => value + 0),
    sigma,
    covariance:
      covariance === 'separable' ? new Array<number>(dimension).fill(1) : packedIdentity(dimension),
    pathSigma: new Array<number>(dimension).fill(0),
    pathC: new Array<number>(dimension).fill(0),
    decomposed: null,
    learningRates: options.learningRateAdaptation ? initialLearningRates(dimension) : null,
    levelScale: options.coordinates === null ? null : new Array<number>(dimension).fill(1),
  };
  return { ...start, mean: genotypeOf(options, start, mean) ?? start.mean };
}

function packedIdentity(size: number): number[] {
  const packed = new Array<number>(packedLength(size)).fill(0);
  for (let i = 0, k = 0; i < size; k += size - i, i++) packed[k] = 1;
  return packed;
}
