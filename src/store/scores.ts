import type { PackedEvalReport } from '../evaluation/eval-report.js';
import type { TrialId } from '../../activities/contracts.js';
import type { Connection } from './connection.js';

/** Stores a trial's scores and per-document values; they never change afterwards. */
export function insertReport(
  db: Connection,
  sweep: string,
  trial: TrialId,
  report: PackedEvalReport,
): void {
  const { split } = report;
  const score = db.prepare(
    `INSERT INTO scores (sweep, trial, split, task, metric, value, stderr, documents, higher_is_better)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  for (const { task, metric, value, stderr, documents, higherIsBetter } of report.scores) {
    score.run(
      sweep,
      trial,
      split,
      task,
      metric,
      value,
      stderr ?? null,
      documents,
      Number(higherIsBetter),
    );
  }
  const values = db.prepare(
    `INSERT INTO documents (sweep, trial, split, task, metric, count, encoding, document_values,
       document_ids, documents_hash)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  for (const entry of report.documents) {
    values.run(
      sweep,
      trial,
      split,
      entry.task,
      entry.metric,
      entry.count,
      entry.encoding,
      entry.values,
      entry.documentIds ?? null,
      entry.documentsHash,
    );
  }
}

/** Complete trials in the order in which they were accepted, whatever the clock said then. */
export function listScored(db: Connection, sweep: string): TrialId[] {
  return db
    .prepare('SELECT trial FROM scores WHERE sweep = ? GROUP BY trial ORDER BY min(rowid)')
    .pluck()
    .all(sweep) as TrialId[];
}
