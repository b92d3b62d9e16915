import type { Candidate } from '../space/search-space.js';

/** What a trial scored on one task of the plan, as far as a search wants to know it. */
export interface TaskOutcome {
  /** As lm-eval reported it. */
  readonly value: number;
  /** Standard error of the value, ≥ 0; absent where it is not known. */
  readonly error?: number;
  readonly direction: 'maximize' | 'minimize';
  /** In the fitness, 0..1; all tasks' shares sum to 1. */
  readonly share: number;
}

/** What came of a point: maximised, and the same task by task in the order of the plan. */
export interface Outcome {
  readonly fitness: number;
  /** Absent in events of versions that did not record it. */
  readonly tasks?: readonly TaskOutcome[];
}

/** One row of `optimizer_events`: the sampler's state is a fold over these, in order. */
export type OptimizerEvent =
  | { readonly kind: 'ask'; readonly trial: string }
  | ({ readonly kind: 'tell'; readonly trial: string } & Outcome)
  | { readonly kind: 'fail'; readonly trial: string }
  | { readonly kind: 'forget'; readonly trial: string }
  /** The next ask hands `vector` out; several wait in line. */
  | { readonly kind: 'inject'; readonly trial: string; readonly vector: readonly number[] }
  /** A point that was not asked for has a result. */
  | ({
      readonly kind: 'foreign';
      readonly trial: string;
      readonly vector: readonly number[];
    } & Outcome);

/** What `status` shows of a search, by names that stay: numbers, and words where a number says less. */
export type Diagnostics = Readonly<Record<string, number | string>>;

/** A search algorithm. Deterministic: the same events give the same candidates, bit for bit. */
export interface Sampler {
  /** Applies one event; `ask` returns the candidate of that trial. `fitness` is maximised. */
  apply(event: OptimizerEvent): Candidate | undefined;
  /**
   * Trials that were told, those first that deserve to be measured again: by what the search
   * believes of them, where it believes anything, and by what they scored.
   */
  finalists(): string[];
  /** Plain data, versioned, bit-exact over JSON. */
  toJSON(): SamplerState;
  /** For `status`: σ, generation, axis ratio, … */
  diagnostics(): Diagnostics;
}

/** Plain JSON. The version changes with the search: another one could not go on with it. */
export interface SamplerState {
  readonly version: number;
}
