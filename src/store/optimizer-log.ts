import { createHash } from 'node:crypto';
import { LedgerError } from '../errors.js';
import type { OptimizerEvent, Sampler } from '../samplers/sampler.js';
import type { Connection } from './connection.js';

/** Adds one event at the end of the sweep's log. */
export function appendEvent(db: Connection, sweep: string, event: OptimizerEvent): void {
  const { kind, trial, ...payload } = event;
  db.prepare(
    `INSERT INTO optimizer_events (sweep, sequence, kind, trial, payload)
     VALUES (?, 1 + (SELECT coalesce(max(sequence), 0) FROM optimizer_events WHERE sweep = ?), ?, ?, ?)`,
  ).run(sweep, sweep, kind, trial, JSON.stringify(payload));
}

/** All events of the sweep, in order. */
export function listEvents(db: Connection, sweep: string): OptimizerEvent[] {
  const rows = db
    .prepare('SELECT kind, trial, payload FROM optimizer_events WHERE sweep = ? ORDER BY sequence')
    .all(sweep) as { kind: string; trial: string; payload: string }[];
  return rows.map(
    ({ kind, trial, payload }) =>
      ({ kind, trial, ...(JSON.parse(payload) as object) }) as OptimizerEvent,
  );
}

/** Stores the sampler as it is after the latest event; does nothing where that is stored already. */
export function storeSnapshot(db: Connection, sweep: string, sampler: Sampler): void {
  const sequence = latestSequence(db, sweep);
  if (sequence === latestSnapshot(db, sweep)) return;
  const state = JSON.stringify(sampler.toJSON());
  db.prepare('UPDATE snapshots SET state = NULL WHERE sweep = ? AND state IS NOT NULL').run(sweep);
  db.prepare(
    `INSERT INTO snapshots (sweep, sequence, state, sha256, diagnostics, engine)
     VALUES (?, ?, ?, ?, ?, ?)`,
  ).run(
    sweep,
    sequence,
    state,
    sha256(state),
    JSON.stringify(sampler.diagnostics()),
    process.version,
  );
}

/**
 * Checks a sampler that was folded from all events against the latest snapshot.
 *
 * @throws LedgerError `ledger_state_mismatch`: going on would be another search than the one so far
 */
export function checkSnapshot(db: Connection, sweep: string, folded: Sampler): void {
  const events = latestSequence(db, sweep);
  if (events === 0) return;
  const snapshot = db
    .prepare(
      'SELECT sequence, sha256, engine FROM snapshots WHERE sweep = ? ORDER BY sequence DESC LIMIT 1',
    )
    .get(sweep) as { sequence: number; sha256: string; engine: string } | undefined;
  const got = sha256(JSON.stringify(folded.toJSON()));
  if (snapshot?.sequence === events && snapshot.sha256 === got) return;
  const stored =
    snapshot === undefined
      ? 'no snapshot is stored'
      : `the snapshot after event ${snapshot.sequence}, made by Node ${snapshot.engine}, ` +
        `has SHA-256 ${snapshot.sha256}`;
  throw new LedgerError(
    'ledger_state_mismatch',
    `sweep ${sweep}: the optimizer's state, made anew from its ${events} events by Node ` +
      `${process.version}, has SHA-256 ${got}, but ${stored}. Going on would be another search. ` +
      'Use the mergesweep and Node versions that started the sweep, or run it under another name',
  );
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function latestSnapshot(db: Connection, sweep: string): number {
  return Number(
    db
      .prepare('SELECT coalesce(max(sequence), 0) FROM snapshots WHERE sweep = ?')
      .pluck()
      .get(sweep),
  );
}

function latestSequence(db: Connection, sweep: string): number {
  return Number(
    db
      .prepare('SELECT coalesce(max(sequence), 0) FROM optimizer_events WHERE sweep = ?')
      .pluck()
      .get(sweep),
  );
}
