/** Which rows this connection has changed and nobody has taken note of yet; a rollback takes them out again. */
import type { Connection } from './connection.js';

/**
 * Notes every change of this connection from now on.
 *
 * @returns the tables, by name
 */
export function noteChanges(db: Connection): string[] {
  const tables = db
    .prepare(
      `SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`,
    )
    .pluck()
    .all() as string[];
  db.exec('CREATE TEMP TABLE noted_rows (name TEXT NOT NULL, row INTEGER NOT NULL)');
  // Temporary triggers: they are this connection's, and leave nothing in the file.
  for (const table of tables) {
    // A snapshot's state is a cache, and most of the ledger's bytes.
    const events = table === 'snapshots' ? ['INSERT', 'DELETE'] : ['INSERT', 'UPDATE', 'DELETE'];
    for (const event of events) {
      db.exec(
        `CREATE TEMP TRIGGER note_${table}_${event.toLowerCase()} AFTER ${event} ON main.${table}
         BEGIN INSERT INTO noted_rows VALUES ('${table}', ${event === 'DELETE' ? 'OLD' : 'NEW'}.rowid); END`,
      );
    }
  }
  return tables;
}

/** Row ids by table, in order; also of a transaction that is under way. */
export function listChanges(db: Connection): ReadonlyMap<string, readonly number[]> {
  const noted = db
    .prepare('SELECT DISTINCT name, row FROM temp.noted_rows ORDER BY name, row')
    .raw()
    .all() as [string, number][];
  const changes = new Map<string, number[]>();
  for (const [name, row] of noted) {
    const rows = changes.get(name);
    if (rows === undefined) changes.set(name, [row]);
    else rows.push(row);
  }
  return changes;
}

/** Call it outside of a transaction, when whoever has to know of the changes does. */
export function forgetChanges(db: Connection): void {
  db.prepare('DELETE FROM temp.noted_rows').run();
}
