/** What the user's orders change in the ledger, and what they have to know of it. */
import type { TrialId } from '../../activities/contracts.js';
import type { Connection } from './connection.js';

export function setHeld(db: Connection, sweep: string, isHeld: boolean): void {
  db.prepare('UPDATE sweeps SET is_held = ? WHERE name = ?').run(Number(isHeld), sweep);
}

/** Search trials in all, as extended since; 0 of a sweep that is not there. */
export function readBudget(db: Connection, sweep: string): number {
  return Number(db.prepare('SELECT max_trials FROM sweeps WHERE name = ?').pluck().get(sweep) ?? 0);
}

export function setBudget(db: Connection, sweep: string, maxTrials: number): void {
  db.prepare('UPDATE sweeps SET max_trials = ? WHERE name = ?').run(maxTrials, sweep);
}

/** Puts a trial that has no scores back in line under its number; a failure stays on record. */
export function putBackInLine(db: Connection, sweep: string, trial: TrialId): void {
  db.prepare(
    `UPDATE trials SET state = 'proposed', handed_out = 0, failure = NULL, node = NULL,
       attempt = NULL, ended_at = NULL
     WHERE sweep = ? AND trial = ? AND state IN ('failed', 'cancelled')`,
  ).run(sweep, trial);
}

/**
 * Whether the optimizer has closed the trial already: one that failed and was put back in line. What
 * comes of it now is of a point that was not asked for.
 */
export function isClosedToOptimizer(db: Connection, sweep: string, trial: TrialId): boolean {
  return (
    db
      .prepare(
        `SELECT 1 WHERE EXISTS (SELECT 1 FROM failures WHERE sweep = @sweep AND trial = @trial)
           AND EXISTS (SELECT 1 FROM optimizer_events
             WHERE sweep = @sweep AND trial = @trial AND kind IN ('tell', 'fail', 'forget'))`,
      )
      .get({ sweep, trial }) !== undefined
  );
}

/** Points that were injected, and how many of them no candidate was made of yet. */
export function countInjections(
  db: Connection,
  sweep: string,
): { readonly all: number; readonly waiting: number } {
  const kinds = db
    .prepare(
      `SELECT kind FROM optimizer_events WHERE sweep = ? AND kind IN ('ask', 'inject')
       ORDER BY sequence`,
    )
    .pluck()
    .all(sweep) as ('ask' | 'inject')[];
  let [all, waiting] = [0, 0];
  for (const kind of kinds) {
    if (kind === 'inject') all += 1;
    // The next candidate is the one that waits longest.
    waiting = kind === 'inject' ? waiting + 1 : Math.max(0, waiting - 1);
  }
  return { all, waiting };
}
