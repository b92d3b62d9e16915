import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { LedgerError } from '../errors.js';
import { syncPath } from './durable-folder.js';
import type { Connection } from './connection.js';
import { createPrivately } from './private-file.js';

/**
 * Puts a whole copy of the ledger at `path`, on the disk and looked at: each table has as many rows, and
 * SQLite finds nothing wrong.
 *
 * @throws LedgerError `ledger_backup` when the copy is not that; nothing was changed then
 */
export function backUp(db: Connection, path: string): void {
  createPrivately(path);
  db.prepare('VACUUM INTO ?').run(path);
  syncPath(path);
  syncPath(dirname(path));
  const copy = new Database(path, { readonly: true });
  try {
    const found = copy.pragma('integrity_check(1)', { simple: true });
    const [want, got] = [countRows(db), countRows(copy)];
    if (found === 'ok' && want === got) return;
    throw new LedgerError(
      'ledger_backup',
      `the copy ${path} is not whole (${found === 'ok' ? `${got} instead of ${want}` : String(found)}); ` +
        'the ledger was not changed. Free disk space and run again',
    );
  } finally {
    copy.close();
  }
}

/** `{"scores":12,"sweeps":1,…}` */
function countRows(db: Connection): string {
  const tables = db
    .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`)
    .pluck()
    .all() as string[];
  return JSON.stringify(
    Object.fromEntries(
      tables.map((name) => [name, db.prepare(`SELECT count(*) FROM "${name}"`).pluck().get()]),
    ),
  );
}
