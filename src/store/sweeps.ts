import type { SweepState } from '../../activities/contracts.js';
import type { CostEstimates } from '../budget/cost.js';
import type { FailureClass } from '../errors.js';
import type { Connection } from './connection.js';

export interface NewSweep {
  readonly name: string;
  readonly specText: string;
  readonly specPath: string;
  /** See src/spec/pinned-spec.ts; left out where the file is too long for it. */
  readonly pinnedSpec?: string | undefined;
  readonly specHash: string;
  readonly maxTrials: number;
  readonly createdAt: string;
}

export function insertSweep(db: Connection, sweep: NewSweep): void {
  db.prepare(
    `INSERT INTO sweeps (name, spec_text, spec_path, spec_hash, pinned_spec, state, max_trials, created_at)
     VALUES (@name, @specText, @specPath, @specHash, @pinnedSpec, 'running', @maxTrials, @createdAt)`,
  ).run({ ...sweep, pinnedSpec: sweep.pinnedSpec ?? null });
}

/** The file may lie in another folder now, carry other comments, or have been edited. */
export function setSpec(db: Connection, sweep: Omit<NewSweep, 'createdAt'>): void {
  db.prepare(
    `UPDATE sweeps SET spec_text = @specText, spec_path = @specPath, spec_hash = @specHash,
       pinned_spec = @pinnedSpec, max_trials = @maxTrials WHERE name = @name`,
  ).run({ ...sweep, pinnedSpec: sweep.pinnedSpec ?? null });
}

/** @param reason why it is paused; left out otherwise */
export function setSweepState(
  db: Connection,
  name: string,
  state: SweepState,
  { reason, finishedAt }: { readonly reason?: string; readonly finishedAt?: string } = {},
): void {
  db.prepare('UPDATE sweeps SET state = ?, reason = ?, finished_at = ? WHERE name = ?').run(
    state,
    reason ?? null,
    finishedAt ?? null,
    name,
  );
}

/** Counts one more failure of `failureClass` and returns how many there were in a row. */
export function lengthenStreak(db: Connection, name: string, failureClass: FailureClass): number {
  return Number(
    db
      .prepare(
        `UPDATE sweeps SET streak = CASE WHEN streak_class = @class THEN streak + 1 ELSE 1 END,
           streak_class = @class WHERE name = @name RETURNING streak`,
      )
      .pluck()
      .get({ name, class: failureClass }),
  );
}

/** What the sweep is from now on, as `setSpec` sets it together with its text. */
export function setPinnedSpec(db: Connection, name: string, pinnedSpec: string): void {
  db.prepare('UPDATE sweeps SET pinned_spec = ? WHERE name = ?').run(pinnedSpec, name);
}

/** @param reason why there are no more candidates; undefined: there may be again */
export function setSearchEnded(db: Connection, name: string, reason: string | undefined): void {
  db.prepare('UPDATE sweeps SET search_ended = ? WHERE name = ?').run(reason ?? null, name);
}

/** What is expected of a trial of each kind; the first that is told stays. */
export function setEstimate(db: Connection, name: string, estimate: CostEstimates): void {
  db.prepare('UPDATE sweeps SET estimate = ? WHERE name = ? AND estimate IS NULL').run(
    JSON.stringify(estimate),
    name,
  );
}

export function endStreak(db: Connection, name: string): void {
  db.prepare('UPDATE sweeps SET streak = 0, streak_class = NULL WHERE name = ?').run(name);
}

/** @param parents SHA-256 of base and parents by label */
export function pinParents(
  db: Connection,
  name: string,
  parents: Readonly<Record<string, string>>,
): void {
  db.prepare('UPDATE sweeps SET parents = ? WHERE name = ?').run(JSON.stringify(parents), name);
}
