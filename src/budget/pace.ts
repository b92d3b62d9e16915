/** How fast slots take one trial after the other, from the trials that they have ended. */
import type { TrialKind } from '../../activities/contracts.js';
import type { TrialRow } from '../store/rows.js';
import { measure, trialKinds, type MeasuredCost, type MeasuredCosts } from './cost.js';

export interface Pace {
  /** Seconds from one end to the next on the same slot, by the later one's kind. */
  readonly cycles: MeasuredCosts;
  /** Slots that ended one of the latest trials, ≥ 1. */
  readonly slots: number;
}

/** A slot that ended none of so many is gone. */
const latest = 32;
/** So many times the median between two ends is a pause, not a trial. */
const pauseFactor = 5;
/** From fewer than this the trials' own seconds tell more. */
const fewestGaps = 3;

type Ended = Pick<
  TrialRow,
  'kind' | 'state' | 'node' | 'slot' | 'endedAt' | 'mergeSeconds' | 'evaluateSeconds'
>;

/** Undefined before the first trial was scored. */
export function readPace(trials: readonly Ended[]): Pace | undefined {
  const scored = trials
    .flatMap((trial) => {
      const endedMs = trial.endedAt === undefined ? Number.NaN : Date.parse(trial.endedAt);
      return trial.state === 'complete' && Number.isFinite(endedMs) ? [{ ...trial, endedMs }] : [];
    })
    .sort((a, b) => a.endedMs - b.endedMs);
  if (scored.length === 0) return undefined;
  const slotOf = ({ node = '', slot = '' }: Ended): string => `${node} ${slot}`;
  const before = new Map<string, number>();
  const gaps: { readonly kind: TrialKind; readonly seconds: number }[] = [];
  for (const trial of scored) {
    const last = before.get(slotOf(trial));
    if (last !== undefined) gaps.push({ kind: trial.kind, seconds: (trial.endedMs - last) / 1000 });
    before.set(slotOf(trial), trial.endedMs);
  }
  const usual = medianOf(gaps.map(({ seconds }) => seconds));
  const working = gaps.filter(({ seconds }) => seconds <= pauseFactor * usual);
  const cycles: Partial<Record<TrialKind, MeasuredCost>> = {};
  for (const kind of trialKinds) {
    const between = working.flatMap((gap) => (gap.kind === kind ? [gap.seconds] : []));
    const own = scored.flatMap((trial) =>
      trial.kind === kind && trial.evaluateSeconds !== undefined
        ? [(trial.mergeSeconds ?? 0) + trial.evaluateSeconds]
        : [],
    );
    const isOfGaps = between.length >= fewestGaps || own.length === 0;
    const measured = measure(isOfGaps ? between : own);
    if (measured !== undefined) cycles[kind] = measured;
  }
  return { cycles, slots: new Set(scored.slice(-latest).map(slotOf)).size };
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
