/** Which trials a sweep has still to run, as far as that can be told. */
import type { TrialKind } from '../../activities/contracts.js';
import { resolveFidelity } from '../spec/fidelity.js';
import type { SweepFile } from '../spec/schema.js';

export type KindCounts = Readonly<Record<TrialKind, number>>;

export interface SweepStage {
  /** Trials of each kind so far, whatever their end. */
  readonly proposed: KindCounts;
  /** Search trials in all, as extended since. */
  readonly maxTrials: number;
  /** There are no more candidates, whatever `maxTrials` says. */
  readonly isSearchOver: boolean;
}

/** Trials that are yet to be proposed: candidates, promotions that must come, confirmations. */
export function countToCome(
  file: Pick<SweepFile, 'tasks' | 'optimizer' | 'fidelity'>,
  { proposed, maxTrials, isSearchOver }: SweepStage,
): KindCounts {
  const hasConfirmations = proposed.confirm > 0;
  const search = isSearchOver || hasConfirmations ? 0 : Math.max(0, maxTrials - proposed.search);
  const candidates = Math.max(1, proposed.search + search);
  const isToConfirm = file.tasks.confirm.length > 0 && !hasConfirmations;
  // The best of each rung goes up at the end in any case.
  const rungs = resolveFidelity(file)?.rungs.length ?? 1;
  return {
    baseline: 0,
    search,
    promotion: hasConfirmations ? 0 : rungs - 1,
    confirm: isToConfirm ? Math.min(file.optimizer.finalists, candidates) + proposed.baseline : 0,
  };
}
