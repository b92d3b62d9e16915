/** What the slots of a system that is compared did. */
import { busyShare, listIntervals, type TimelineEvent } from './timeline.js';

export interface PeerResult {
  /** From the start of its first merge to the end of its last evaluation. */
  readonly wallSeconds: number;
  /** Of the slots, until the last trial is started. */
  readonly busyShare: number;
  /** True score of the best candidate tried, and of the one that measured best. */
  readonly bestTrue: number;
  readonly shippedTrue: number;
  readonly trials: number;
}

export function summarizePeer(events: readonly TimelineEvent[], slots: number): PeerResult {
  const evaluations = listIntervals(events, 'evaluate').filter((each) => each.true !== undefined);
  const merges = listIntervals(events, 'merge').map(({ start }) => start);
  const [first, last] = [Math.min(...merges), Math.max(...merges)];
  const shipped = evaluations.toSorted((a, b) => (b.measured ?? 0) - (a.measured ?? 0))[0];
  return {
    wallSeconds: Math.max(...evaluations.map(({ end = 0 }) => end)) - first,
    busyShare: busyShare(evaluations, slots, first, last),
    bestTrue: Math.max(...evaluations.map((each) => each.true ?? 0)),
    shippedTrue: shipped?.true ?? 0,
    trials: evaluations.length,
  };
}
