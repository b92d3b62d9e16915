import Database from 'better-sqlite3';
import { LedgerError } from '../errors.js';

export type Connection = Database.Database;

/** A pragma, the value it is set to, and what it must read back as. */
type Setting = readonly [pragma: string, value: string | number, readBack: string | number];

const shared: readonly Setting[] = [
  ['busy_timeout', 5000, 5000],
  ['trusted_schema', 'OFF', 0],
  ['cell_size_check', 'ON', 1],
  ['temp_store', 'MEMORY', 2],
];

const writing: readonly Setting[] = [
  ['journal_mode', 'WAL', 'wal'],
  // better-sqlite3 falls to NORMAL when it reopens a WAL file: acknowledged rows could be lost.
  ['synchronous', 'FULL', 2],
  ['foreign_keys', 'ON', 1],
  ['wal_autocheckpoint', 1000, 1000],
  ['journal_size_limit', 64 * 1024 * 1024, 64 * 1024 * 1024],
];

// On macOS fsync alone does not reach the disk.
const writingOnMac: readonly Setting[] = [
  ['fullfsync', 'ON', 1],
  ['checkpoint_fullfsync', 'ON', 1],
];

const reading: readonly Setting[] = [['query_only', 'ON', 1]];

/** @throws LedgerError `ledger_settings` when one of them does not read back as it was set */
export function applySettings(db: Connection, path: string, mode: 'write' | 'read'): void {
  const settings = [
    ...shared,
    ...(mode === 'write' ? writing : reading),
    ...(mode === 'write' && process.platform === 'darwin' ? writingOnMac : []),
  ];
  for (const [pragma, value, expected] of settings) {
    db.pragma(`${pragma} = ${value}`);
    const got = db.pragma(pragma, { simple: true });
    if (got !== expected) {
      throw new LedgerError(
        'ledger_settings',
        `${path}: SQLite's ${pragma} must be ${expected} and is ${String(got)}; ` +
          'keep the results folder on a local disk',
      );
    }
  }
}

/** Runs `work` and turns what SQLite says into what the user can do about it. */
export function withSqliteErrors<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw explain(path, error);
  }
}

function explain(path: string, error: unknown): unknown {
  // JSON that was checked when it was written: the file has changed under it.
  if (error instanceof SyntaxError) return corrupt(path, error);
  if (!(error instanceof Database.SqliteError)) return error;
  const { code, message } = error;
  const cause = { cause: error };
  if (code === 'SQLITE_FULL' || code.startsWith('SQLITE_IOERR')) {
    return new LedgerError(
      'ledger_full',
      `${path}: can't write (${message}). Nothing that was accepted is lost. ` +
        'Free disk space and run the sweep again',
      cause,
    );
  }
  if (code.startsWith('SQLITE_BUSY')) {
    return new LedgerError(
      'ledger_busy',
      `${path}: another process has been writing it for 5 s (${message}); ` +
        'only the coordinator that holds writer.lock may write',
      cause,
    );
  }
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') {
    return corrupt(path, error);
  }
  if (code === 'SQLITE_READONLY' || code === 'SQLITE_CANTOPEN' || code === 'SQLITE_PERM') {
    return new LedgerError(
      'ledger_access',
      `${path}: can't open it (${message}); the folder and its files must be yours to write`,
      cause,
    );
  }
  return new LedgerError('ledger_refused', `${path}: ${message} (${code})`, cause);
}

function corrupt(path: string, error: Error): LedgerError {
  return new LedgerError(
    'ledger_corrupt',
    `${path}: not a readable ledger (${error.message}). Nothing was changed: ` +
      '`mergesweep recover` sets it aside and builds it anew; or restore a copy',
    { cause: error },
  );
}
