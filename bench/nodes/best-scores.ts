/** How good what a search found is, by the stand-in's true scores: pure. */
import type { Interval } from './timeline.js';

export interface BestScores {
  /** Of the best candidate tried. */
  readonly tried: number;
  /** Of the one that measured best. */
  readonly measuredBest: number;
  /** Of the best of the five that measured best: as many are measured again before one ships. */
  readonly ofFive: number;
}

const finalists = 5;

/** @param evaluations that ended; 0 where there is none */
export function findBestScores(evaluations: readonly Interval[]): BestScores {
  const real = [...evaluations]
    .filter((each) => each.true !== undefined)
    .sort((a, b) => (b.measured ?? 0) - (a.measured ?? 0))
    .map((each) => each.true ?? 0);
  return {
    tried: Math.max(0, ...real),
    measuredBest: real[0] ?? 0,
    ofFive: Math.max(0, ...real.slice(0, finalists)),
  };
}
