/** A proposed point. */
export interface Candidate {
  /** 0, 1, 2 … in the order of asking; never used twice. */
  readonly id: number;
  /** n numbers in [0, 1], already repaired: evaluate exactly this point. Shared with the state: never change it. */
  readonly x: readonly number[];
  /** How many updates the distribution had seen when the candidate was made. */
  readonly generation: number;
}

/** How the evaluation of a candidate ended. */
export type TellOutcome =
  | {
      /** Minimised; finite. */
      readonly value: number;
    }
  | {
      /**
       * `candidate`: the point itself is bad (a merge of NaN); it counts and is ranked worst.
       * `infrastructure`: the machine is to blame (out of memory, lost worker); it does not count.
       */
      readonly failed: 'candidate' | 'infrastructure';
    };

/** Everything that can happen to a search. A state is the fold of its events. */
export type CmaEvent =
  /**
   * `attempt`, an integer in [0, 2^32) and 0 by default, chooses among the draws of the next candidate: each is
   * another, independent sample of the same distribution. It changes nothing while an injected point waits.
   */
  | { readonly kind: 'ask'; readonly attempt?: number }
  | { readonly kind: 'tell'; readonly id: number; readonly value: number }
  | { readonly kind: 'fail'; readonly id: number }
  | { readonly kind: 'forget'; readonly id: number }
  /** `x` is handed out by the next ask; several wait in line. */
  | { readonly kind: 'inject'; readonly x: readonly number[] }
  /** `x` was evaluated elsewhere, and counts as a length-clipped member of the current buffer. */
  | { readonly kind: 'foreign'; readonly x: readonly number[]; readonly value: number };

/** The event that reports an outcome. */
export function outcomeEvent(id: number, outcome: TellOutcome): CmaEvent {
  if ('value' in outcome) return { kind: 'tell', id, value: outcome.value };
  return { kind: outcome.failed === 'candidate' ? 'fail' : 'forget', id };
}
