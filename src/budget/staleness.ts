/** What it costs the search to propose before all results are in. */
import type { TrialId } from '../../activities/contracts.js';
import type { TrialRow } from '../store/rows.js';

/** Field names are stable: `status --json` prints it. */
export interface Staleness {
  /** Results that a candidate did not know when it was proposed: told between its ask and its own tell. */
  readonly mean: number;
  readonly max: number;
  /** Search trials that were counted. */
  readonly trials: number;
  /** Of these, so many came to their node before a slot was free there. */
  readonly prefetched: number;
  /**
   * Of all unknown results those that came while a prefetched trial waited for its slot, 0..1: what it
   * would have known had it been proposed when a slot was free.
   */
  readonly prefetchShare: number;
}

/** An event of the optimizer, as far as the order of asks and tells goes. */
export interface SearchEvent {
  readonly kind: 'ask' | 'tell';
  readonly trial: TrialId;
}

/** Undefined before a search trial was told. */
export function measureStaleness(
  events: readonly SearchEvent[],
  trials: readonly TrialRow[],
): Staleness | undefined {
  const rows = new Map(trials.map((row) => [row.trial, row]));
  const tellsAtAsk = new Map<TrialId, number>();
  const tellTimes: number[] = [];
  let [tells, sum, max, counted, prefetched, waited] = [0, 0, 0, 0, 0, 0];
  for (const { kind, trial } of events) {
    if (kind === 'ask') {
      tellsAtAsk.set(trial, tells);
      continue;
    }
    const row = rows.get(trial);
    const asked = tellsAtAsk.get(trial);
    if (asked !== undefined) {
      const unknown = tells - asked;
      [sum, max, counted] = [sum + unknown, Math.max(max, unknown), counted + 1];
      if (row?.isPrefetched === true) {
        prefetched += 1;
        waited += Math.min(unknown, countDuringWait(row, tellTimes));
      }
    }
    tells += 1;
    tellTimes.push(row?.endedAt === undefined ? Number.NaN : Date.parse(row.endedAt));
  }
  if (counted === 0) return undefined;
  return {
    ...{ mean: sum / counted, max, trials: counted, prefetched },
    prefetchShare: sum === 0 ? 0 : waited / sum,
  };
}

/** Tells between its proposal and the time at which it would have begun with a slot that was free. */
function countDuringWait(row: TrialRow, tellTimes: readonly number[]): number {
  const { proposedAt, endedAt, mergeSeconds = 0, evaluateSeconds = 0 } = row;
  const from = Date.parse(proposedAt);
  const until = Date.parse(endedAt ?? '') - (mergeSeconds + evaluateSeconds) * 1000;
  return tellTimes.filter((time) => time > from && time <= until).length;
}
