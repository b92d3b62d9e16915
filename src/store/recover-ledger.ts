import { syncPath } from './durable-folder.js';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { passCrashPoint } from '../crash-points.js';
import { LedgerError } from '../errors.js';
import { describeDamage, verifyChain } from './chain.js';
import { type Connection, withSqliteErrors } from './connection.js';
import { addToJournal } from './journal.js';
import { ledgerFileName } from './ledger.js';
import { migrate, readVersion, schemaVersion } from './migrate.js';
import { migrations } from './migrations/index.js';
import { requireOwnSchema } from './own-schema.js';
import { createPrivately } from './private-file.js';
import { recoveryPath, setAside, writeAt } from './recovery-file.js';
import { parseLine, renderLine, type RecoveryLine, type StoredRow } from './recovery-lines.js';
import { findRollback } from './rollback.js';

/** What was built, and from what. */
export interface Recovery {
  readonly ledgerId: string;
  /** Lines of the log that were whole. */
  readonly transactions: number;
  /** Lines behind the first one that is broken: what they held is lost. */
  readonly lostLines: number;
  /** Where the ledger that was there is now. */
  readonly aside?: string;
  /** Accepted rows whose digests were looked at. */
  readonly links: number;
  readonly sweeps: readonly {
    readonly name: string;
    readonly scored: number;
    /** Handed out and not ended: they run again, and nodes give back results that they still have. */
    readonly open: number;
    readonly events: number;
    /** Whether the optimizer, made anew from its events, is what it was. */
    readonly search: SearchCheck;
  }[];
}

/**
 * `same`: its state has the hash that was stored with its latest event; `none`: it has no events;
 * otherwise why it can't be said.
 */
export type SearchCheck = 'same' | 'none' | { readonly reason: string };

export interface RecoverOptions {
  /** Compares the optimizer with what was stored, and stores its state; see activities/check-search.ts. */
  readonly checkSearch: (db: Connection, sweep: string) => SearchCheck;
  /** ISO 8601, for the journal. */
  readonly at: string;
}

/**
 * Builds `ledger.sqlite` anew from `recovery.jsonl`, under another name until all of it is there, looked at
 * and on the disk. The caller holds the folder's writer lock. A broken ledger is set aside, never deleted.
 *
 * @throws LedgerError `ledger_healthy` when there is nothing to recover, `recovery_missing` without a log,
 *   `recovery_broken` when what it holds is not what was accepted; the folder is as it was then
 */
export function recoverLedger(resultsDir: string, options: RecoverOptions): Recovery {
  const path = join(resultsDir, ledgerFileName);
  refuseHealthy(path);
  const log = readLog(recoveryPath(resultsDir));
  const partial = `${path}.partial`;
  for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(partial + suffix, { force: true });
  createPrivately(partial);
  const built = withSqliteErrors(partial, () => {
    const db = new Database(partial);
    try {
      db.pragma('synchronous = FULL');
      migrate(db, partial, new Date(options.at), migrations.slice(0, log.schema));
      fill(db, log);
      migrate(db, partial, new Date(options.at));
      return check(db, options);
    } finally {
      db.close();
    }
  });
  syncPath(partial);
  const aside = setLedgerAside(path);
  passCrashPoint('before rename', ledgerFileName);
  renameSync(partial, path);
  syncPath(dirname(path));
  passCrashPoint('after rename', ledgerFileName);
  if (log.lostLines > 0) keepWholeLines(recoveryPath(resultsDir), log.lines);
  return {
    ledgerId: log.ledgerId,
    transactions: log.lines.length,
    lostLines: log.lostLines,
    ...(aside !== undefined && { aside }),
    ...built,
  };
}

/** What is wrong with the ledger at `path`; undefined where nothing is. A missing one has that wrong. */
export function findLedgerDamage(path: string): string | undefined {
  if (!existsSync(path)) return 'it is not there';
  try {
    return withSqliteErrors(path, () => {
      const db = new Database(path, { readonly: true });
      try {
        const version = readVersion(db, path);
        if (version === 0) return 'it is empty';
        requireOwnSchema(db, path, version);
        const found = db.pragma('integrity_check(1)', { simple: true });
        if (found !== 'ok') return String(found);
        const { damage } = version < 3 ? { damage: [] } : verifyChain(db);
        if (damage.length > 0) return describeDamage(damage);
        return version < 3 ? undefined : findRollback(db, path);
      } finally {
        db.close();
      }
    });
  } catch (error) {
    const isBroken = error instanceof LedgerError && error.code === 'ledger_corrupt';
    // A file of another program, or one that can't be opened, is none of ours to set aside.
    if (!isBroken) throw error;
    return error.message;
  }
}

function refuseHealthy(path: string): void {
  if (findLedgerDamage(path) !== undefined) return;
  throw new LedgerError(
    'ledger_healthy',
    `${path} is there and every row in it is as it was accepted: there is nothing to recover. ` +
      'Go on with `mergesweep resume SWEEP`',
  );
}

interface Log {
  readonly ledgerId: string;
  readonly schema: number;
  readonly lines: readonly RecoveryLine[];
  readonly lostLines: number;
}

/** The whole lines from the start on: what stands behind a broken one can't follow from them. */
function readLog(path: string): Log {
  if (!existsSync(path)) {
    throw new LedgerError(
      'recovery_missing',
      `${path} is not there: without it a ledger can't be built. Restore a copy of the ledger ` +
        '(an upgrade leaves one beside it: ledger.sqlite.v…). What nodes scored is in <sweep>/trials.jsonl',
    );
  }
  const texts = readFileSync(path, 'utf8').split('\n');
  // A torn last line was never acknowledged.
  texts.pop();
  const lines: RecoveryLine[] = [];
  for (const text of texts) {
    const line = parseLine(text);
    if (line?.n !== lines.length || line.ledger !== (lines[0] ?? line).ledger) break;
    lines.push(line);
  }
  const [first] = lines;
  if (first === undefined)
    throw new LedgerError('recovery_broken', `${path} has no whole line: restore a copy of it`);
  const schema = lines.at(-1)?.schema ?? first.schema;
  if (schema > schemaVersion)
    throw new LedgerError(
      'ledger_newer',
      `${path} is of schema version ${schema}, this mergesweep writes version ${schemaVersion}; ` +
        'use the newer mergesweep that wrote it',
    );
  return { ledgerId: first.ledger, schema, lines, lostLines: texts.length - lines.length };
}

/** The last version of every row, under its number, in the order in which they were first written. */
function fill(db: Connection, { lines }: Log): void {
  const latest = new Map<string, Map<number, StoredRow | null>>();
  for (const { rows } of lines) {
    for (const [table, entries] of Object.entries(rows)) {
      const known = latest.get(table) ?? new Map<number, StoredRow | null>();
      latest.set(table, known);
      for (const [id, row] of entries) known.set(id, row);
    }
  }
  db.transaction(() => {
    db.pragma('defer_foreign_keys = ON');
    db.prepare('DELETE FROM ledger').run();
    for (const [table, rows] of latest) insertAll(db, table, rows);
    db.prepare('UPDATE ledger SET is_closed = 1').run();
  })();
}

function insertAll(db: Connection, table: string, rows: ReadonlyMap<number, StoredRow | null>) {
  const columns = db.pragma(`table_info(${table})`) as { name: string; type: string; pk: number }[];
  const keys = columns.filter(({ pk }) => pk > 0);
  const isAlias = keys.length === 1 && keys[0]?.type === 'INTEGER';
  const names = columns.map(({ name }) => name);
  const into = isAlias ? names : ['rowid', ...names];
  const insert = db.prepare(
    `INSERT INTO ${table} (${into.join(', ')}) VALUES (${into.map(() => '?').join(', ')})`,
  );
  for (const [id, row] of [...rows].sort(([a], [b]) => a - b)) {
    if (row === null) continue;
    const values = names.map((name) => row[name] ?? null);
    insert.run(...(isAlias ? values : [id, ...values]));
  }
}

function check(db: Connection, options: RecoverOptions): Pick<Recovery, 'links' | 'sweeps'> {
  const broken = db.pragma('foreign_key_check') as readonly unknown[];
  const found = db.pragma('integrity_check(1)', { simple: true });
  const { damage, links } = verifyChain(db);
  if (broken.length > 0 || found !== 'ok' || damage.length > 0) {
    const what =
      damage.length > 0
        ? describeDamage(damage)
        : found === 'ok'
          ? `${broken.length} rows refer to rows that are not there`
          : String(found);
    throw new LedgerError(
      'recovery_broken',
      `what recovery.jsonl holds is not what was accepted: ${what}. Nothing was changed; restore a copy`,
    );
  }
  const names = db.prepare('SELECT name FROM sweeps ORDER BY created_at, name').pluck().all();
  const sweeps = names.map(String).map((name) => {
    const count = (sql: string): number => Number(db.prepare(sql).pluck().get(name));
    const search = db.transaction(() => options.checkSearch(db, name))();
    return {
      name,
      scored: count(`SELECT count(*) FROM trials WHERE sweep = ? AND state = 'complete'`),
      open: count(
        `SELECT count(*) FROM trials WHERE sweep = ? AND state = 'proposed' AND handed_out = 1`,
      ),
      events: count('SELECT count(*) FROM optimizer_events WHERE sweep = ?'),
      search,
    };
  });
  db.transaction(() => {
    for (const { name, scored, open, events } of sweeps)
      addToJournal(db, name, {
        ...{ kind: 'recovered', at: options.at },
        detail: { scored, open, events },
      });
  })();
  return { links, sweeps };
}

/** With its side files: SQLite would take those for the new one's. */
function setLedgerAside(path: string): string | undefined {
  const parts = ['', '-wal', '-shm'].filter((suffix) => existsSync(path + suffix));
  if (parts.length === 0) return undefined;
  let number = 1;
  const isTaken = (): boolean =>
    ['', '-wal', '-shm'].some((suffix) => existsSync(`${path}.corrupt-${number}${suffix}`));
  while (isTaken()) number += 1;
  const aside = `${path}.corrupt-${number}`;
  for (const suffix of parts) renameSync(path + suffix, aside + suffix);
  return aside;
}

/** The log goes on from what the ledger was built of; the rest of it is kept beside it. */
function keepWholeLines(path: string, lines: readonly RecoveryLine[]): void {
  setAside(path, 'broken');
  writeAt(path, 0, lines.map(renderLine).join(''));
}
