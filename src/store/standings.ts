import type { TrialId } from '../../activities/contracts.js';
import type { Connection } from './connection.js';
import { listChanges } from './noted-rows.js';
import type { TrialRow } from './rows.js';

/** A trial as far as choosing and counting need it: whole rows cost a millisecond per dozen. */
export type Standing = Pick<TrialRow, 'kind' | 'ordinal' | 'state'> & {
  readonly trial: TrialId;
  readonly fitness?: number;
  readonly node?: string;
  readonly confirms?: TrialId;
  readonly promotes?: TrialId;
  readonly rung?: number;
};

/** Every trial of the sweep, by ordinal, from 1 without a gap. */
export function listStandings(db: Connection, sweep: string): readonly Standing[] {
  const known = remembered.get(db);
  return known === undefined ? readStandings(db, sweep) : known.list(db, sweep);
}

/**
 * Lets a writer remember the standings: each request asks for them several times, and of a thousand trials
 * they cost milliseconds, of which one request changes two or three. What was committed is remembered; what
 * was changed since comes from the ledger.
 *
 * @returns call it after each commit, before the changes are forgotten
 */
export function rememberStandings(db: Connection): () => void {
  const memory = new StandingsMemory();
  remembered.set(db, memory);
  return () => {
    memory.learn(db);
  };
}

class StandingsMemory {
  /** As they were when the changes were forgotten last. */
  readonly #sweeps = new Map<string, readonly Standing[]>();
  /** Sweeps that were asked for and could not be remembered: they had changes. */
  readonly #wanted = new Set<string>();

  list(db: Connection, sweep: string): readonly Standing[] {
    const base = this.#sweeps.get(sweep);
    const changed = listChanges(db).get('trials') ?? [];
    if (base === undefined) {
      const all = readStandings(db, sweep);
      if (changed.length === 0) this.#sweeps.set(sweep, all);
      else this.#wanted.add(sweep);
      return all;
    }
    if (changed.length === 0) return base;
    return replace(base, readRows(db, changed).get(sweep) ?? []);
  }

  learn(db: Connection): void {
    for (const [sweep, changed] of readRows(db, listChanges(db).get('trials') ?? [])) {
      const base = this.#sweeps.get(sweep);
      if (base !== undefined) this.#sweeps.set(sweep, replace(base, changed));
    }
    for (const sweep of this.#wanted) this.#sweeps.set(sweep, readStandings(db, sweep));
    this.#wanted.clear();
  }
}

/** A new list: the other one was handed out. */
function replace(base: readonly Standing[], changed: readonly Standing[]): readonly Standing[] {
  if (changed.length === 0) return base;
  const list = [...base];
  for (const standing of changed) list[standing.ordinal - 1] = standing;
  return list;
}

const remembered = new WeakMap<Connection, StandingsMemory>();

type Stored = [
  TrialId,
  Standing['kind'],
  number,
  Standing['state'],
  number | null,
  string | null,
  TrialId | null,
  TrialId | null,
  number | null,
];

const columns = 'trial, kind, ordinal, state, fitness, node, confirms, promotes, rung';

function readStandings(db: Connection, sweep: string): Standing[] {
  const rows = db
    .prepare(`SELECT ${columns} FROM trials WHERE sweep = ? ORDER BY ordinal`)
    .raw()
    .all(sweep) as Stored[];
  return rows.map(toStanding);
}

/** By sweep; in the order of the rows, which is that of the ordinals. */
function readRows(db: Connection, rows: readonly number[]): Map<string, Standing[]> {
  const bySweep = new Map<string, Standing[]>();
  const read = db.prepare(`SELECT sweep, ${columns} FROM trials WHERE rowid = ?`).raw();
  for (const row of rows) {
    const [sweep, standing] = split(read.get(row) as [string, ...Stored]);
    bySweep.set(sweep, [...(bySweep.get(sweep) ?? []), standing]);
  }
  return bySweep;
}

function split([sweep, ...stored]: [string, ...Stored]): [string, Standing] {
  return [sweep, toStanding(stored)];
}

function toStanding([
  trial,
  kind,
  ordinal,
  state,
  fitness,
  node,
  confirms,
  promotes,
  rung,
]: Stored): Standing {
  const standing: { -readonly [Key in keyof Standing]: Standing[Key] } = {
    trial,
    kind,
    ordinal,
    state,
  };
  if (fitness !== null) standing.fitness = fitness;
  if (node !== null) standing.node = node;
  if (confirms !== null) standing.confirms = confirms;
  if (promotes !== null) standing.promotes = promotes;
  if (rung !== null) standing.rung = rung;
  return standing;
}
