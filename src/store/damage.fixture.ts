import Database from 'better-sqlite3';
import type { Connection } from './connection.js';

/** Changes rows of the file as no program of ours would. */
export function damageRows(path: string, sql: string): void {
  const db = new Database(path);
  try {
    db.pragma('foreign_keys = OFF');
    withoutTriggers(db, () => db.exec(sql));
  } finally {
    db.close();
  }
}

/** They are as before afterwards: a ledger without them is refused. */
export function withoutTriggers<Result>(db: Connection, work: () => Result): Result {
  const triggers = db
    .prepare<[], { name: string; sql: string }>(
      `SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'`,
    )
    .all();
  for (const { name } of triggers) db.exec(`DROP TRIGGER ${name}`);
  const result = work();
  for (const { sql } of triggers) db.exec(sql);
  return result;
}
