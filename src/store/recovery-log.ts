import { existsSync } from 'node:fs';
import type { Connection } from './connection.js';
import { forgetChanges, listChanges, noteChanges } from './noted-rows.js';
import { readTail, recoveryPath, setAside, writeAt } from './recovery-file.js';
import { renderLine, type RecoveryLine, type StoredRow } from './recovery-lines.js';

/**
 * `recovery.jsonl` beside the ledger: what each transaction wrote, once more, so that `mergesweep recover`
 * can build the ledger anew. It is behind the ledger by the last transaction at most, and never ahead.
 */
export interface RecoveryLog {
  /**
   * Appends what was committed since. Never throws: what could not be written is written with the next.
   */
  flush(): void;
}

export interface RecoveryLogOptions {
  readonly resultsDir: string;
  readonly ledgerId: string;
  readonly schema: number;
  /** Hears once when the log can't be written, and once when it can be again. @default silence */
  readonly warn?: ((message: string) => void) | undefined;
  /** Called when changes are in the log, before they are forgotten. */
  readonly onWritten?: (() => void) | undefined;
}

/** Notes every change of this connection from now on, and brings the log up to the ledger. */
export function startRecoveryLog(db: Connection, options: RecoveryLogOptions): RecoveryLog {
  const { resultsDir, warn = () => undefined, onWritten } = options;
  const path = recoveryPath(resultsDir);
  const tables = noteChanges(db);
  let last: { readonly n: number; readonly end: number } | undefined;
  let isFailing = false;

  let high: RecoveryLine['high'] = {};

  const append = (rows: RecoveryLine['rows']): void => {
    const { ledgerId: ledger, schema } = options;
    const start = (last?.n ?? -1) + 1;
    // What has no row here has the highest row that it had.
    const now = { ...high, ...readHigh(db, last === undefined ? tables : Object.keys(rows)) };
    const parts = split(rows);
    const lines = parts.map((part, index) => {
      // Only the last one says that all is there: a write may be cut off between two of them.
      const isLast = index === parts.length - 1;
      return { n: start + index, ledger, schema, high: isLast ? now : high, rows: part };
    });
    const end = writeAt(path, last?.end ?? 0, lines.map(renderLine).join(''));
    last = { n: start + lines.length - 1, end };
    high = now;
  };
  const flush = (): void => {
    last ??= catchUp();
    const noted = readNoted(db);
    if (noted === undefined) return;
    append(noted);
    onWritten?.();
    forgetChanges(db);
  };
  /** What the log lacks of the ledger: all, or what a writer left out that died after its commit. */
  const catchUp = (): typeof last => {
    const tail = readTail(path);
    if (tail?.line.ledger !== options.ledgerId || tail.line.schema !== options.schema) {
      if (existsSync(path)) setAside(path, 'aside');
      [last, high] = [undefined, {}];
      append(readSince(db, tables, {}));
      return last;
    }
    last = { n: tail.line.n, end: tail.end };
    ({ high } = tail.line);
    const isBehind = tables.some((table) => readHigh(db, [table])[table] !== (high[table] ?? 0));
    if (isBehind) append(readSince(db, tables, high));
    return last;
  };
  const tryTo = (work: () => void): void => {
    try {
      work();
      if (isFailing) warn(`${path} is written again, with all that it lacked`);
      isFailing = false;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (!isFailing)
        warn(`${path} can't be written (${reason}): the ledger is whole, but has no second copy`);
      isFailing = true;
      // Where it ends is read again.
      last = undefined;
    }
  };
  return {
    flush: () => {
      tryTo(flush);
    },
  };
}

/** So many rows of a table a line, at most: a ledger that is copied whole is no single line. */
const mostRows = 200;

function split(rows: RecoveryLine['rows']): RecoveryLine['rows'][] {
  const parts = Object.entries(rows).flatMap(([table, all]) =>
    all.length <= mostRows
      ? []
      : Array.from({ length: Math.ceil(all.length / mostRows) }, (_, index) => ({
          [table]: all.slice(index * mostRows, (index + 1) * mostRows),
        })),
  );
  const rest = Object.entries(rows).filter(([, all]) => all.length <= mostRows);
  return [...parts, Object.fromEntries(rest)];
}

function readNoted(db: Connection): RecoveryLine['rows'] | undefined {
  const noted = listChanges(db);
  if (noted.size === 0) return undefined;
  const rows: Record<string, [number, StoredRow | null][]> = {};
  for (const [table, ids] of noted) {
    const read = db.prepare(`SELECT * FROM main.${table} WHERE rowid = ?`);
    rows[table] = ids.map((id) => {
      const row = read.get(id) as StoredRow | undefined;
      return [id, row === undefined ? null : withoutState(table, row)];
    });
  }
  return rows;
}

/**
 * Rows beyond `high`, and those of before that may have changed since: trials that had not ended or end
 * otherwise when they are run again, those that were accepted since, and every sweep.
 */
function readSince(
  db: Connection,
  tables: readonly string[],
  high: RecoveryLine['high'],
): RecoveryLine['rows'] {
  const rows: Record<string, [number, StoredRow][]> = {};
  for (const table of tables) {
    const after = high[table] ?? 0;
    const found = db
      .prepare(`SELECT rowid AS _row, * FROM main.${table} WHERE rowid > @after ${changed(table)}`)
      .all({ after, ...(table === 'trials' && { link: high['chain'] ?? 0 }) }) as (StoredRow & {
      _row: number;
    })[];
    if (found.length === 0) continue;
    rows[table] = found.map(({ _row, ...row }) => [_row, withoutState(table, row)]);
  }
  return rows;
}

function changed(table: string): string {
  if (table === 'ledger' || table === 'sweeps') return 'OR 1 ORDER BY rowid';
  if (table !== 'trials') return 'ORDER BY rowid';
  return `OR state <> 'complete' OR is_kept = 1 OR is_divergent = 1 OR (sweep, trial) IN
    (SELECT sweep, key FROM main.chain WHERE kind = 'trial' AND sequence > @link) ORDER BY rowid`;
}

function withoutState(table: string, row: StoredRow): StoredRow {
  return table === 'snapshots' ? { ...row, state: null } : row;
}

function readHigh(db: Connection, tables: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    tables.map((table) => [
      table,
      Number(db.prepare(`SELECT coalesce(max(rowid), 0) FROM main.${table}`).pluck().get()),
    ]),
  );
}
