import { createHash } from 'node:crypto';
import { LedgerError } from '../errors.js';
import type { OptimizerEvent, Sampler, SamplerState } from '../samplers/sampler.js';
import { addLink } from './chain.js';
import type { Connection } from './connection.js';

/** Adds one event at the end of the sweep's log. */
export function appendEvent(db: Connection, sweep: string, event: OptimizerEvent): void {
  const { kind, trial, ...payload } = event;
  const sequence = latestSequence(db, sweep) + 1;
  db.prepare(
    'INSERT INTO optimizer_events (sweep, sequence, kind, trial, payload) VALUES (?, ?, ?, ?, ?)',
  ).run(sweep, sequence, kind, trial, JSON.stringify(payload));
  addLink(db, sweep, 'event', sequence);
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
  if (sequence === 0 || sequence === latestSnapshot(db, sweep)) return;
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
 * The sampler's state after the latest event, as far as it was stored: a cache of the fold, and only
 * what has the hash that was stored with it. Undefined where the events have to be folded.
 */
export function findSnapshotState(db: Connection, sweep: string): unknown {
  const snapshot = findSnapshot(db, sweep);
  const { state = null } = snapshot ?? {};
  if (state === null || snapshot?.sequence !== latestSequence(db, sweep)) return undefined;
  return sha256(state) === snapshot.sha256 ? JSON.parse(state) : undefined;
}

/**
 * Refuses a sweep whose search is of another version: candidates of two searches in one sweep would
 * be neither's.
 *
 * @param version of the state that this mergesweep's sampler has
 * @throws LedgerError `ledger_other_search`
 */
export function refuseOtherSearch(db: Connection, sweep: string, version: number): void {
  const state = findSnapshot(db, sweep)?.state ?? null;
  const stored = state === null ? undefined : (JSON.parse(state) as SamplerState).version;
  // Versions that did not record the tasks kept the latest state: here it was lost.
  const lacksTasks = db
    .prepare(
      `SELECT 1 FROM optimizer_events WHERE sweep = ? AND kind IN ('tell', 'foreign')
         AND payload ->> 'tasks' IS NULL LIMIT 1`,
    )
    .get(sweep);
  if (lacksTasks === undefined && (stored === undefined || stored === version)) return;
  throw new LedgerError(
    'ledger_other_search',
    `sweep ${sweep} was begun with another version of the search (${stored ?? 'an older one'}; this ` +
      `mergesweep has ${version}), and going on would mix the two. Finish it with the mergesweep that ` +
      `began it, or begin it anew under another name: --name ${sweep}-2. Its results stay readable`,
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
  const snapshot = findSnapshot(db, sweep);
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

interface Snapshot {
  readonly sequence: number;
  /** Of the latest only. */
  readonly state: string | null;
  readonly sha256: string;
  readonly engine: string;
}

function findSnapshot(db: Connection, sweep: string): Snapshot | undefined {
  return db
    .prepare(
      'SELECT sequence, state, sha256, engine FROM snapshots WHERE sweep = ? ORDER BY sequence DESC LIMIT 1',
    )
    .get(sweep) as Snapshot | undefined;
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
