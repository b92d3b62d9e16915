import type { Evaluation } from './objective.js';

/** A proposed point. */
export interface Proposal {
  /** 0, 1, 2 … in the order of asking; never used twice. */
  readonly id: number;
  /** n numbers in [0, 1]: evaluate exactly this point. Shared with the state: never change it. */
  readonly x: readonly number[];
  /** `sampled` from the distribution, `screened`: the sample of several that the surrogate chose, or `injected`. */
  readonly source: 'sampled' | 'screened' | 'injected';
}

/** Everything that can happen to a search. A state is the fold of its events. */
export type SearchEvent =
  | { readonly kind: 'ask' }
  | ({ readonly kind: 'tell'; readonly id: number } & Evaluation)
  /** The point itself is bad: it counts, ranked worst. */
  | { readonly kind: 'fail'; readonly id: number }
  /** The machine is to blame: it does not count. */
  | { readonly kind: 'forget'; readonly id: number }
  /** `x` is handed out by the next ask; several wait in line. */
  | { readonly kind: 'inject'; readonly x: readonly number[] }
  /** `x` was evaluated elsewhere. */
  | ({ readonly kind: 'foreign'; readonly x: readonly number[] } & Evaluation);
