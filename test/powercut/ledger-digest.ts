import { createHash } from 'node:crypto';
import type { Connection } from '../../src/store/connection.js';

/** SHA-256 of all rows of all tables but `ledger`: every opening counts in that one. */
export function digestLedger(db: Connection): string {
  const hash = createHash('sha256');
  const tables = db
    .prepare(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'ledger' ORDER BY name`,
    )
    .pluck()
    .all() as string[];
  for (const table of tables) {
    hash.update(`\n${table}\n`);
    for (const row of db.prepare(`SELECT * FROM "${table}"`).raw().iterate()) {
      hash.update(JSON.stringify(row));
    }
  }
  return hash.digest('hex');
}
