import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { withSqliteErrors } from './connection.js';
import { createPrivately } from './private-file.js';
import { writeFileAtomically } from './write-file.js';

/** Who writes the results folder: what a second `run` needs to hand its sweep over. */
export interface WriterDescription {
  readonly pid: number;
  readonly host: string;
  /** ISO 8601, for display only. */
  readonly startedAt: string;
  readonly temporalAddress?: string;
  readonly namespace?: string;
  readonly taskQueue?: string;
}

/** Held until `release()` or the end of the process, however it ends. */
export interface WriterLock {
  /** Tells later comers who holds the lock, in `writer.json`. */
  describe(description: WriterDescription): void;
  release(): void;
}

/** Somebody else writes the folder; `holder` is undefined until they have described themselves. */
export interface WriterLockHeld {
  readonly holder: WriterDescription | undefined;
}

export function isLockHeld(lock: WriterLock | WriterLockHeld): lock is WriterLockHeld {
  return 'holder' in lock;
}

/**
 * Makes this process the only writer of `resultsDir`, or says who is. The lock is an exclusive
 * SQLite transaction on `writer.lock`: the kernel frees it when the process dies, so a stale lock
 * can't exist; the descriptions in `writer.json` can be stale and mean nothing without it.
 */
export function acquireWriterLock(resultsDir: string): WriterLock | WriterLockHeld {
  mkdirSync(resultsDir, { recursive: true, mode: 0o700 });
  const path = join(resultsDir, 'writer.lock');
  const described = join(resultsDir, 'writer.json');
  createPrivately(path);
  return withSqliteErrors(path, () => {
    const db = new Database(path, { timeout: 0 });
    try {
      db.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      db.close();
      const isBusy = error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
      if (!isBusy) throw error;
      return { holder: readDescription(described) };
    }
    // It may be from a holder that was killed.
    rmSync(described, { force: true });
    return {
      describe: (description) => {
        writeFileAtomically(described, `${JSON.stringify(description, undefined, 2)}\n`);
      },
      release: () => {
        if (!db.open) return;
        rmSync(described, { force: true });
        db.exec('ROLLBACK');
        db.close();
      },
    };
  });
}

function readDescription(path: string): WriterDescription | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as WriterDescription;
  } catch {
    return undefined;
  }
}
