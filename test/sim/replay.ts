/** A ledger is a function of the calls that counted: made again without any fault, it is the same. */
import type Database from 'better-sqlite3';
import type { CoordinatorActivities } from '../../activities/contracts.js';
import { CoordinatorProcess, type Sabotage } from './coordinator-process.js';

type Calls = CoordinatorProcess['effective'];

/**
 * Makes the calls once each, in their order, on a clock that only goes forward.
 *
 * @returns what is in the ledger then, as `dump` tells it
 * @throws what an activity throws
 */
export async function replay(
  calls: Calls,
  { folder, sabotage }: { readonly folder: string; readonly sabotage?: Sabotage },
): Promise<Dump> {
  let seconds = 0;
  const coordinator = new CoordinatorProcess({
    folder,
    now: () => new Date(Date.UTC(2026, 0, 1) + 1000 * seconds++),
    ...(sabotage !== undefined && { sabotage }),
  });
  coordinator.start();
  const { ledgerId } = coordinator.ledger;
  for (const { name, input } of calls) {
    await coordinator.run<keyof CoordinatorActivities>(name, {
      ...(input as object),
      ledgerId,
    } as never);
  }
  const dump = coordinator.ledger.transact(dumpLedger);
  coordinator.close();
  return dump;
}

/** Rows as text, table by table. */
export type Dump = Readonly<Record<string, readonly string[]>>;

const queries: Readonly<Record<string, string>> = {
  trials: `SELECT trial, kind, ordinal, label, confirms, promotes, rung, state, params, vector, fitness,
    node, attempt, checkpoint_sha256, work_dir, is_divergent, is_kept, failure FROM trials ORDER BY ordinal`,
  scores: `SELECT trial, split, task, metric, value, stderr, documents FROM scores ORDER BY rowid`,
  events: 'SELECT sequence, kind, trial, payload FROM optimizer_events ORDER BY sequence',
  snapshots: 'SELECT sequence, sha256 FROM snapshots ORDER BY sequence',
  sweeps: 'SELECT name, state, reason, max_trials, streak, streak_class, is_held FROM sweeps',
  failures: 'SELECT trial, class, failure FROM failures ORDER BY rowid',
  divergences: 'SELECT trial, outcome FROM divergences ORDER BY sequence',
  journal: 'SELECT kind, request_id, detail FROM journal ORDER BY sequence',
};

export function dumpLedger(db: Database.Database): Dump {
  return Object.fromEntries(
    Object.entries(queries).map(([table, sql]) => [
      table,
      db
        .prepare(sql)
        .all()
        .map((row) => JSON.stringify(row)),
    ]),
  );
}

/** The first row that differs, as a sentence. */
export function findDifference(happened: Dump, again: Dump): string | undefined {
  for (const table of Object.keys(queries)) {
    const [a, b] = [happened[table] ?? [], again[table] ?? []];
    const at = Array.from({ length: Math.max(a.length, b.length) }, (_, index) => index).find(
      (index) => a[index] !== b[index],
    );
    if (at !== undefined)
      return `${table}: ${a[at] ?? 'nothing'}, made again ${b[at] ?? 'nothing'}`;
  }
  return undefined;
}
