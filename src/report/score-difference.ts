import type { Split } from '../evaluation/plan.js';
import type { ScoredModel } from './scored-model.js';

export interface ScoreDifference {
  readonly difference: number;
  /**
   * As if the two were scored on different documents. They share them, which mostly makes the true
   * error smaller; `compare` computes that one.
   */
  readonly stderr?: number;
}

/** Fitness of `other` − that of `model` on one split; undefined where either has none. */
export function differenceTo(
  model: ScoredModel | undefined,
  other: ScoredModel | undefined,
  split: Split,
): ScoreDifference | undefined {
  const from = model?.[split];
  const to = other?.[split];
  if (from === undefined || to === undefined) return undefined;
  const difference = to.fitness - from.fitness;
  if (from.stderr === undefined || to.stderr === undefined) return { difference };
  return { difference, stderr: Math.hypot(from.stderr, to.stderr) };
}
