import Database from 'better-sqlite3';
import { broken } from './claim.js';
import type { Connection } from './connection.js';
import { migrate, schemaVersion } from './migrate.js';
import { migrations } from './migrations/index.js';

/** SQL by `table scores`, `trigger scores_stay of scores`; an index that a constraint brings has none. */
type Schema = ReadonlyMap<string, string | null>;

const known = new Map<number, Schema>();

/**
 * Whether tables, indexes and triggers are those that this version's migrations make. No digest of a row
 * sees a flipped bit in them, nor does SQLite: `vAlue` is a column of its own to readers and the same one
 * to a query, and a trigger whose text has changed may guard nothing.
 *
 * @param version of the file; of none, or one newer than ours, nothing is known
 * @throws LedgerError `ledger_corrupt`, also where the row that names the ledger is gone
 */
export function requireOwnSchema(db: Connection, path: string, version: number): void {
  if (version === 0 || version > schemaVersion) return;
  const wrong = findOther(readSchema(db), schemaOf(version)) ?? findNoName(db);
  if (wrong === undefined) return;
  throw broken(path, wrong);
}

function findOther(found: Schema, expected: Schema): string | undefined {
  for (const [name, sql] of expected) {
    if (!found.has(name)) return `its ${name} is gone`;
    if (found.get(name) !== sql) return `its ${name} is not as it was made`;
  }
  // A view, an index or SQLite's statistics that somebody added change no row.
  const stranger = [...found.keys()].find(
    (name) => /^(trigger|table (?!sqlite_))/.test(name) && !expected.has(name),
  );
  return stranger === undefined ? undefined : `its ${stranger} is none of ours`;
}

function findNoName(db: Connection): string | undefined {
  const isNamed = db.prepare('SELECT 1 FROM ledger').get() !== undefined;
  return isNamed ? undefined : 'its table ledger is empty';
}

function schemaOf(version: number): Schema {
  let schema = known.get(version);
  if (schema === undefined) {
    const db = new Database(':memory:');
    try {
      migrate(db, ':memory:', new Date(0), migrations.slice(0, version));
      schema = readSchema(db);
    } finally {
      db.close();
    }
    known.set(version, schema);
  }
  return schema;
}

function readSchema(db: Connection): Schema {
  const rows = db.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema').raw().all();
  return new Map(
    (rows as [string, string, string, string | null][]).map(([type, name, table, sql]) => [
      type === 'table' ? `table ${name}` : `${type} ${name} of ${table}`,
      sql,
    ]),
  );
}
