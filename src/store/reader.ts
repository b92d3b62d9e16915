import type { TrialId } from '../../activities/contracts.js';
import type { SearchEvent } from '../budget/staleness.js';
import type { FailureClass, TrialFailure } from '../errors.js';
import type { Diagnostics } from '../samplers/sampler.js';
import type { Connection } from './connection.js';
import { listJournal } from './journal.js';
import {
  toDocumentRow,
  toScoreRow,
  toSweepRow,
  toTrialRow,
  type StoredDocument,
  type StoredScore,
  type StoredSweep,
  type StoredTrial,
} from './stored-rows.js';
import type { LedgerReader } from './rows.js';
import { listStandings } from './standings.js';

/** The reading queries over an open connection; `guard` explains SQLite's errors. */
export function createReader(
  db: Connection,
  guard: <Result>(read: () => Result) => Result,
): LedgerReader {
  const ledgerId = guard(() => String(db.prepare('SELECT id FROM ledger').pluck().get()));
  return {
    ledgerId,
    listSweeps: () => guard(() => listSweeps(db)),
    getSweep: (name) => guard(() => getSweep(db, name)),
    listTrials: (sweep) => guard(() => listTrials(db, sweep)),
    getTrial: (sweep, trial) => guard(() => getTrial(db, sweep, trial)),
    listStandings: (sweep) => guard(() => listStandings(db, sweep)),
    listScores: (sweep, trial) => guard(() => listScores(db, sweep, trial)),
    listDocuments: (sweep, trial) => guard(() => listDocuments(db, sweep, trial)),
    getDiagnostics: (sweep) => guard(() => getDiagnostics(db, sweep)),
    listFailures: (sweep, trial) => guard(() => listFailures(db, sweep, trial)),
    countFailures: (sweep) => guard(() => countFailures(db, sweep)),
    listSearchEvents: (sweep) => guard(() => listSearchEvents(db, sweep)),
    listJournal: (sweep) => guard(() => listJournal(db, sweep)),
    close: () => {
      db.close();
    },
  };
}

export function listSweeps(db: Connection) {
  const rows = db.prepare('SELECT * FROM sweeps ORDER BY created_at, name').all();
  return (rows as StoredSweep[]).map(toSweepRow);
}

export function getSweep(db: Connection, name: string) {
  const row = db.prepare('SELECT * FROM sweeps WHERE name = ?').get(name);
  return row === undefined ? undefined : toSweepRow(row as StoredSweep);
}

export function listTrials(db: Connection, sweep: string) {
  const rows = db.prepare('SELECT * FROM trials WHERE sweep = ? ORDER BY ordinal').all(sweep);
  return (rows as StoredTrial[]).map(toTrialRow);
}

export function getTrial(db: Connection, sweep: string, trial: TrialId) {
  const row = db.prepare('SELECT * FROM trials WHERE sweep = ? AND trial = ?').get(sweep, trial);
  return row === undefined ? undefined : toTrialRow(row as StoredTrial);
}

export function listScores(db: Connection, sweep: string, trial?: TrialId) {
  // Two statements: one with `trial IS NULL OR …` would read all scores for those of one trial.
  const rows =
    trial === undefined
      ? db
          .prepare(
            `SELECT scores.* FROM scores JOIN trials USING (sweep, trial)
             WHERE sweep = ? ORDER BY ordinal, scores.rowid`,
          )
          .all(sweep)
      : db
          .prepare('SELECT * FROM scores WHERE sweep = ? AND trial = ? ORDER BY rowid')
          .all(sweep, trial);
  return (rows as StoredScore[]).map(toScoreRow);
}

export function listDocuments(db: Connection, sweep: string, trial: TrialId) {
  const rows = db
    .prepare('SELECT * FROM documents WHERE sweep = ? AND trial = ? ORDER BY rowid')
    .all(sweep, trial);
  return (rows as StoredDocument[]).map(toDocumentRow);
}

function getDiagnostics(db: Connection, sweep: string): Diagnostics {
  const text = db
    .prepare('SELECT diagnostics FROM snapshots WHERE sweep = ? ORDER BY sequence DESC LIMIT 1')
    .pluck()
    .get(sweep) as string | undefined;
  return text === undefined ? {} : (JSON.parse(text) as Diagnostics);
}

function listSearchEvents(db: Connection, sweep: string): SearchEvent[] {
  return db
    .prepare(
      `SELECT kind, trial FROM optimizer_events
       WHERE sweep = ? AND kind IN ('ask', 'tell') ORDER BY sequence`,
    )
    .all(sweep) as SearchEvent[];
}

/** How every attempt at a trial failed, by time. */
function listFailures(db: Connection, sweep: string, trial: TrialId): TrialFailure[] {
  const texts = db
    .prepare('SELECT failure FROM failures WHERE sweep = ? AND trial = ? ORDER BY sequence')
    .pluck()
    .all(sweep, trial) as string[];
  return texts.map((text) => JSON.parse(text) as TrialFailure);
}

/** Over every failed end, also of trials that were run again later. */
function countFailures(db: Connection, sweep: string): Partial<Record<FailureClass, number>> {
  const rows = db
    .prepare(
      `SELECT class, count(*) AS count FROM failures
       WHERE sweep = ? AND failure ->> 'isRetried' IS NULL GROUP BY class`,
    )
    .all(sweep) as { class: FailureClass; count: number }[];
  return Object.fromEntries(rows.map((row) => [row.class, row.count]));
}
