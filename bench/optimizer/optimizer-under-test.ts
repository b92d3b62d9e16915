/** What the benchmark drives: our optimizers and the recorded trials of the peers, behind one interface. */
import type { BenchFunction } from './functions.js';

export type TrialOutcome =
  | {
      /** Minimised. */
      readonly value: number;
      /** Per task, of a merge; the general task, which the gate is on, comes last. */
      readonly accuracies?: readonly number[];
    }
  | { readonly failed: true };

export interface SearchUnderTest {
  /** The next point to measure, in [0, 1]^d; any number may be open. */
  ask(): { readonly id: number; readonly x: readonly number[] };
  /** Reports a point that was asked, in any order. */
  tell(id: number, outcome: TrialOutcome): void;
  /**
   * What it would measure again before it ships one, best first: the first is what it ships without that.
   * @returns at most k points
   */
  finalists(k: number): readonly (readonly number[])[];
}

/**
 * @param seed of the search; the benchmark takes the instance's number
 * @param budget in trials
 */
export type MakeSearch = (f: BenchFunction, seed: number, budget: number) => SearchUnderTest;
