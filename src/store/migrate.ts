import { randomUUID } from 'node:crypto';
import { LedgerError } from '../errors.js';
import { backUp } from './back-up.js';
import { linkFormerRows } from './chain.js';
import type { Connection } from './connection.js';
import { migrations as all } from './migrations/index.js';

/** `mswp`: tells SQLite files of ours from others. */
export const applicationId = 0x6d737770;

/** The version of the schema that brought the chain. */
const chainedSince = 3;

/** The version of the schema that this code writes. */
export const schemaVersion = all.length;

/**
 * Takes a ledger forward to this code's version, all steps in one transaction; a new file gets its
 * id. Before an older ledger is changed, a copy of it is put beside it.
 *
 * @throws LedgerError `ledger_newer`, `ledger_foreign`
 */
export function migrate(
  db: Connection,
  path: string,
  now: Date,
  migrations: readonly string[] = all,
): void {
  const version = checkVersion(db, path, migrations.length);
  if (version === migrations.length) return;
  if (version > 0) backUp(db, `${path}.v${version}-${now.getTime()}`);
  // A table that is made anew is dropped first: its references are checked at the end instead.
  db.pragma('foreign_keys = OFF');
  db.transaction(() => {
    // Another process may have done it while this one waited for the lock.
    const start = checkVersion(db, path, migrations.length);
    for (const sql of migrations.slice(start)) db.exec(sql);
    if (start === 0) {
      db.pragma(`application_id = ${applicationId}`);
      db.prepare('INSERT INTO ledger (one, id, created_at) VALUES (1, ?, ?)').run(
        randomUUID(),
        now.toISOString(),
      );
    } else if (start < chainedSince && migrations.length >= chainedSince) linkFormerRows(db);
    db.pragma(`user_version = ${migrations.length}`);
    const broken = db.pragma('foreign_key_check') as readonly unknown[];
    if (broken.length > 0) throw new Error(`the migration broke ${broken.length} references`);
  }).exclusive();
  db.pragma('foreign_keys = ON');
}

/**
 * The ledger's version, 0 for an empty file.
 *
 * @throws LedgerError `ledger_foreign` for another program's file, `ledger_newer` beyond `known`
 */
function checkVersion(db: Connection, path: string, known: number): number {
  const version = readVersion(db, path);
  if (version > known) {
    throw new LedgerError(
      'ledger_newer',
      `${path} has schema version ${version}, this mergesweep writes version ${known}; ` +
        'use the newer mergesweep that made it',
    );
  }
  return version;
}

/** @throws LedgerError `ledger_foreign` */
export function readVersion(db: Connection, path: string): number {
  const version = Number(db.pragma('user_version', { simple: true }));
  const application = Number(db.pragma('application_id', { simple: true }));
  const isEmpty = version === 0 && application === 0 && countTables(db) === 0;
  if (!isEmpty && application !== applicationId) {
    throw new LedgerError(
      'ledger_foreign',
      `${path} is a SQLite file of another program (application id ${application}, ` +
        `expected ${applicationId}); choose another results folder`,
    );
  }
  return version;
}

function countTables(db: Connection): number {
  return Number(db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get());
}
