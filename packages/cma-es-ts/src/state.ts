import type { Distribution } from './distribution.js';
import { packedLength } from './matrix.js';
import { type CmaOptions, type ResolvedOptions, resolveOptions } from './options.js';

/** Where a point came from. */
export type Origin = 'sampled' | 'injected' | 'foreign';

/** A candidate that was asked and not answered yet, with the distribution it was drawn from. */
export interface OpenCandidate {
  readonly id: number;
  readonly x: readonly number[];
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
  /** Minimised; null is a candidate failure. */
  readonly value: number | null;
  readonly origin: Origin;
  /** The generation it was drawn from; for a foreign point the one it was told in. */
  readonly generation: number;
}

/** The best result so far; of equal ones the candidate with the lowest id. */
export interface BestResult {
  /** As in a buffer: negative for foreign points. */
  readonly id: number;
  readonly x: readonly number[];
  readonly value: number;
}

/** How many events of each kind were applied. */
export interface Counters {
  /** Also the next candidate's id. */
  readonly asked: number;
  readonly told: number;
  readonly failed: number;
  readonly forgotten: number;
  readonly foreign: number;
}

/**
 * A whole search as plain JSON: `JSON.parse(JSON.stringify(state))` continues bit by bit like the state itself.
 * Never change one in place; arrays may be shared between states.
 */
export interface CmaState {
  readonly version: 1;
  readonly options: ResolvedOptions;
  readonly counters: Counters;
  readonly distribution: Distribution;
  /** In the order the results came; always shorter than the population size. */
  readonly buffer: readonly Member[];
  /** In the order they were asked. */
  readonly open: readonly OpenCandidate[];
  /** Points that the next asks hand out, first in line first. */
  readonly injected: readonly (readonly number[])[];
  /** Best and worst finite value of the latest updates, oldest first, for the stop reasons. */
  readonly recentValues: readonly (readonly [number, number])[];
  readonly best: BestResult | null;
}

/**
 * The state before the first event.
 * @throws CmaOptionsError when an option is out of its range
 */
export function createCmaState(options: CmaOptions): CmaState {
  const resolved = resolveOptions(options);
  const { dimension } = resolved;
  return {
    version: 1,
    options: resolved,
    counters: { asked: 0, told: 0, failed: 0, forgotten: 0, foreign: 0 },
    distribution: {
      generation: 0,
      mean: resolved.mean.map((value) => value + 0),
      sigma: resolved.sigma,
      covariance: packedIdentity(dimension),
      pathSigma: new Array<number>(dimension).fill(0),
      pathC: new Array<number>(dimension).fill(0),
    },
    buffer: [],
    open: [],
    injected: [],
    recentValues: [],
    best: null,
  };
}

function packedIdentity(size: number): number[] {
  const packed = new Array<number>(packedLength(size)).fill(0);
  for (let i = 0, k = 0; i < size; k += size - i, i++) packed[k] = 1;
  return packed;
}
