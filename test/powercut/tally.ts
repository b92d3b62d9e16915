import type { Violation, ViolationKind } from './check-results.js';

/** Of one stage of the run. */
export interface Tally {
  cuts: number;
  /** Cuts with at least one violation. */
  bad: number;
  readonly violations: Record<ViolationKind, number>;
  /** Transactions lost by one cut, at most. */
  mostLost: number;
}

export const newTally = (): Tally => ({
  cuts: 0,
  bad: 0,
  violations: { lost: 0, half: 0, malformed: 0, stuck: 0, file: 0 },
  mostLost: 0,
});

/** Counts one cut; `tell` hears of its violations, `where` says how to find it again. */
export function countCut(
  tally: Tally,
  found: readonly Violation[],
  where: string,
  tell: (line: string) => void,
): void {
  tally.cuts += 1;
  if (found.length > 0) tally.bad += 1;
  for (const { kind, what, count = 0 } of found) {
    tally.violations[kind] += 1;
    tally.mostLost = Math.max(tally.mostLost, count);
    tell(`VIOLATION ${kind}: ${what} (${where})`);
  }
}
