/** When a search first has a model that is so good on the confirm split. */
import type { MergeOrder, WarmScorer } from '../warm-scorer.js';

export interface ScoredTrial {
  /** Number, from 1. */
  readonly trial: number;
  /** On the search split. */
  readonly score: number;
  readonly merge: MergeOrder;
}

export interface ConfirmedTrial<Trial extends ScoredTrial> {
  readonly trial: Trial;
  readonly confirmScore: number;
}

/**
 * The trials that were the best of their search when they ended, each scored on the confirm split;
 * never empty, the last one is the search's best.
 * @param side for the lines that are printed
 */
export async function confirmBestSoFar<Trial extends ScoredTrial>(
  side: string,
  trials: readonly Trial[],
  scorer: WarmScorer,
): Promise<ConfirmedTrial<Trial>[]> {
  const confirmed: ConfirmedTrial<Trial>[] = [];
  let best = -Infinity;
  for (const trial of trials) {
    if (trial.score <= best) continue;
    best = trial.score;
    const { score: confirmScore } = await scorer.scoreOnConfirm(trial.merge);
    confirmed.push({ trial, confirmScore });
    console.log(
      `${side}: best so far is trial ${trial.trial}, search ${trial.score.toFixed(4)}, confirm ${confirmScore.toFixed(4)}`,
    );
  }
  return confirmed;
}

/** The first one that confirms at `score` or more. */
export function findReached<Trial extends ScoredTrial>(
  confirmed: readonly ConfirmedTrial<Trial>[],
  score: number,
): Trial | undefined {
  return confirmed.find(({ confirmScore }) => confirmScore >= score)?.trial;
}
