import type { Candidate } from '../space/search-space.js';

/** One row of `optimizer_events`: the sampler's state is a fold over these, in order. */
export type OptimizerEvent =
  | { readonly kind: 'ask'; readonly trial: string }
  | { readonly kind: 'tell'; readonly trial: string; readonly fitness: number }
  | { readonly kind: 'fail'; readonly trial: string }
  | { readonly kind: 'forget'; readonly trial: string }
  | { readonly kind: 'inject'; readonly trial: string; readonly vector: readonly number[] }
  | {
      readonly kind: 'foreign';
      readonly trial: string;
      readonly vector: readonly number[];
      readonly fitness: number;
    };

/** A search algorithm. Deterministic: the same events give the same candidates, bit for bit. */
export interface Sampler {
  /** Applies one event; `ask` returns the candidate of that trial. `fitness` is maximised. */
  apply(event: OptimizerEvent): Candidate | undefined;
  /** Plain data, versioned, bit-exact over JSON. */
  toJSON(): unknown;
  /** For `status`: σ, generation, axis ratio. */
  diagnostics(): Readonly<Record<string, number>>;
}
