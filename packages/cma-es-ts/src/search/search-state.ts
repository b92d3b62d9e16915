import type { Hyperparameters } from '../gp/hyperparameters.js';
import { type CmaState, createCmaState } from '../state.js';
import type { Evaluation } from './objective.js';
import {
  type ResolvedSearchOptions,
  resolveSearchOptions,
  type SearchOptions,
} from './search-options.js';

/** One CMA-ES of a search. */
export interface Arm {
  readonly cma: CmaState;
  /** How many of its own samples have a result, failures included. */
  readonly counted: number;
  /** The latest λ of these, in the order they came; null is a failure. */
  readonly recent: readonly (number | null)[];
}

/** A proposal without a result. */
export interface OpenProposal {
  readonly id: number;
  readonly x: readonly number[];
  /** Whose sample it is; null for an injected point. */
  readonly arm: number | null;
  /** Its id there. */
  readonly candidate: number;
  /** Whether the surrogate chose it. */
  readonly isScreened: boolean;
  /** The loss that the surrogate expected; null where it said nothing. */
  readonly predicted: number | null;
}

/** A result. */
export interface SearchResult {
  /** The proposal's; −1, −2 … for foreign points, in the order they were told. */
  readonly id: number;
  readonly x: readonly number[];
  /** Null is a candidate failure. */
  readonly evaluation: Evaluation | null;
  /** Minimised; null with a failure. */
  readonly loss: number | null;
}

/** What the surrogate carries from one event to the next. */
export interface SurrogateState {
  /** One per component; empty before the first fit. */
  readonly models: readonly Hyperparameters[];
  /** How many results the latest fit saw. */
  readonly fittedTo: number;
  /** Of the latest plain samples: what was expected and what came. */
  readonly probes: readonly (readonly [expected: number, came: number])[];
}

/** A whole search as plain JSON; see `CmaState`. */
export interface SearchState {
  readonly version: 1;
  readonly options: ResolvedSearchOptions;
  readonly counters: {
    /** Also the next proposal's id. */
    readonly asked: number;
    readonly told: number;
    readonly failed: number;
    readonly forgotten: number;
    readonly foreign: number;
    /** Asked ones that the surrogate chose. */
    readonly screened: number;
  };
  readonly arms: readonly Arm[];
  /** Indexes of the arms that still search. */
  readonly live: readonly number[];
  /** In the order they were asked. */
  readonly open: readonly OpenProposal[];
  /** Points that the next asks hand out, first in line first. */
  readonly injected: readonly (readonly number[])[];
  /** Results of points nobody sampled, which wait for the first update of the last arm. */
  readonly known: readonly SearchResult[];
  /** In the order they came. */
  readonly history: readonly SearchResult[];
  readonly surrogate: SurrogateState;
}

/**
 * σ of a duo's centred arm, in units of the option's. It wins where the centre is good, and there a smaller first step is
 * better; where it is bad the informed arm wins.
 */
const CENTRED_SIGMA = 2 / 3;
/** Apart from the first arm's by so much that no user's neighbouring seeds meet it. */
const SECOND_SEED = 2 ** 40;

/**
 * The state before the first event.
 * @throws CmaOptionsError when an option is out of its range
 */
export function createSearchState(options: SearchOptions): SearchState {
  const resolved = resolveSearchOptions(options);
  const { seed, start, cma } = resolved;
  const arms =
    start === 'duo'
      ? [
          { seed, sigma: CENTRED_SIGMA * cma.sigma },
          { seed: (seed + SECOND_SEED) % 2 ** 53, sigma: cma.sigma },
        ]
      : [{ seed, sigma: cma.sigma }];
  return {
    version: 1,
    options: resolved,
    counters: { asked: 0, told: 0, failed: 0, forgotten: 0, foreign: 0, screened: 0 },
    arms: arms.map((own) => ({ cma: createCmaState({ ...cma, ...own }), counted: 0, recent: [] })),
    live: arms.map((_, index) => index),
    open: [],
    injected: [],
    known: [],
    history: [],
    surrogate: { models: [], fittedTo: 0, probes: [] },
  };
}
