import { LedgerError } from '../errors.js';
import type { OptimizerEvent, Sampler, SamplerState } from '../samplers/sampler.js';
import { addLink } from './chain.js';
import { sha256 } from './sha256.js';
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

/**
 * The events of the sweep, in order.
 * @param after only those that follow this sequence; @default all
 */
export function listEvents(db: Connection, sweep: string, after = 0): OptimizerEvent[] {
  const rows = db
    .prepare(
      'SELECT kind, trial, payload FROM optimizer_events WHERE sweep = ? AND sequence > ? ORDER BY sequence',
    )
    .all(sweep, after) as { kind: string; trial: string; payload: string }[];
  return rows.map(
    ({ kind, trial, payload }) =>
      ({ kind, trial, ...(JSON.parse(payload) as object) }) as OptimizerEvent,
  );
}

/**
 * Stores the sampler as it is after the latest event; does nothing where that is stored already. States
 * are kept of the latest, and of a few before it from which the fold can be checked.
 */
export function storeSnapshot(db: Connection, sweep: string, sampler: Sampler): void {
  const sequence = latestSequence(db, sweep);
  const before = db
    .prepare(
      'SELECT sequence, engine FROM snapshots WHERE sweep = ? ORDER BY sequence DESC LIMIT 1',
    )
    .get(sweep) as Pick<Snapshot, 'sequence' | 'engine'> | undefined;
  if (sequence === 0 || sequence === before?.sequence) return;
  const engine = nameEngine();
  if (before !== undefined) dropStates(db, sweep, before, engine);
  const state = JSON.stringify(sampler.toJSON());
  db.prepare(
    `INSERT INTO snapshots (sweep, sequence, state, sha256, diagnostics, engine)
     VALUES (?, ?, ?, ?, ?, ?)`,
  ).run(sweep, sequence, state, sha256(state), JSON.stringify(sampler.diagnostics()), engine);
}

/** Puts back the state of a snapshot whose hash it has. */
export function setSnapshotState(
  db: Connection,
  sweep: string,
  sequence: number,
  state: string,
): void {
  db.prepare('UPDATE snapshots SET state = ? WHERE sweep = ? AND sequence = ? AND sha256 = ?').run(
    state,
    sweep,
    sequence,
    sha256(state),
  );
}

/**
 * One anchor in so many events: a fold from the one before the last is short, and not too short to tell. Late in
 * a search each candidate costs a model of hundreds of results, and a coordinator that died has to wait for all.
 */
const anchorEvery = 32;

/** Of the snapshots so far only anchors keep their state: the last two, and the last one of another engine. */
function dropStates(
  db: Connection,
  sweep: string,
  latest: Pick<Snapshot, 'sequence' | 'engine'>,
  engine: string,
): void {
  const kept = db
    .prepare(
      'SELECT sequence FROM snapshots WHERE sweep = ? AND state IS NOT NULL ORDER BY sequence',
    )
    .pluck()
    .all(sweep) as number[];
  const block = (sequence: number): number => Math.floor(sequence / anchorEvery);
  const anchors = kept.filter((sequence) => sequence !== latest.sequence);
  const isAnchor =
    block(latest.sequence) > block(anchors.at(-1) ?? 0) || !isSameEngine(latest.engine, engine);
  const stay = (isAnchor ? [...anchors, latest.sequence] : anchors).slice(-2);
  db.prepare(
    `UPDATE snapshots SET state = NULL WHERE sweep = ? AND state IS NOT NULL
       AND sequence NOT IN (SELECT value FROM json_each(?))`,
  ).run(sweep, JSON.stringify(stay));
}

/** What the sampler's state is after the latest event, and how that can be made anew. */
export interface StoredSearch {
  /** Of the latest event; 0 before the first. */
  readonly sequence: number;
  /** Of the state after it; undefined where none was stored for it. */
  readonly sha256: string | undefined;
  /** The state itself, where it has that hash. */
  readonly state: unknown;
  /** Node, V8 and architecture that made it. */
  readonly engine: string;
  /** A former state (undefined: the one before the first event) and the events since; absent where there is none. */
  readonly fold?: { readonly from: unknown; readonly events: readonly OptimizerEvent[] };
}

/** Up to so many events a fold starts before the first; beyond, at an anchor so many events back. */
const mostFromTheStart = 256;
const leastFromAnchor = 32;

/** @param isWhole fold from the start, however long that takes, where one engine made all of it */
export function readStoredSearch(db: Connection, sweep: string, isWhole = false): StoredSearch {
  const sequence = latestSequence(db, sweep);
  const latest = findSnapshot(db, sweep);
  const isCurrent = latest?.sequence === sequence;
  const start = findFoldStart(db, sweep, sequence, latest, isWhole);
  return {
    sequence,
    sha256: isCurrent ? latest.sha256 : undefined,
    state: isCurrent ? readState(latest) : undefined,
    engine: latest?.engine ?? nameEngine(),
    ...(start !== undefined && {
      fold: { from: start.state, events: listEvents(db, sweep, start.sequence) },
    }),
  };
}

function findFoldStart(
  db: Connection,
  sweep: string,
  end: number,
  latest: Snapshot | undefined,
  isWhole: boolean,
): { readonly sequence: number; readonly state?: unknown } | undefined {
  const rows = db
    .prepare(
      'SELECT sequence, state, sha256, engine FROM snapshots WHERE sweep = ? ORDER BY sequence',
    )
    .all(sweep) as Snapshot[];
  // What another engine made need not come out the same in the last bit.
  const other = rows.findLast(({ engine }) => !isSameEngine(engine, latest?.engine ?? engine));
  if (other === undefined && (isWhole || end <= mostFromTheStart)) return { sequence: 0 };
  const anchors = rows.filter(
    (row) => row.sequence < end && row.sequence >= (other?.sequence ?? 0) && row.state !== null,
  );
  const start = anchors.findLast(({ sequence }) => end - sequence >= leastFromAnchor) ?? anchors[0];
  const state = start === undefined ? undefined : readState(start);
  return start === undefined || state === undefined
    ? undefined
    : { sequence: start.sequence, state };
}

/** Undefined where it was not kept, or is not what was stored. */
function readState({ state, sha256: stored }: Snapshot): unknown {
  return state !== null && sha256(state) === stored ? JSON.parse(state) : undefined;
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

/** @throws LedgerError `ledger_state_mismatch`: going on would be another search than the one so far */
export function refuseOtherState(sweep: string, stored: StoredSearch, got: string): never {
  const { sequence, engine } = stored;
  const was =
    stored.sha256 === undefined
      ? `none is stored after event ${sequence}`
      : `the one that was stored after event ${sequence} (by ${engine}) has ${stored.sha256}`;
  throw new LedgerError(
    'ledger_state_mismatch',
    `sweep ${sweep}: the optimizer's state, made anew from its events by ${nameEngine()}, has SHA-256 ` +
      `${got}, but ${was}. Going on would be another search. Use the mergesweep that started the sweep, ` +
      'or run it under another name',
  );
}

/** Log and exp may differ in the last bit between these. */
export function nameEngine(): string {
  return `${process.version} v8 ${process.versions.v8} ${process.arch}`;
}

/** Older ledgers name Node's version only. */
export function isSameEngine(one: string, other: string): boolean {
  const isShort = !one.includes(' ') || !other.includes(' ');
  return isShort ? one.split(' ')[0] === other.split(' ')[0] : one === other;
}

interface Snapshot {
  readonly sequence: number;
  /** Of the latest and of anchors only. */
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

function latestSequence(db: Connection, sweep: string): number {
  return Number(
    db
      .prepare('SELECT coalesce(max(sequence), 0) FROM optimizer_events WHERE sweep = ?')
      .pluck()
      .get(sweep),
  );
}
