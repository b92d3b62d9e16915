import { type Finalist, finalists } from './finalists.js';
import type { Evaluation } from './objective.js';
import { parseSearchState } from './parse-search-state.js';
import type { Proposal, SearchEvent } from './search-events.js';
import type { SearchOptions } from './search-options.js';
import { createSearchState, type SearchState } from './search-state.js';
import { searchStep, type SearchStepResult } from './search-step.js';

/** What came of a proposal: one number, or one per component of the objective. */
export type Told =
  number | { readonly values: readonly number[]; readonly errors?: readonly number[] };

/**
 * The search for few, expensive and noisy evaluations: CMA-ES started from what is known, a surrogate that chooses among
 * its samples, and finalists. Everything it does is `searchStep`.
 */
export class Search {
  #state: SearchState;

  /** @throws CmaOptionsError when an option is out of its range */
  constructor(options: SearchOptions) {
    this.#state = createSearchState(options);
  }

  /** The whole search as plain JSON. Not a copy: never change it. */
  get state(): SearchState {
    return this.#state;
  }

  /** The next point to evaluate. Always answers, however many proposals are open. */
  ask(): Proposal {
    const { proposal } = this.#apply({ kind: 'ask' });
    if (proposal === undefined) throw new Error('bug in cma-es-ts: ask gave no proposal');
    return proposal;
  }

  /**
   * Reports what an evaluation gave, which is minimised. Any order will do.
   *
   * @returns false, and nothing changes, when the id was told, failed or forgotten before
   * @throws CmaEventError when the id was never asked or a value is not finite
   */
  tell(id: number, told: Told): boolean {
    return this.#apply({ kind: 'tell', id, ...toEvaluation(told) }).applied;
  }

  /** Reports that the point itself is bad: it counts, ranked worst. Returns and throws as `tell`. */
  fail(id: number): boolean {
    return this.#apply({ kind: 'fail', id }).applied;
  }

  /** Gives a proposal up for reasons that are not its own: it does not count. Returns and throws as `tell`. */
  forget(id: number): boolean {
    return this.#apply({ kind: 'forget', id }).applied;
  }

  /**
   * Puts a point in line that may be good: the next ask hands it out.
   *
   * @param x n numbers in [0, 1]
   * @throws CmaEventError when it is not that
   */
  inject(x: readonly number[]): void {
    this.#apply({ kind: 'inject', x });
  }

  /**
   * Counts a result that was found elsewhere.
   *
   * @param x n numbers in [0, 1]
   * @throws CmaEventError when it is not that, or a value is not finite
   */
  tellForeign(x: readonly number[], told: Told): void {
    this.#apply({ kind: 'foreign', x, ...toEvaluation(told) });
  }

  /** At most k results that deserve to be measured again, best first; the first is what to ship without that. */
  finalists(k: number): Finalist[] {
    return finalists(this.#state, k);
  }

  /** The state, for `JSON.stringify`. */
  toJSON(): SearchState {
    return this.#state;
  }

  /**
   * Continues from a state, bit by bit as if it had never stopped.
   *
   * @param state what `JSON.parse` gave, or a SearchState
   * @throws CmaStateError when it is not a state that this version wrote
   */
  static fromJSON(state: unknown): Search {
    const parsed = parseSearchState(state);
    const search = new Search({ dimension: parsed.options.dimension, seed: parsed.options.seed });
    search.#state = parsed;
    return search;
  }

  #apply(event: SearchEvent): SearchStepResult {
    const result = searchStep(this.#state, event);
    this.#state = result.state;
    return result;
  }
}

function toEvaluation(told: Told): Evaluation {
  if (typeof told === 'number') return { values: [told], errors: null };
  return { values: told.values, errors: told.errors ?? null };
}
