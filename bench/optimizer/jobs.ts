/** What is done in the benchmark's own processes (`run-jobs.ts`), a line each. */
import type { Regret } from './regret.js';
import type { WorkersResult } from './simulate-workers.js';

export interface OptimumJob {
  readonly kind: 'optimum';
  readonly spec: string;
  readonly instance: number;
}

export interface SearchJob {
  readonly kind: 'search';
  /** A name in `searches`. */
  readonly optimizer: string;
  readonly spec: string;
  /** The search's seed too. */
  readonly instance: number;
  readonly batch: number;
  readonly budget: number;
  readonly optimum: number;
}

export interface WorkersJob {
  readonly kind: 'workers';
  readonly optimizer: string;
  /** Whether a generation waits for the last of the one before. */
  readonly hasBarrier: boolean;
  readonly spec: string;
  /** The seed of the search and of the durations too. */
  readonly instance: number;
  readonly workers: number;
  readonly sigmaLn: number;
  readonly trials: number;
  /** A true value. */
  readonly target: number;
}

export interface SearchAnswer {
  readonly regrets: readonly Regret[];
  /** Of the whole run, the function's values included. */
  readonly seconds: number;
}

export interface OptimumAnswer {
  readonly value: number;
}

export type Job = OptimumJob | SearchJob | WorkersJob;

/** What is answered to each kind of job. */
export interface Answers {
  readonly optimum: OptimumAnswer;
  readonly search: SearchAnswer;
  readonly workers: WorkersResult;
}
