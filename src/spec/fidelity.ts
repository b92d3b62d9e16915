/** How many documents a trial is scored on, step by step. */
import type { SweepFile } from './schema.js';

export interface Fidelity {
  /** Ascending shares of each eval task's documents; at least two, the last is 1. */
  readonly rungs: readonly number[];
  /** So many of a rung's last results are compared. */
  readonly window: number;
  /** Of the shuffling of documents. */
  readonly seed: number;
}

/** Default rungs: measured in `npm run bench -- fidelity`. */
const defaultRungs = { 'rank-then-confirm': [0.1, 1], race: [0.1, 0.3, 1] } as const;

/** Undefined where every trial is scored on all documents. */
export function resolveFidelity(
  file: Pick<SweepFile, 'fidelity' | 'optimizer'>,
): Fidelity | undefined {
  const { strategy, rungs, window, seed } = file.fidelity;
  if (strategy === 'off') return undefined;
  return {
    rungs: rungs ?? defaultRungs[strategy],
    window,
    seed: seed ?? file.optimizer.seed,
  };
}
