/** What the slots of a system that is compared did. */
import { type BestScores, findBestScores } from './best-scores.js';
import { busyShare, listIntervals, type TimelineEvent } from './timeline.js';

export interface PeerResult {
  /** From the start of its first merge to the end of its last evaluation. */
  readonly wallSeconds: number;
  /** Of the slots, until the last trial is started. */
  readonly busyShare: number;
  readonly best: BestScores;
  readonly trials: number;
}

export function summarizePeer(events: readonly TimelineEvent[], slots: number): PeerResult {
  const evaluations = listIntervals(events, 'evaluate').filter((each) => each.true !== undefined);
  const merges = listIntervals(events, 'merge').map(({ start }) => start);
  const [first, last] = [Math.min(...merges), Math.max(...merges)];
  return {
    wallSeconds: Math.max(...evaluations.map(({ end = 0 }) => end)) - first,
    busyShare: busyShare(evaluations, slots, first, last),
    best: findBestScores(evaluations),
    trials: evaluations.length,
  };
}
