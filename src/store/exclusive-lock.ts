import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { withSqliteErrors } from './connection.js';
import { makeFolder } from './durable-folder.js';
import { createPrivately } from './private-file.js';

/** Held until `release()` or the end of the process, however it ends. */
export interface ExclusiveLock {
  /** Twice is once. */
  release(): void;
}

/**
 * Takes the lock `path`, or undefined while somebody else holds it. It is an exclusive SQLite
 * transaction: the kernel frees it when the process dies, so a stale lock can't exist.
 */
export function acquireExclusiveLock(path: string): ExclusiveLock | undefined {
  makeFolder(dirname(path));
  createPrivately(path);
  return withSqliteErrors(path, () => {
    const db = new Database(path, { timeout: 0 });
    try {
      db.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      db.close();
      if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) return;
      throw error;
    }
    return {
      release: () => {
        if (!db.open) return;
        db.exec('ROLLBACK');
        db.close();
      },
    };
  });
}
