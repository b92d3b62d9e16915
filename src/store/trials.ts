import type {
  RunTrialInput,
  RunTrialResult,
  TrialId,
  TrialKind,
  TrialLease,
  TrialOutcome,
} from '../../activities/contracts.js';
import type { PackedEvalReport } from '../evaluation/eval-report.js';
import { failureClasses, failureOwner, type TrialFailure } from '../errors.js';
import { addLink } from './chain.js';
import type { Connection } from './connection.js';
import type { TrialRow } from './rows.js';
import { insertReport } from './scores.js';
import { toTrialRow, type StoredTrial } from './stored-rows.js';

export type NewTrial = Pick<TrialRow, 'input' | 'proposedAt'> &
  Partial<Pick<TrialRow, 'label' | 'confirms' | 'promotes' | 'rung' | 'params' | 'vector'>>;

/** Adds a trial at the end of its sweep's order; it is not handed out yet. */
export function insertTrial(db: Connection, trial: NewTrial): void {
  const { input } = trial;
  db.prepare(
    `INSERT INTO trials
       (sweep, trial, kind, ordinal, label, confirms, promotes, rung, state, params, vector, input, proposed_at)
     VALUES (@sweep, @trial, @kind,
       1 + (SELECT coalesce(max(ordinal), 0) FROM trials WHERE sweep = @sweep),
       @label, @confirms, @promotes, @rung, 'proposed', @params, @vector, @input, @proposedAt)`,
  ).run({
    sweep: input.sweep,
    trial: input.trial,
    kind: input.kind,
    label: trial.label ?? null,
    confirms: trial.confirms ?? null,
    promotes: trial.promotes ?? null,
    rung: trial.rung ?? null,
    params: toJson(trial.params),
    vector: toJson(trial.vector),
    input: JSON.stringify(input),
    proposedAt: trial.proposedAt,
  });
}

/** Trials that wait to be handed out (or were, and have not ended), by ordinal. */
export function listProposed(db: Connection, sweep: string, isHandedOut: boolean): TrialRow[] {
  const rows = db
    .prepare(
      `SELECT * FROM trials WHERE sweep = ? AND state = 'proposed' AND handed_out = ?
       ORDER BY ordinal`,
    )
    .all(sweep, Number(isHandedOut));
  return (rows as StoredTrial[]).map(toTrialRow);
}

/** @param lease what is set aside for it; left out without a cap */
export function markHandedOut(
  db: Connection,
  sweep: string,
  trial: TrialId,
  { at, lease }: { readonly at: string; readonly lease?: TrialLease | undefined },
): void {
  db.prepare(
    `UPDATE trials SET handed_out = 1, started_at = ?, lease = ?
     WHERE sweep = ? AND trial = ? AND state = 'proposed'`,
  ).run(at, toJson(lease), sweep, trial);
}

/** Adds what an end of the trial has cost to what it cost before; call it before the trial is ended. */
export function chargeTrial(
  db: Connection,
  sweep: string,
  trial: TrialId,
  gpuSeconds: number,
): void {
  db.prepare(
    `UPDATE trials SET gpu_seconds = coalesce(gpu_seconds, 0) + ?
     WHERE sweep = ? AND trial = ? AND state = 'proposed'`,
  ).run(gpuSeconds, sweep, trial);
}

/** For trials that have not ended: their paths are relative to a folder that may have moved. */
export function setTrialInput(db: Connection, input: RunTrialInput): void {
  db.prepare(
    `UPDATE trials SET input = ? WHERE sweep = ? AND trial = ? AND state = 'proposed'`,
  ).run(JSON.stringify(input), input.sweep, input.trial);
}

/** Ends a proposed trial as complete, with its scores: from now on neither changes. */
export function completeTrial(
  db: Connection,
  sweep: string,
  trial: TrialId,
  {
    result,
    report = result.report,
    fitness,
    at,
  }: {
    readonly result: RunTrialResult;
    /** What is stored of it. @default the result's own */
    readonly report?: PackedEvalReport;
    readonly fitness: number;
    readonly at: string;
  },
): void {
  db.prepare(
    `UPDATE trials SET state = 'complete', fitness = @fitness, node = @node, attempt = @attempt,
       merge_seconds = @merge, evaluate_seconds = @evaluate, checkpoint_sha256 = @sha256,
       checkpoint_files = @files,
       device_class = @deviceClass, versions = @versions, task_hashes = @taskHashes,
       task_versions = @taskVersions, work_dir = @workDir, mode = @mode, mode_reason = @modeReason,
       leaf_counts = @leafCounts, is_prefetched = @isPrefetched, slot = @slot,
       merge_wait_seconds = @mergeWait, slot_wait_seconds = @slotWait, ended_at = @at
     WHERE sweep = @sweep AND trial = @trial AND state = 'proposed'`,
  ).run({
    sweep,
    trial,
    fitness,
    at,
    node: result.node,
    attempt: result.attempt,
    // A clock that was set back in between can make them negative.
    merge: Math.max(0, result.seconds.merge),
    evaluate: Math.max(0, result.seconds.evaluate),
    sha256: result.checkpoint?.sha256 ?? null,
    files: toJson(result.checkpoint?.files),
    deviceClass: result.deviceClass,
    versions: JSON.stringify(result.versions),
    taskHashes: JSON.stringify(result.report.taskHashes),
    taskVersions: JSON.stringify(result.report.taskVersions),
    workDir: result.workDir,
    mode: result.mode ?? null,
    modeReason: result.modeReason ?? null,
    leafCounts: toJson(result.report.leafCounts),
    isPrefetched: result.isPrefetched === undefined ? null : Number(result.isPrefetched),
    slot: result.slot ?? null,
    mergeWait: result.waitSeconds === undefined ? null : Math.max(0, result.waitSeconds.merge),
    slotWait: result.waitSeconds === undefined ? null : Math.max(0, result.waitSeconds.slot),
  });
  insertReport(db, sweep, trial, report);
  addLink(db, sweep, 'trial', trial);
}

/** Ends a proposed trial as failed, and keeps the failure also beyond a later new start. */
export function failTrial(
  db: Connection,
  sweep: string,
  trial: TrialId,
  { failure, at }: { failure: TrialFailure; at: string },
): void {
  const { earlier = [], ...last } = failure;
  db.prepare(
    `UPDATE trials SET state = 'failed', failure = ?, node = ?, attempt = ?, ended_at = ?
     WHERE sweep = ? AND trial = ? AND state = 'proposed'`,
  ).run(JSON.stringify(last), failure.node ?? null, failure.attempt, at, sweep, trial);
  recordFailures(db, sweep, trial, { failures: [...earlier, last], at });
}

/** Keeps how attempts at a trial ended, whatever came of it. */
export function recordFailures(
  db: Connection,
  sweep: string,
  trial: TrialId,
  { failures, at }: { failures: readonly TrialFailure[]; at: string },
): void {
  for (const failure of failures) {
    const { lastInsertRowid } = db
      .prepare(
        `INSERT INTO failures (sweep, trial, class, failure, recorded_at) VALUES (?, ?, ?, ?, ?)`,
      )
      .run(sweep, trial, failure.class, JSON.stringify(failure), at);
    addLink(db, sweep, 'failure', Number(lastInsertRowid));
  }
}

export function cancelTrial(db: Connection, sweep: string, trial: TrialId, at: string): void {
  db.prepare(
    `UPDATE trials SET state = 'cancelled', ended_at = ?
     WHERE sweep = ? AND trial = ? AND state = 'proposed'`,
  ).run(at, sweep, trial);
}

/**
 * Puts trials back in line that ended for no reason of their own: cancelled, or failed for a reason
 * of the whole sweep. They keep their numbers, and their failures stay on record.
 */
export function reviveTrials(db: Connection, sweep: string): void {
  const classes = failureClasses.filter((name) => failureOwner(name) === 'sweep');
  db.prepare(
    `UPDATE trials SET state = 'proposed', handed_out = 0, failure = NULL, node = NULL,
       attempt = NULL, ended_at = NULL
     WHERE sweep = ? AND (state = 'cancelled' OR state = 'failed'
       AND failure ->> 'class' IN (SELECT value FROM json_each(?)))`,
  ).run(sweep, JSON.stringify(classes));
}

/** Keeps an end that came after the trial had ended otherwise. */
export function recordDivergence(
  db: Connection,
  sweep: string,
  outcome: TrialOutcome,
  at: string,
): void {
  db.prepare(
    'INSERT INTO divergences (sweep, trial, outcome, recorded_at) VALUES (?, ?, ?, ?)',
  ).run(sweep, outcome.trial, JSON.stringify(outcome), at);
  db.prepare('UPDATE trials SET is_divergent = 1 WHERE sweep = ? AND trial = ?').run(
    sweep,
    outcome.trial,
  );
}

/** How many trials of a kind were proposed so far, whatever their end. */
export function countTrials(db: Connection, sweep: string, kind: TrialKind): number {
  return Number(
    db.prepare('SELECT count(*) FROM trials WHERE sweep = ? AND kind = ?').pluck().get(sweep, kind),
  );
}

/** Trials whose checkpoints are kept on their nodes. */
export function listKept(db: Connection, sweep: string): TrialRow[] {
  const rows = db
    .prepare('SELECT * FROM trials WHERE sweep = ? AND is_kept = 1 ORDER BY ordinal')
    .all(sweep);
  return (rows as StoredTrial[]).map(toTrialRow);
}

export function setKept(db: Connection, sweep: string, trial: TrialId, isKept: boolean): void {
  db.prepare('UPDATE trials SET is_kept = ? WHERE sweep = ? AND trial = ?').run(
    Number(isKept),
    sweep,
    trial,
  );
}

function toJson(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
