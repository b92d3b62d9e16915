import { addLink } from './chain.js';
import type { Connection } from './connection.js';
import type { JournalEntry, JournalKind } from './rows.js';

/**
 * Adds an entry at the end of the sweep's journal.
 *
 * @returns false, and nothing is added, where the journal has an entry of that request
 */
export function addToJournal(db: Connection, sweep: string, entry: JournalEntry): boolean {
  const { changes, lastInsertRowid } = db
    .prepare(
      `INSERT INTO journal (sweep, kind, request_id, detail, recorded_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (sweep, request_id) DO NOTHING`,
    )
    .run(sweep, entry.kind, entry.requestId ?? null, JSON.stringify(entry.detail), entry.at);
  if (changes === 0) return false;
  addLink(db, sweep, 'journal', Number(lastInsertRowid));
  return true;
}

/** By time. */
export function listJournal(db: Connection, sweep: string): JournalEntry[] {
  const rows = db
    .prepare(
      'SELECT kind, request_id, detail, recorded_at FROM journal WHERE sweep = ? ORDER BY sequence',
    )
    .all(sweep) as {
    kind: JournalKind;
    request_id: string | null;
    detail: string;
    recorded_at: string;
  }[];
  return rows.map(({ kind, request_id, detail, recorded_at }) => ({
    kind,
    ...(request_id !== null && { requestId: request_id }),
    detail: JSON.parse(detail) as Record<string, unknown>,
    at: recorded_at,
  }));
}
